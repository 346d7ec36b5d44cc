/**
 * The processes of one account: the one that the operator works with, and those that live beside it: one that lost the
 * account's lock and goes on, or one that began with another state directory.
 */
import type { Clock } from '../../src/engine/clock.ts';
import type { Places } from '../../src/launch/places.ts';
import type { Coverage } from './coverage.ts';
import { placesRefused } from './foreign-hands.ts';
import type { HeldFiles } from './held-files.ts';
import type { MemoryDisk } from './memory-disk.ts';
import type { Observer } from './observer.ts';
import { pauseApart, pauseAtStart } from './pauses.ts';
import { ACCOUNT, type Process, startProcess } from './process.ts';
import type { Random } from './random.ts';
import { elsewhere, type Scenario } from './scenario.ts';
import { judgeStart, traceOfPlaces } from './start-rules.ts';
import type { Owner, Timeline } from './timeline.ts';
import type { Truth } from './truth.ts';
import type { Weather } from './weather.ts';

export interface Processes {
  /** The one that the operator works with. */
  readonly main: () => Process | null;
  /** All that live, that one first. */
  readonly everyone: () => readonly Process[];
  /** Starts one where none runs. */
  readonly start: () => void;
  /** Starts one more, whatever runs: with the same places, or with a state directory and an audit of its own. */
  readonly startAnother: (where: 'here' | 'elsewhere') => void;
  /** Ends it without a word; with its machine, and all that run there, when `power` is lost. */
  readonly kill: (power: boolean) => void;
  /** Ends it in order, for it to be started again. */
  readonly restart: () => void;
  /** Ends those beside it, in order or without a word. */
  readonly endOthers: (how: 'in order' | 'killed') => void;
}

export interface ProcessesDeps {
  readonly scenario: Scenario;
  readonly timeline: Timeline;
  readonly disk: MemoryDisk;
  readonly held: HeldFiles;
  readonly truth: Truth;
  readonly weather: Weather;
  readonly random: Random;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly coverage: Coverage;
  readonly auditText: () => string;
  readonly trace: (what: string, text: string) => void;
}

/** Starts with none. */
export function createProcesses(deps: ProcessesDeps): Processes {
  const { scenario, timeline, disk, held, weather, random, observer, coverage, trace } = deps;
  const { knowledge } = observer;
  let process: Process | null = null;
  let others: readonly Process[] = [];
  let count = 0;

  function ended(): void {
    process = null;
    observer.processEnded();
  }

  const main = (): Process | null => {
    if (process?.owner.dead === true) ended();
    return process;
  };
  const everyone = (): readonly Process[] => {
    const one = main();
    if (others.some(({ owner }) => owner.dead)) others = others.filter(({ owner }) => !owner.dead);
    return one === null ? others : [one, ...others];
  };

  /** Another one has the account, and the operator with it. */
  function putAside(one: Process): void {
    const { stopped, armed, pauseUntilMs } = knowledge;
    knowledge.beside.set(one.owner, { stopped, armed, pauseUntilMs });
    others = [...others, one];
    coverage.count('F57_two_alive');
    if (one.core.journal.state().openIntents.size > 0) coverage.count('F57_two_alive_with_an_open_intent');
    if (one.core.vitals.executing) coverage.count('F57_two_alive_while_executing');
    trace('process', `${one.number} goes on beside it`);
    ended();
  }

  function launch(where: 'here' | 'elsewhere'): void {
    const isHere = where === 'here';
    const written = scenario.config.load();
    if (written === null) {
      coverage.count('start_refused_for_its_config');
      trace('process', 'is refused for its configuration');
      if (weather.healed() || random.chance(0.3)) scenario.config.repair();
      return;
    }
    count += 1;
    const number = count;
    const owner: Owner = { dead: false };
    knowledge.numbers.set(owner, number);
    trace('process', `${number} starts ${where}`);
    const places: Places = isHere ? scenario.places : elsewhere(scenario.places);
    const before = {
      holder: everyone().find((one) => one.owner === held.holder(ACCOUNT.lock)) ?? null,
      isAnybodyThere: held.holder(ACCOUNT.lock) !== null,
      isLockThere: disk.find(ACCOUNT.lock) !== undefined,
      wasNamed: disk.find(ACCOUNT.holder) !== undefined,
      disk: traceOfPlaces(disk, scenario.places),
    };
    if (isHere) noteTornTail();
    const started = startProcess({
      ...deps,
      settings: written.settings,
      places,
      number,
      owner,
      random: random.fork(`process ${number} at ${timeline.nowMs()}`),
      onHeld: () => {
        if (!isHere) {
          const pauseUntilMs = knowledge.pauseUnread.has(owner) ? 0 : pauseApart(disk, knowledge);
          knowledge.beside.set(owner, { stopped: false, armed: null, pauseUntilMs });
          return;
        }
        if (process !== null) putAside(process);
        pauseAtStart(disk, { knowledge, coverage });
        scenario.config.adopt(written);
      },
      witness: observer.witness,
    });
    judgeStart({ where, number, started, isKilled: owner.dead, before }, deps);
    if (!started.ok) {
      owner.dead = true;
      return;
    }
    if (isHere) takeOver(started);
    else others = [...others, started];
  }

  function noteTornTail(): void {
    const audit = disk.find(scenario.places.auditPath);
    const hasTornTail = audit !== undefined && audit.size > 0 && audit.bytes[audit.size - 1] !== 0x0a;
    if (hasTornTail) coverage.count('F49_torn_tail');
  }

  function takeOver(started: Process): void {
    process = started;
    const isKept = knowledge.stopped && knowledge.stopKept;
    knowledge.stopped = isKept || started.core.interlock.latched();
    // What a start latched for, such as a latch that it could not read, outlives it only if it says so.
    if (!isKept) knowledge.stopKept = started.core.vitals.latch?.durable === true;
    coverage.count('starts');
  }

  function start(): void {
    if (main() !== null) return;
    if (!knowledge.tampered) observer.journal.recheck(deps.auditText());
    if (placesRefused(disk, scenario.places)) {
      coverage.count('F53_start_refused');
      trace('process', 'is refused for its places');
      return;
    }
    launch('here');
  }

  return {
    main,
    everyone,
    start,
    startAnother: (where) => {
      if (where === 'here' && main() === null) start();
      else if (!placesRefused(disk, scenario.places)) launch(where);
    },
    kill: (power) => {
      const all = everyone();
      const killed = power ? all : all.slice(0, 1);
      if (process === null) return;
      if (observer.journal.unresolved() > 0) coverage.count('F56_killed_with_an_open_intent');
      coverage.count(power ? 'power_cut' : 'killed');
      trace('kill', power ? 'with its machine' : 'alone');
      for (const { owner } of killed) owner.dead = true;
      ended();
      if (power) disk.powerCut(random);
    },
    restart: () => {
      const ending = process;
      if (ending === null) return;
      coverage.count('op_restart');
      trace('operator', 'restart');
      const awakeMs = (): number => timeline.nowMs() - timeline.sleptMs();
      const beganEndingMs = awakeMs() - ending.stalledMs();
      ending.shutdown(() => {
        if (awakeMs() - ending.stalledMs() - beganEndingMs > 60_000)
          observer.fail('L4', 'a shutdown took over a minute');
      });
    },
    endOthers: (how) => {
      for (const other of everyone().filter((one) => one !== process)) {
        trace('process', `${other.number}, found beside it, ends ${how}`);
        if (other.core.journal.problem().includes('something else'))
          coverage.count('F57_older_one_gives_up_its_audit');
        if (how === 'killed') other.owner.dead = true;
        else other.shutdown(() => undefined);
      }
    },
  };
}
