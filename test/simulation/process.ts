/** One daemon process: the program's own parts, composed as a start composes them, on a machine of the simulation. */
import { dirname, join } from 'node:path';
import type { Settings } from '../../src/config/load.ts';
import {
  COMMANDS,
  type CommandBody,
  type CommandName,
  type CommandReply,
} from '../../src/control/protocol.ts';
import { begin } from '../../src/daemon/beginning.ts';
import { type CommandDeps, runCommand } from '../../src/daemon/commands.ts';
import { composeCore } from '../../src/daemon/compose.ts';
import type { Core } from '../../src/daemon/core.ts';
import { createEngineRoom, type EngineRoom } from '../../src/daemon/engine-room.ts';
import { openFeedSource } from '../../src/daemon/feed-source.ts';
import { type StartFailure, takeAccount } from '../../src/daemon/held-account.ts';
import { openNotebook } from '../../src/daemon/notebook.ts';
import { createReloader } from '../../src/daemon/reloading.ts';
import { stop } from '../../src/daemon/stopping.ts';
import type { Clock } from '../../src/engine/clock.ts';
import type { Latch } from '../../src/engine/latch.ts';
import type { Machine } from '../../src/engine/machine.ts';
import type { GateName } from '../../src/engine/types.ts';
import type { Places } from '../../src/launch/places.ts';
import type { RunCounts } from '../../src/ops/metrics.ts';
import { createHeartbeat } from './heartbeat.ts';
import type { HeldFiles } from './held-files.ts';
import { createPort, type WireWitness } from './port.ts';
import { countOnly, SILENT } from './quiet-ops.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';
import { acrossThreads, createThread, timelineOf } from './threads.ts';
import type { Owner, Timeline } from './timeline.ts';
import { withinTimers } from './timer-limit.ts';
import type { Truth } from './truth.ts';
import type { Weather } from './weather.ts';

/** A secret that must never be seen outside the account. */
export const CANARY = 'c0ffee5ec2e7canary';

export interface ProcessWitness extends WireWitness {
  readonly runCounted: (counts: RunCounts) => void;
  /** A gate was the only closed one for an action. */
  readonly stoodAlone: (gate: GateName) => void;
  readonly resolved: (outcome: string) => void;
  /** A timer was asked for that no runtime keeps. */
  readonly timerOverflowed: (ms: number) => void;
  readonly noted: (owner: Owner, event: string, text: string) => void;
  /** Lines that the journal said it took. */
  readonly acknowledged: (seq: number, hash: string) => void;
}

export interface ProcessDeps {
  readonly scenario: Scenario;
  readonly timeline: Timeline;
  readonly truth: Truth;
  readonly weather: Weather;
  readonly random: Random;
  readonly clock: Clock;
  readonly held: HeldFiles;
  /** What it reads of the configuration, and where its own files are. */
  readonly settings: Settings;
  readonly places: Places;
  /** What it goes by where the machine's process numbers are shown. */
  readonly number: number;
  readonly owner: Owner;
  /** The account is its own; nothing else has begun. */
  readonly onHeld: () => void;
  readonly witness: ProcessWitness;
}

export interface Process {
  readonly ok: true;
  readonly owner: Owner;
  readonly number: number;
  /** Its state directory is not the account's usual one. */
  readonly isElsewhere: boolean;
  readonly core: Core;
  readonly latch: Latch;
  readonly room: EngineRoom;
  readonly command: <N extends CommandName>(name: N, body: CommandBody<N>) => Promise<CommandReply>;
  /** What a SIGHUP asks for. */
  readonly reload: () => void;
  /** Ends in order; called back when it has. */
  readonly shutdown: (done: () => void) => void;
  /** Does something in it later, or once it goes on. */
  readonly after: (ms: number, run: () => void) => void;
  /** Its control thread alone, or all of it, stands still for so long. */
  readonly stall: (what: 'control' | 'both', ms: number) => void;
  /** Since when its control thread stands still; null while it runs. */
  readonly stalledSinceMs: () => number | null;
  /** How long it stood still in all, milliseconds. */
  readonly stalledMs: () => number;
}

const ACCOUNT_DIR = '/simulated/account';

/** Where the account's audit head, latch and lock are. */
export const ACCOUNT = {
  directory: ACCOUNT_DIR,
  latch: join(ACCOUNT_DIR, 'latch'),
  head: join(ACCOUNT_DIR, 'audit-head.json'),
  pause: join(ACCOUNT_DIR, 'pause.json'),
  lock: join(ACCOUNT_DIR, 'lock.sqlite'),
  holder: join(ACCOUNT_DIR, 'lock.sqlite.holder.json'),
} as const;

/** Starts one, or says why it ends at once. */
export function startProcess(deps: ProcessDeps): Process | StartFailure {
  const { scenario, timeline, random, clock, witness, settings, places, owner } = deps;
  const lock = deps.held.forOwner(owner);
  const { disk } = lock;
  const control = createThread(timeline, owner);
  const exchangeThread = createThread(timeline, owner);
  const machine: Machine = {
    disk,
    timers: { after: (ms, run) => control.after(withinTimers(ms, witness.timerOverflowed), run) },
    randomHex: random.hex,
  };
  for (const directory of [places.stateDir, ACCOUNT_DIR, dirname(places.socketPath)])
    disk.makeDirectory(directory, 0o700);
  const taken = takeAccount({
    directory: ACCOUNT_DIR,
    settings,
    auditPath: places.auditPath,
    adoptCommand: 'grinder audit adopt',
    clock,
    self: { pid: deps.number, host: 'host', sinceMs: clock.wallMs(), socket: places.socketPath },
    lock,
    newLatchId: () => random.hex(4),
    // A file is a few times as long, so that lines come between the pieces of its rotation.
    sizes: { maxFileBytes: scenario.maxFileBytes, pieceBytes: 20_000 },
  });
  if (!taken.ok) return taken;
  deps.onHeld();
  const { latch, leadership, journal: opened } = taken;
  let wake = (): void => undefined;
  const journal = {
    ...opened,
    appendAll: (entries: Parameters<typeof opened.appendAll>[0]) => {
      const done = opened.appendAll(entries);
      if (done.ok) for (const { seq, hash } of done.records) acknowledge(seq, hash);
      return done;
    },
    append: (entry: Parameters<typeof opened.append>[0]) => {
      const done = opened.append(entry);
      if (done.ok) acknowledge(done.record.seq, done.record.hash);
      if (entry.status === 'INTENT') wake();
      return done;
    },
  };
  function acknowledge(seq: number, hash: string): void {
    if (!owner.dead) witness.acknowledged(seq, hash);
  }
  const notebook = openNotebook(clock, (_level, event, text) => {
    if (!owner.dead) witness.noted(owner, event, text);
  });
  const { feed } = openFeedSource({ settings, places, clock, accountName: 'sim', disk });
  const account = {
    name: 'sim',
    directory: ACCOUNT_DIR,
    otherDirectories: [],
    apiKey: CANARY,
    apiSecret: CANARY,
  };
  const core = composeCore({
    settings,
    places,
    clock,
    machine,
    host: 'host',
    ownedByTerminal: false,
    surroundings: { ...taken, account, log: SILENT, journal, giveBack: () => undefined },
    simulator: null,
    feed,
    notebook,
    metricsUrl: '',
    connect: (options, interlock) => {
      const thread = timelineOf(timeline, owner, exchangeThread);
      const rules = ['BTCUSDT', 'ETHUSDT', 'XRPUSDT'].map(scenario.rules);
      const port = createPort({ ...deps, timeline: thread, owner, options, interlock, rules });
      return acrossThreads(port, control);
    },
  });
  const room = createEngineRoom(
    core,
    latch,
    countOnly(owner, witness, () => core.vitals.decision),
  );
  const reloader = createReloader({
    core,
    reread: scenario.config.sources,
    busy: () => core.vitals.executing || room.scheduler.runningSince() !== null,
    runSoon: room.scheduler.soon,
  });
  let ending = false;
  const command: CommandDeps = {
    core,
    latch,
    newCode: () => random.hex(3),
    resolve: room.resolve,
    stopNow: (by, reason) => stop(core, latch, { by, reason }),
    shutdown: () => undefined,
    ending: () => ending,
    acknowledgeGates: room.board.acknowledge,
    runSoon: room.scheduler.soon,
    realStray: async () => 'refused: no simulator here',
  };
  begin({ core, room, stopNow: command.stopNow, fatal: () => undefined });
  const heartbeat = createHeartbeat({ core, timeline, control, random, idleMs: scenario.beatMs }, () => {
    reloader.tick();
    room.beat();
  });
  wake = heartbeat.wake;
  return {
    ok: true,
    owner,
    number: deps.number,
    isElsewhere: places.stateDir !== scenario.places.stateDir,
    core,
    latch,
    room,
    command: (name, body) =>
      new Promise((answer) => {
        control.ask(() => answer(runCommand(command, name, COMMANDS[name].parse(body) as never)));
      }),
    reload: () => control.pass(reloader.ask),
    after: control.after,
    stall: (what, ms) => {
      control.hold(ms);
      if (what === 'both') exchangeThread.hold(ms);
    },
    stalledSinceMs: control.heldSinceMs,
    stalledMs: control.heldMs,
    shutdown: (done) => control.pass(() => end(done)),
  };

  function end(done: () => void): void {
    ending = true;
    core.interlock.allowWrites(false);
    void core.exchange.setWriter(false);
    room.eventRuns.close();
    void room.scheduler.close().then(() => {
      journal.close();
      latch.close();
      leadership.release();
      owner.dead = true;
      done();
    });
  }
}
