/** One seed's world: everything joined, run through its bad hours, healed, and looked at. */
import { createHash } from 'node:crypto';
import { type Coverage, createCoverage } from './coverage.ts';
import { createDiskFaults, type DiskFaults } from './disk-faults.ts';
import { createFeedWriter, type FeedWriter } from './feed-writer.ts';
import { placesRefused } from './foreign-hands.ts';
import { auditTextOn } from './journal-watch.ts';
import { createMemoryDisk, type MemoryDisk } from './memory-disk.ts';
import { createObserver, type Observer } from './observer.ts';
import { createOperator, type Operator } from './operator.ts';
import { pauseAtStart } from './pauses.ts';
import { ACCOUNT, type Process, startProcess } from './process.ts';
import { createRandom, type Random } from './random.ts';
import { drawScenario, type Scenario } from './scenario.ts';
import { createTimeline, type Timeline } from './timeline.ts';
import { createTrader, type Trader } from './trader.ts';
import { createTraps, type Traps } from './traps.ts';
import { createTruth, type Truth } from './truth.ts';
import { createWeather, type Weather } from './weather.ts';

export interface World {
  readonly scenario: Scenario;
  readonly beganMs: number;
  readonly random: Random;
  /** What of its mischief is left out, by name: to find what a failure takes. */
  readonly without: ReadonlySet<string>;
  readonly timeline: Timeline;
  readonly disk: MemoryDisk;
  readonly faults: DiskFaults;
  readonly truth: Truth;
  readonly weather: Weather;
  readonly feed: FeedWriter;
  readonly trader: Trader;
  readonly observer: Observer;
  readonly operator: Operator;
  readonly coverage: Coverage;
  readonly process: () => Process | null;
  readonly start: () => void;
  /** Ends the process without a word; with its machine when `power` is lost. */
  readonly kill: (power: boolean) => void;
  /** Ends it in order, and starts it again. */
  readonly restart: () => void;
  /** Ends it, and starts none before so long. */
  readonly stayDown: (ms: number) => void;
  readonly startsAfterMs: () => number;
  /** Runs once, at the next such moment; another one replaces it. */
  readonly setTrap: Traps['set'];
  readonly springTrap: () => void;
  /** Moves the wall clock. */
  readonly jumpWall: (ms: number) => void;
  readonly setWall: (offsetMs: number) => void;
  readonly wallOffsetMs: () => number;
  readonly monoMs: () => number;
  /** All lines of the audit as they lie on the disk. */
  readonly auditText: () => string;
  readonly trace: (what: string, text: string) => void;
  /** Hash over the trace so far. */
  readonly traceHash: () => string;
}

/** 2027-01-15, 08:00 UTC. */
const START_MS = 1_800_000_000_000;

/** Makes a seed's world with its first process running; `onTrace` gets each line of the trace. */
export function createWorld(
  seed: number,
  {
    onTrace,
    without,
  }: { readonly onTrace: ((line: string) => void) | null; readonly without: ReadonlySet<string> },
): World {
  const random = createRandom(seed);
  const scenario = drawScenario(random.fork('scenario'));
  const timeline = createTimeline(START_MS + random.whole(0, 86_400) * 1000);
  const coverage = createCoverage();
  const disk = createMemoryDisk(timeline.nowMs);
  const truth = createTruth(timeline.nowMs, scenario.hedge);
  const weather = createWeather({ random: random.fork('weather'), timeline, coverage, without, seed });
  const hash = createHash('sha256');
  const beganMs = timeline.nowMs();
  const trace = (what: string, text: string): void => {
    const line = `${((timeline.nowMs() - beganMs) / 1000).toFixed(3)} ${what} ${text}`;
    hash.update(line);
    onTrace?.(line);
  };
  let wallOffsetMs = 0;
  const wallMs = (): number => timeline.nowMs() + wallOffsetMs;
  const clock = { wallMs, monoMs: () => timeline.nowMs() - beganMs - timeline.sleptMs() };
  const { places, settings } = scenario;
  const feed = createFeedWriter(disk, places.expectedPath ?? '', { nowMs: timeline.nowMs, wallMs });
  const trader = createTrader({
    timeline,
    truth,
    feed,
    random: random.fork('trader'),
    symbols: settings.reconcile.symbolWhitelist,
    lagMs: settings.expectedState.positionLagMs,
    factor: scenario.pace.people,
    heartbeatMs: settings.expectedState.staleAfterMs * 0.3,
  });
  let process: Process | null = null;
  const observer = createObserver({
    scenario,
    timeline,
    truth,
    trader,
    feed,
    coverage,
    trace,
    stalledSinceMs: (owner) => (process?.owner === owner ? process.stalledSinceMs() : null),
  });
  const { knowledge } = observer;
  let downUntilMs = 0;
  const traps = createTraps();
  const faults = createDiskFaults({
    disk,
    random: random.fork('disk'),
    coverage,
    auditPath: places.auditPath,
    headPath: ACCOUNT.head,
    auditFailed: (owner, fault) => {
      trace('disk', 'the audit fails');
      // With no descriptor left nothing is read: what it was told to wait for is not known to it.
      if (fault === 'F48_no_descriptors' && process?.owner !== owner) knowledge.pauseUntilMs = 0;
      knowledge.broken.add(owner);
    },
    killed: (owner) => {
      trace('kill', 'at a disk call');
      owner.dead = true;
    },
  });
  disk.onSync((path, inode, owner) => {
    if (path !== places.auditPath || owner.dead) return;
    if (knowledge.tampered) observer.fail('S9', 'a spoiled audit is written to');
    else observer.journal.synced(inode);
  });

  const auditText = (): string => auditTextOn(disk, places.auditPath);

  function start(): void {
    if (!knowledge.tampered) observer.journal.recheck(auditText());
    pauseAtStart(disk, { knowledge, coverage });
    if (placesRefused(disk, places)) {
      coverage.count('F53_start_refused');
      trace('process', 'is refused for its places');
      return;
    }
    const written = scenario.config.load();
    if (written === null) {
      coverage.count('start_refused_for_its_config');
      trace('process', 'is refused for its configuration');
      if (weather.healed() || random.chance(0.3)) scenario.config.repair();
      return;
    }
    scenario.config.adopt(written);
    trace('process', 'starts');
    const audit = disk.find(places.auditPath);
    const hasTornTail = audit !== undefined && audit.size > 0 && audit.bytes[audit.size - 1] !== 0x0a;
    if (hasTornTail) coverage.count('F49_torn_tail');
    process = startProcess({
      scenario,
      timeline,
      disk,
      truth,
      weather,
      random: random.fork(`process at ${timeline.nowMs()}`),
      clock,
      leads: () => knowledge.lockLostMs === null,
      witness: observer.witness,
    });
    const isKept = knowledge.stopped && knowledge.stopKept;
    knowledge.stopped = isKept || process.core.interlock.latched();
    // What a start latched for, such as a latch that it could not read, outlives it only if it says so.
    if (!isKept) knowledge.stopKept = process.core.vitals.latch?.durable === true;
    coverage.count('starts');
  }

  function ended(): void {
    process = null;
    observer.processEnded();
  }

  function kill(power: boolean): void {
    if (process === null) return;
    if (observer.journal.unresolved() > 0) coverage.count('F56_killed_with_an_open_intent');
    coverage.count(power ? 'power_cut' : 'killed');
    trace('kill', power ? 'with its machine' : 'alone');
    process.owner.dead = true;
    ended();
    if (power) disk.powerCut(random);
  }

  function setWall(offsetMs: number): void {
    knowledge.jumpedMs += Math.abs(offsetMs - wallOffsetMs);
    wallOffsetMs = offsetMs;
    knowledge.wall = { offsetMs, sinceAwakeMs: timeline.nowMs() - timeline.sleptMs() };
  }

  return {
    scenario,
    beganMs,
    random: random.fork('mischief'),
    without,
    timeline,
    disk,
    faults,
    truth,
    weather,
    feed,
    trader,
    observer,
    coverage,
    operator: createOperator({
      timeline,
      random: random.fork('operator'),
      coverage,
      observer,
      process: () => process,
      trace,
      healed: weather.healed,
      removeStopFile: () => {
        knowledge.stopFileMs = null;
      },
    }),
    process: () => {
      if (process?.owner.dead === true) ended();
      return process;
    },
    start,
    kill,
    stayDown: (ms) => {
      if (process === null) return;
      kill(false);
      downUntilMs = timeline.nowMs() + ms;
      trader.rest(ms);
    },
    startsAfterMs: () => downUntilMs,
    setTrap: traps.set,
    springTrap: () => {
      const reading = process?.core.vitals.executing === true ? 'reading' : null;
      traps.spring(observer.journal.unresolved() > 0 ? 'sending' : reading);
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
    jumpWall: (ms) => {
      trace('clock', `jumps by ${ms}`);
      setWall(wallOffsetMs + ms);
    },
    setWall,
    wallOffsetMs: () => wallOffsetMs,
    monoMs: clock.monoMs,
    auditText,
    trace,
    traceHash: () => hash.copy().digest('hex'),
  };
}
