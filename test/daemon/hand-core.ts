/** A daemon's core built by hand: real settings, journal, latch, feed and interlock in a directory; an exchange that does nothing. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { coveredFor } from '../../src/config/covered.ts';
import type { Variables } from '../../src/config/environment.ts';
import { loadConfig } from '../../src/config/load.ts';
import {
  COMMANDS,
  type CommandBody,
  type CommandName,
  type CommandReply,
} from '../../src/control/protocol.ts';
import { sendStageEvent } from '../../src/daemon/ceremony.ts';
import { type CommandDeps, runCommand } from '../../src/daemon/commands.ts';
import type { Core } from '../../src/daemon/core.ts';
import { openNotebook } from '../../src/daemon/notebook.ts';
import { stop } from '../../src/daemon/stopping.ts';
import { createTotals } from '../../src/daemon/totals.ts';
import { initialVitals } from '../../src/daemon/vitals.ts';
import { type Disk, realDisk } from '../../src/engine/disk.ts';
import { openFeed } from '../../src/engine/feed.ts';
import { createInterlock } from '../../src/engine/interlock.ts';
import { noJournal, openJournal } from '../../src/engine/journal.ts';
import { type Latch, openLatch } from '../../src/engine/latch.ts';
import { thisMachine } from '../../src/engine/machine.ts';
import { openPauseRecord } from '../../src/engine/pause-record.ts';
import type { StageNumber } from '../../src/engine/types.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { computePlaces } from '../../src/launch/places.ts';
import { session, type TwoClocks, text, twoClocks } from '../engine/feed-lines.ts';
import { observation } from '../helpers/engine-world.ts';

const RAISES: ReadonlySet<string> = new Set(['stage', 'advance', 'approve', 'renew']);

export interface HandCore extends Disposable {
  readonly core: Core;
  readonly latch: Latch;
  readonly clock: TwoClocks;
  readonly dir: string;
  /** What the daemon is made of besides; a test may change it. */
  readonly bench: {
    leader: boolean;
    ending: boolean;
    diskFails: boolean;
    /** What the write transport was last told to be. */
    writer: boolean;
    readonly lines: string[];
    code: number;
  };
  readonly deps: CommandDeps;
  readonly command: <N extends CommandName>(name: N, body?: CommandBody<N>) => Promise<CommandReply>;
  /** Writes a fresh checkpoint and lets the feed read it. */
  readonly feedWell: () => void;
  /** Puts a stage in force with all the evidence below `earned` (default: below the stage), and a complete picture. */
  readonly raiseTo: (stage: StageNumber, earned?: StageNumber) => void;
}

export interface HandOptions {
  readonly config?: string;
  readonly env?: Variables;
}

/** Builds one; nothing runs by itself. */
export function handCore(options: HandOptions = {}): HandCore {
  const dir = mkdtempSync(join(tmpdir(), 'grinder-core-'));
  const configText = options.config ?? '';
  const loaded = loadConfig({ text: configText, env: options.env ?? {}, flags: new Map() });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { settings } = loaded;
  const places = computePlaces({
    argv: ['run'],
    env: { HOME: dir, XDG_RUNTIME_DIR: join(dir, 'run') },
    cwd: dir,
    uid: process.getuid?.() ?? 0,
    config: { path: join(dir, 'config.yaml'), text: configText },
  });
  for (const path of [places.stateDir, dirname(places.auditPath), places.runtimeDir])
    mkdirSync(path, { recursive: true, mode: 0o700 });
  const clock = twoClocks();
  const bench = {
    leader: true,
    ending: false,
    diskFails: false,
    writer: false,
    lines: [] as string[],
    code: 0,
  };
  const disk: Disk = {
    ...realDisk,
    write: (fd, bytes, position) => {
      if (bench.diskFails) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      return realDisk.write(fd, bytes, position);
    },
  };
  const latch = openLatch({ path: join(dir, 'latch'), firstUse: true, nowMs: clock.wall, disk });
  const journal = settings.audit.enabled
    ? openJournal({ path: places.auditPath, headPath: join(dir, 'head.json'), clock, disk })
    : noJournal('the audit is switched off');
  const interlock = createInterlock();
  interlock.clearLatch();
  const feedPath = places.expectedPath ?? join(dir, 'expected.jsonl');
  const core: Core = {
    settings,
    places,
    identity: {
      host: 'host',
      pid: process.pid,
      uid: process.getuid?.() ?? 0,
      account: 'sim',
      version: '1',
      commit: 'c',
      runtime: 'r',
      packaging: 'source',
      ownedByTerminal: false,
      simulatorUrl: null,
    },
    clock,
    machine: thisMachine,
    journal,
    interlock,
    exchange: idleExchange(bench),
    feed: openFeed({
      path: feedPath,
      identity: { account: 'sim', environment: settings.exchange.environment },
      clock,
      settleMs: settings.expectedState.settleMs,
      uid: process.getuid?.() ?? 0,
    }),
    leadership: { stillHeld: () => bench.leader, release: () => undefined },
    pauseRecord: openPauseRecord(join(dir, 'pause.json'), disk),
    notebook: openNotebook(clock, (level, event, msg) => bench.lines.push(`${level} ${event} ${msg}`)),
    totals: createTotals(),
    startedMonoMs: clock.mono,
    vitals: initialVitals({ settings, journal, clock, latch: null, metricsUrl: '', pausedUntilMs: 0 }),
  };
  const deps: CommandDeps = {
    core,
    latch,
    newCode: () => `c0de${bench.code++}`,
    stopNow: (by, reason) => stop(core, latch, { by, reason }),
    acknowledgeGates: () => undefined,
    runSoon: () => undefined,
    resolve: async () => ({ schema_version: 1, ok: false, exit_code: 1, message: 'no resolver here' }),
    shutdown: () => undefined,
    ending: () => bench.ending,
    realStray: async () => 'refused: no simulator here',
  };
  let sessions = 0;
  const feedWell = () => {
    sessions += 1;
    const line = session(`s${sessions}`, clock.wall).checkpoint({
      environment: settings.exchange.environment,
    });
    appendFileSync(feedPath, text(line), { mode: 0o600 });
    core.feed.poll();
  };
  return {
    core,
    latch,
    clock,
    dir,
    bench,
    deps,
    command: (name, body) => {
      // As the command line and the screen do: with the settings that are shown now.
      const seen = RAISES.has(name) ? { config_digest: core.settings.digest } : {};
      return runCommand(deps, name, COMMANDS[name].parse({ ...seen, ...body }) as never);
    },
    feedWell,
    raiseTo: (stage, earned = stage) => {
      const { vitals } = core;
      feedWell();
      vitals.prerequisites = [];
      const at = { startedMonoMs: clock.mono, endedMonoMs: clock.mono, endedAtMs: clock.wall };
      const picture = observation([], [], at);
      vitals.observation = picture;
      vitals.complete = picture;
      const covered = { ...settings.flat, account: 'sim' };
      const passedAtMs = clock.wall;
      const evidence = ([1, 2, 3] as const)
        .filter((one) => one < earned)
        .map((one) => ({ stage: one, passedAtMs, covered: coveredFor(one, covered), version: '1' }));
      vitals.stage = { ...vitals.stage, evidence, request: { stage, by: 'test' } };
      sendStageEvent(core, { type: 'tick' });
      if (stage === 4)
        sendStageEvent(core, { type: 'confirm', by: 'test', leaseMs: 3_600_000, maxExecutions: 10 });
      if (vitals.stage.inForce !== stage)
        throw new Error(`in force is ${vitals.stage.inForce}, wanted ${stage}`);
    },
    [Symbol.dispose]: () => {
      core.feed.close();
      core.journal.close();
      latch.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function idleExchange(bench: { writer: boolean }): Exchange {
  const failed = { kind: 'failed', error: 'no exchange here' } as const;
  return {
    rules: async () => failed,
    observe: async () => observation([], [], { complete: false }),
    queryOrder: async () => failed,
    queryPosition: async () => failed,
    readClock: async () => failed,
    keyRights: async () => ({ kind: 'unknown', why: 'no exchange here' }),
    setWriter: async (exists) => {
      bench.writer = exists;
    },
    dispatch: async () => ({ status: 'NOT_SENT', message: 'no exchange here' }),
    subscribe: () => () => undefined,
    close: async () => undefined,
  };
}
