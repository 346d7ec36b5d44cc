/** The daemon: composes its parts, starts them in an order that leaves nothing half-started, and ends them. */
import { hostname } from 'node:os';
import type { Settings } from '../config/load.ts';
import { removeRegistryEntry, writeRegistryEntry } from '../control/registry.ts';
import { startControlServer } from '../control/server.ts';
import { systemClock } from '../engine/clock.ts';
import { openFeed } from '../engine/feed.ts';
import { createIntentResolver } from '../engine/intents.ts';
import { createInterlock } from '../engine/interlock.ts';
import { stopFilePresent } from '../engine/stop-file.ts';
import { startExchange } from '../exchange/client.ts';
import { spawnThread } from '../exchange/spawn.ts';
import { buildInfo } from '../launch/build-info.ts';
import type { Places } from '../launch/places.ts';
import { createMetrics } from '../ops/metrics.ts';
import { startMetricsServer } from '../ops/metrics-server.ts';
import { createApprovals } from './approval.ts';
import { entryBase } from './ceremony.ts';
import { runCommand } from './commands.ts';
import type { Core, LatchState } from './core.ts';
import { type EmbeddedSimulator, placeRealStray, startEmbedded } from './embedded-simulator.ts';
import { makeExecutor } from './executing.ts';
import { createGateBoard } from './gate-board.ts';
import { onExchangeEvent } from './listening.ts';
import { metricsView } from './metrics-feed.ts';
import { openNotebook } from './notebook.ts';
import { present } from './present.ts';
import { observeOnly, reconcileOnce } from './run.ts';
import { createScheduler } from './scheduler.ts';
import { stop } from './stopping.ts';
import { type StartFailure, takeSurroundings } from './surroundings.ts';
import { createTick } from './ticking.ts';
import { createTotals } from './totals.ts';
import { initialVitals } from './vitals.ts';

export interface DaemonOptions {
  readonly settings: Settings;
  readonly places: Places;
  /** True when the terminal that shows it also owns it. */
  readonly ownedByTerminal: boolean;
  /** Gets the log's lines too; null for none. */
  readonly stderr: ((line: string) => void) | null;
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
  readonly note: (event: string, text: string) => void;
}

const TICK_MS = 250;
const EVENT_RUN_GAP_MS = 2000;
const SHUTDOWN_LIMIT_MS = 20_000;

/** Starts a daemon, or says why not with nothing left behind. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon | StartFailure> {
  const { settings, places } = options;
  const clock = systemClock;
  const host = hostname();
  let onLogProblem: (problem: string) => void = () => undefined;
  const taken = takeSurroundings({
    settings,
    places,
    clock,
    host,
    stderr: options.stderr,
    onLogProblem: (problem) => onLogProblem(problem),
  });
  if (!taken.ok) return taken;
  const undo: (() => void | Promise<void>)[] = [taken.giveBack];
  const abandon = async (exitCode: number, problem: string): Promise<StartFailure> => {
    for (const step of undo.toReversed()) await step();
    return { ok: false, exitCode, problem };
  };
  const { account, log, latch, journal, leadership } = taken;
  const notebook = openNotebook(clock, (level, event, msg, fields) => log[level](event, msg, fields));
  onLogProblem = (problem) => notebook.alarm('log', `the log can't be written: ${problem}`);

  let core: Core | null = null;
  const metrics = createMetrics({ clock, read: () => metricsView(core, settings) });
  const metricsServer = await startMetricsServer({
    host: places.metricsHost ?? '127.0.0.1',
    port: places.metricsPort ?? 9090,
    render: metrics.render,
    contentType: metrics.contentType,
    health: () =>
      metrics.fresh() ? { ok: true, text: 'alive' } : { ok: false, text: 'the engine is silent' },
    ready: () =>
      core?.vitals.ready === true ? { ok: true, text: 'ready' } : { ok: false, text: 'starting' },
  });
  if (!metricsServer.ok) return abandon(metricsServer.exitCode, metricsServer.problem);
  undo.push(metricsServer.close);

  let simulator: EmbeddedSimulator | null = null;
  if (settings.embeddedSimulator) {
    const started = await startEmbedded(settings, places, account);
    if (!started.ok) return abandon(78, started.problem);
    simulator = started.simulator;
    undo.push(started.simulator.close);
  }
  const interlock = createInterlock();
  const reading = latch.current();
  if (!reading.latched) interlock.clearLatch();
  const exchange = startExchange(
    {
      environment: settings.exchange.environment,
      restUrl: simulator?.restUrl ?? settings.exchange.endpoints.rest ?? null,
      wsUrl: simulator?.wsUrl ?? settings.exchange.endpoints.ws ?? null,
      apiKey: account.apiKey,
      apiSecret: account.apiSecret,
      recvWindowMs: settings.exchange.recvWindowMs,
      requestTimeoutMs: settings.exchange.requestTimeoutMs,
      backoffUntilMs: journal.state().backoffUntilMs,
    },
    interlock,
    clock,
    (data) => spawnThread('exchange', data),
  );
  undo.push(exchange.close);
  const feed = openFeed({
    path: places.expectedPath ?? '',
    identity: {
      account: settings.expectedState.account ?? account.name,
      environment: settings.exchange.environment,
    },
    clock,
    settleMs: settings.expectedState.settleMs,
    uid: process.getuid?.() ?? 0,
  });
  undo.push(feed.close);
  const startLatch: LatchState | null = reading.latched
    ? {
        id: reading.latchId,
        by: reading.by,
        reason: reading.reason,
        atMs: reading.atMs,
        atMonoMs: clock.monoMs(),
        durable: reading.durable,
        executedAtStop: 0,
        verdict: null,
      }
    : null;
  const parts: Core = {
    settings,
    places,
    identity: {
      host,
      pid: process.pid,
      uid: process.getuid?.() ?? 0,
      account: account.name,
      version: buildInfo.version,
      commit: buildInfo.commit,
      runtime: buildInfo.runtime,
      packaging: buildInfo.packaging,
      ownedByTerminal: options.ownedByTerminal,
      simulatorUrl: simulator?.restUrl ?? null,
    },
    clock,
    journal,
    interlock,
    exchange,
    feed,
    leadership,
    notebook,
    totals: createTotals(),
    startedMonoMs: clock.monoMs(),
    vitals: initialVitals({
      settings,
      journal,
      clock,
      latch: startLatch,
      metricsUrl: `http://${places.metricsHost ?? '127.0.0.1'}:${metricsServer.port}/metrics`,
    }),
  };
  core = parts;

  const board = createGateBoard((gate, from, to) =>
    notebook.note(from === 'closed' && to === 'open' ? 'warn' : 'info', 'GATE', `GATE ${gate} ${from} -> ${to}`, {
      gate,
      from,
      to,
    }),
  );
  const executor = makeExecutor(parts);
  const resolver = createIntentResolver({
    exchange,
    journal,
    clock,
    rules: { windowMs: settings.exchange.recvWindowMs + 1000, agreeing: 3, maxReads: 30 },
    spacingMs: 1000,
    inFlight: executor.inFlight,
    stamp: () => ({
      runId: parts.vitals.runId ?? '',
      stage: parts.vitals.stage.inForce,
      mode: 'live',
      actionMode: settings.reconcile.action,
      configDigest: settings.digest,
    }),
    log: (event, fields) => {
      notebook.note(
        'warn',
        event,
        `${event} ${String(fields['symbol'] ?? '')} ${String(fields['outcome'] ?? '')} ${String(fields['text'] ?? '')}`,
        fields,
      );
      const outcome = fields['outcome'];
      if (outcome === 'executed' || outcome === 'not_executed')
        metrics.countUnknownResolved(fields['operator'] == null ? outcome : 'manual');
    },
  });
  const runPrefix = clock.wallMs().toString(36);
  let runNumber = 0;
  const scheduler = createScheduler({
    clock,
    intervalMs: () => settings.reconcile.intervalMs,
    debounceMs: settings.reconcile.eventDebounceMs,
    minGapMs: EVENT_RUN_GAP_MS,
    // While stopped the exchange is still read, outside the run counter.
    enabled: () => parts.vitals.stage.inForce > 0 || parts.vitals.latch !== null,
    run: async () => {
      if (parts.vitals.stage.inForce === 0) return observeOnly(parts);
      runNumber += 1;
      await reconcileOnce(parts, executor, `${runPrefix}-${runNumber}`, {
        runFinished: ({ decision, tally, durationMs, complete }) =>
          metrics.countRun({
            durationMs,
            withError: !complete,
            mismatches: countTypes(decision.mismatches),
            ...tally,
          }),
      });
    },
    failed: (error) =>
      notebook.alarm('run', `a run failed: ${error instanceof Error ? error.message : String(error)}`),
  });
  const tick = createTick({
    core: parts,
    latch,
    board,
    resolver,
    executing: () => executor.inFlight() !== null,
  });

  const listeners = new Set<() => void>();
  let shuttingDown = false;
  let seq = 0;

  function stopNow(by: string, reason: string): LatchState {
    const arrived = clock.monoMs();
    const state = stop(parts, latch, { by, reason });
    metrics.observeStopLatency(clock.monoMs() - arrived);
    return state;
  }

  const control = await startControlServer({
    socketPath: places.socketPath,
    target: {
      status: () => {
        seq += 1;
        return present(parts, board, seq);
      },
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      command: (name, body) =>
        runCommand(
          {
            core: parts,
            stopNow,
            latch,
            approvals,
            acknowledgeGates: board.acknowledge,
            runSoon: scheduler.soon,
            shutdown,
            realStray: () =>
              placeRealStray(parts.identity.simulatorUrl, settings.reconcile.symbolWhitelist[0]),
          },
          name,
          body,
        ),
    },
    log: (level, event, msg) => notebook.log(level, event, msg),
  });
  const approvals = createApprovals();
  if (!control.ok) return abandon(75, control.problem);
  undo.push(control.close);
  writeRegistryEntry(places.registryPath, {
    pid: process.pid,
    account: account.name,
    environment: settings.exchange.environment,
    configPath: places.configPath,
    socketPath: places.socketPath,
    stateDir: places.stateDir,
    startedAtMs: clock.wallMs(),
  });
  undo.push(() => removeRegistryEntry(places.registryPath, process.pid));

  exchange.subscribe((event) =>
    onExchangeEvent(
      {
        core: parts,
        runSoon: scheduler.soon,
        fatal: (why) => endWith(1, `the exchange thread failed: ${why}`),
      },
      event,
    ),
  );
  journal.append({
    ...entryBase(parts),
    event_type: 'CONFIG_LOADED',
    details: {
      digest: settings.digest,
      version: buildInfo.version,
      commit: buildInfo.commit,
      covered: settings.flat,
    },
  });
  if (!journal.healthy()) notebook.alarm('audit', `AUDIT UNAVAILABLE: ${journal.problem()}`);
  notebook.note(
    'info',
    'STARTED',
    `started: ${settings.exchange.environment}, account ${account.name}, request ${parts.vitals.stage.request.stage} by ${parts.vitals.stage.request.by}`,
  );
  if (startLatch !== null)
    notebook.note('alarm', 'STOP_LATCHED', `still latched: ${startLatch.id} by ${startLatch.by}`);
  else if (stopFilePresent(places.stateDir)) stopNow('STOP file', `a file STOP in ${places.stateDir}`);

  const beat = setInterval(() => {
    try {
      tick();
      scheduler.tick();
    } catch (error) {
      // A bug in the heartbeat must not leave a daemon that looks alive.
      endWith(
        1,
        `the heartbeat failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
    for (const listener of listeners) listener();
  }, TICK_MS);
  undo.push(() => clearInterval(beat));

  function endWith(exitCode: number, why: string): void {
    if (shuttingDown) return;
    shuttingDown = true;
    interlock.allowWrites(false);
    void exchange.setWriter(false);
    notebook.note(exitCode === 0 ? 'info' : 'alarm', 'SHUTDOWN', `shutting down: ${why}`);
    const limit = setTimeout(() => options.ended(exitCode), SHUTDOWN_LIMIT_MS);
    void scheduler
      .close()
      .then(() => abandon(exitCode, why))
      .finally(() => {
        clearTimeout(limit);
        options.ended(exitCode);
      });
  }

  function shutdown(by: string): void {
    endWith(0, `asked by ${by}`);
  }

  return {
    ok: true,
    socketPath: places.socketPath,
    metricsUrl: parts.vitals.metricsUrl,
    simulatorUrl: parts.identity.simulatorUrl,
    stop: (by) => {
      stopNow(by, '');
    },
    shutdown,
    note: (event, text) => notebook.note('warn', event, text),
  };
}

function countTypes(mismatches: Parameters<typeof countOf>[0]) {
  return countOf(mismatches);
}

function countOf(mismatches: readonly { readonly type: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { type } of mismatches) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}
