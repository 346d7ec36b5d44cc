/** One seed's world: everything joined, run through its bad hours, healed, and looked at. */
import { createHash } from 'node:crypto';
import { type Coverage, createCoverage } from './coverage.ts';
import { createDiskFaults, type DiskFaults } from './disk-faults.ts';
import { createFeedWriter, type FeedWriter } from './feed-writer.ts';
import { createHeldFiles, type HeldFiles } from './held-files.ts';
import { auditTextOn } from './journal-watch.ts';
import { createMemoryDisk, type MemoryDisk } from './memory-disk.ts';
import { createObserver, type Observer } from './observer.ts';
import { createOperator, type Operator } from './operator.ts';
import { ACCOUNT, type Process } from './process.ts';
import { createProcesses, type Processes } from './processes.ts';
import { createRandom, type Random } from './random.ts';
import { drawScenario, type Scenario } from './scenario.ts';
import { createTimeline, type Timeline } from './timeline.ts';
import { createTrader } from './trader.ts';
import type { Trader } from './trader-types.ts';
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
  /** Whose the account's lock is. */
  readonly held: HeldFiles;
  readonly process: Processes['main'];
  readonly everyone: Processes['everyone'];
  readonly start: Processes['start'];
  readonly startAnother: Processes['startAnother'];
  readonly kill: Processes['kill'];
  readonly restart: Processes['restart'];
  readonly endOthers: Processes['endOthers'];
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
    coverage,
    symbols: settings.reconcile.symbolWhitelist,
    lagMs: settings.expectedState.positionLagMs,
    factor: scenario.pace.people,
    heartbeatMs: settings.expectedState.staleAfterMs * 0.3,
  });
  const held = createHeldFiles(disk);
  let everyone = (): readonly Process[] => [];
  const observer = createObserver({
    ...{ scenario, timeline, truth, trader, feed, coverage, trace },
    stalledSinceMs: (of) =>
      everyone()
        .find(({ owner }) => owner === of)
        ?.stalledSinceMs() ?? null,
    lockHolder: () => held.holder(ACCOUNT.lock),
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
    pausePath: ACCOUNT.pause,
    auditFailed: (owner, fault, isOldRead) => {
      const isStarting = !everyone().some((one) => one.owner === owner);
      // Whether an old file is past its time is asked again at the next rotation.
      if (isOldRead && !isStarting) return;
      trace('disk', 'the audit fails');
      // With no descriptor left nothing is read: what it was told to wait for is not known to it.
      if (fault === 'F48_no_descriptors' && isStarting) knowledge.pauseUntilMs = 0;
      knowledge.broken.add(owner);
    },
    pauseUnread: (owner) => knowledge.pauseUnread.add(owner),
    killed: (owner) => {
      trace('kill', 'at a disk call');
      owner.dead = true;
    },
  });
  disk.onSync((path, inode, owner) => {
    if (path !== places.auditPath || owner.dead) return;
    if (knowledge.tampered) observer.fail('S9', 'a spoiled audit is written to');
    else observer.journal.synced(inode, owner);
  });

  const auditText = (): string => auditTextOn(disk, places.auditPath);
  const processes = createProcesses({
    ...{
      scenario,
      timeline,
      disk,
      held,
      truth,
      weather,
      random,
      clock,
      observer,
      coverage,
      auditText,
      trace,
    },
  });
  everyone = processes.everyone;
  const process = processes.main;

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
      process,
      everyone,
      trace,
      healed: weather.healed,
      removeStopFile: () => {
        knowledge.stopFileMs = null;
      },
    }),
    held,
    ...{ process, everyone, start: processes.start, startAnother: processes.startAnother },
    ...{ kill: processes.kill, restart: processes.restart, endOthers: processes.endOthers },
    stayDown: (ms) => {
      if (process() === null) return;
      processes.endOthers('killed');
      processes.kill(false);
      downUntilMs = timeline.nowMs() + ms;
      trader.rest(ms);
    },
    startsAfterMs: () => downUntilMs,
    setTrap: traps.set,
    springTrap: () => {
      const reading = process()?.core.vitals.executing === true ? 'reading' : null;
      traps.spring(observer.journal.unresolved() > 0 ? 'sending' : reading);
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
