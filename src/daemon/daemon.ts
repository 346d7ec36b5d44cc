/** The daemon: starts its parts in an order that leaves nothing half-started, and ends them. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { ConfigSources, Settings } from '../config/load.ts';
import type { ControlTarget } from '../control/control.ts';
import { removeRegistryEntry } from '../control/registry.ts';
import { systemClock } from '../engine/clock.ts';
import { thisMachine } from '../engine/machine.ts';
import type { Places } from '../launch/places.ts';
import { createMetrics, type Metrics } from '../ops/metrics.ts';
import { startMetricsServer } from '../ops/metrics-server.ts';
import { NO_SUPERVISOR, type Supervisor } from '../ops/sd-notify.ts';
import { begin } from './beginning.ts';
import { type CommandDeps, runCommand } from './commands.ts';
import { composeCore } from './compose.ts';
import type { Core, LatchState } from './core.ts';
import { type EmbeddedSimulator, placeRealStray, startEmbedded } from './embedded-simulator.ts';
import { createEngineRoom } from './engine-room.ts';
import { openFeedSource } from './feed-source.ts';
import type { StartFailure } from './held-account.ts';
import { metricsView } from './metrics-feed.ts';
import { openNotebook } from './notebook.ts';
import { presentPlan } from './present-plan.ts';
import { createReloader } from './reloading.ts';
import { openSockets, register } from './sockets.ts';
import { stop } from './stopping.ts';
import { tellAlive } from './supervising.ts';
import { takeSurroundings } from './surroundings.ts';

export interface DaemonOptions {
  readonly settings: Settings;
  readonly places: Places;
  /** True when the terminal that shows it also owns it. */
  readonly ownedByTerminal: boolean;
  /** Reads the configuration's sources again, as a SIGHUP asks; null or absent without a file. */
  readonly reread?: (() => ConfigSources) | null;
  /** Whoever watches over the process. */
  readonly supervisor?: Supervisor;
  /** Gets the log's lines too; null for none. */
  readonly stderr: ((line: string) => void) | null;
  /** Called when what usually refuses a start has passed, before the threads are started. */
  readonly prepared?: () => void;
  /** Called once when the daemon has ended, with its exit code. */
  readonly ended: (exitCode: number) => void;
}

/** A running daemon. */
export interface Daemon {
  readonly ok: true;
  readonly socketPath: string;
  readonly metricsUrl: string;
  /** The embedded simulator's address; null without one. */
  readonly simulatorUrl: string | null;
  readonly stop: (by: string) => void;
  readonly shutdown: (by: string) => void;
  /** Ends it because something broke that it can't go on without. */
  readonly fail: (why: string) => void;
  /** Reads the configuration again as soon as no run is under way. */
  readonly reload: () => void;
}

const BEAT_MS = 250;
const SHUTDOWN_LIMIT_MS = 20_000;

/** Starts a daemon, or says why not with nothing left behind. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon | StartFailure> {
  const { settings, places, supervisor = NO_SUPERVISOR } = options;
  const clock = systemClock;
  const machine = thisMachine;
  const host = hostname();
  // The log is opened before there is a notebook to tell of it.
  const early: string[] = [];
  let onLogProblem = (problem: string): void => {
    early.push(problem);
  };
  const surroundings = takeSurroundings({
    settings,
    places,
    clock,
    host,
    stderr: options.stderr,
    onLogProblem: (problem) => onLogProblem(problem),
  });
  if (!surroundings.ok) return surroundings;
  const undo: (() => void | Promise<void>)[] = [surroundings.giveBack];
  const abandon = async (exitCode: number, problem: string): Promise<StartFailure> => {
    for (const step of undo.splice(0).toReversed()) await step();
    return { ok: false, exitCode, problem };
  };
  const { account, log, latch } = surroundings;
  const notebook = openNotebook(clock, (level, event, msg, fields) => log[level](event, msg, fields));
  onLogProblem = (problem) => notebook.alarm('log', problem);
  early.forEach(onLogProblem);

  let known: Core | null = null;
  const metrics = createMetrics({ clock, read: () => metricsView(known, known?.settings ?? settings) });
  const metricsServer = await serveMetrics(places, metrics, () => known?.vitals.ready === true);
  if (!metricsServer.ok) return abandon(metricsServer.exitCode, metricsServer.problem);
  undo.push(metricsServer.close);
  options.prepared?.();

  let simulator: EmbeddedSimulator | null = null;
  if (settings.embeddedSimulator) {
    const started = await startEmbedded(settings, places, account);
    if (!started.ok) return abandon(78, started.problem);
    simulator = started.simulator;
    undo.push(started.simulator.close);
  }
  const metricsUrl = `http://${places.metricsHost ?? '127.0.0.1'}:${metricsServer.port}/metrics`;
  const source = openFeedSource({ settings, places, clock, accountName: account.name, disk: machine.disk });
  const { feed } = source;
  const core = composeCore({
    ...options,
    clock,
    machine,
    host,
    surroundings,
    simulator,
    feed,
    notebook,
    metricsUrl,
  });
  known = core;
  undo.push(core.exchange.close, core.feed.close);
  const room = createEngineRoom(core, latch, metrics);
  const reloader = createReloader({
    core,
    reread: options.reread ?? null,
    busy: () => core.vitals.executing || room.scheduler.runningSince() !== null,
    runSoon: room.scheduler.soon,
  });
  const listeners = new Set<() => void>();
  let shuttingDown = false;

  function stopNow(by: string, reason: string): LatchState {
    const arrived = clock.monoMs();
    const state = stop(core, latch, { by, reason });
    metrics.observeStopLatency(clock.monoMs() - arrived);
    return state;
  }

  function endWith(exitCode: number, why: string): void {
    if (shuttingDown) return;
    shuttingDown = true;
    supervisor.stopping();
    core.interlock.allowWrites(false);
    void core.exchange.setWriter(false);
    notebook.note(exitCode === 0 ? 'info' : 'alarm', 'SHUTDOWN', `shutting down: ${why}`);
    const limit = setTimeout(() => options.ended(exitCode), SHUTDOWN_LIMIT_MS);
    void room.scheduler
      .close()
      .then(() => abandon(exitCode, why))
      .finally(() => {
        clearTimeout(limit);
        options.ended(exitCode);
      });
  }

  const shutdown = (by: string): void => endWith(0, `asked by ${by}`);
  const deps: CommandDeps = {
    core,
    latch,
    newCode: () => randomBytes(3).toString('hex'),
    stopNow,
    shutdown,
    ending: () => shuttingDown,
    acknowledgeGates: room.board.acknowledge,
    runSoon: room.scheduler.soon,
    resolve: room.resolve,
    realStray: () => placeRealStray(simulator?.restUrl ?? null, core.settings.reconcile.symbolWhitelist[0]),
  };
  const target: ControlTarget = {
    status: room.status,
    plan: () => presentPlan(core),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    command: (name, body) => runCommand(deps, name, body),
  };
  const sockets = await openSockets(core, target, source);
  if (!sockets.ok) return abandon(75, sockets.problem);
  undo.push(sockets.close);
  const unregistered = await register(core);
  if (unregistered !== null) return abandon(unregistered.exitCode, unregistered.problem);
  undo.push(() => removeRegistryEntry(places.registryPath, process.pid));

  undo.push(room.eventRuns.close);
  begin({ core, room, stopNow, fatal: (why) => endWith(1, `the exchange thread failed: ${why}`) });
  const beat = setInterval(() => {
    try {
      reloader.tick();
      room.beat();
      void sockets.keep();
      tellAlive(core, room.scheduler, supervisor);
      for (const listener of listeners) listener();
    } catch (error) {
      // A bug in the heartbeat must not leave a daemon that looks alive.
      endWith(1, `the heartbeat failed: ${describe(error)}`);
    }
  }, BEAT_MS);
  undo.push(() => clearInterval(beat));
  supervisor.ready();

  return {
    ok: true,
    socketPath: places.socketPath,
    metricsUrl,
    simulatorUrl: simulator?.restUrl ?? null,
    stop: (by) => {
      stopNow(by, '');
    },
    shutdown,
    fail: (why) => endWith(1, why),
    reload: reloader.ask,
  };
}

function serveMetrics(places: Places, metrics: Metrics, ready: () => boolean) {
  return startMetricsServer({
    host: places.metricsHost ?? '127.0.0.1',
    port: places.metricsPort ?? 9090,
    render: metrics.render,
    contentType: metrics.contentType,
    health: () =>
      metrics.fresh() ? { ok: true, text: 'alive' } : { ok: false, text: 'the engine is silent' },
    ready: () => (ready() ? { ok: true, text: 'ready' } : { ok: false, text: 'starting' }),
  });
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
