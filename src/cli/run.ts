import { describeProblems, type Settings } from '../config/load.ts';
import { connectControl } from '../control/client.ts';
import type { ControlThreadMessage } from '../daemon/thread.ts';
import { systemClock } from '../engine/clock.ts';
import { spawnThread } from '../exchange/spawn.ts';
import { openSupervisor } from '../ops/sd-notify.ts';
import { readConfigText } from './config-text.ts';
import {
  type Args,
  type CliCommand,
  type CliContext,
  EXIT,
  flagArg,
  operatorOf,
  textArg,
  withOperator,
} from './context.ts';
import { configName } from './daemon.ts';
import { loadHere } from './load-here.ts';
import { plain } from './print.ts';

/** `run`: the daemon; with its screen on a terminal, headless without one or when asked. */
export const runCommand: CliCommand = {
  command: 'run',
  describe: 'run the daemon: with the screen on a terminal, else headless',
  build: (argv) =>
    withOperator(argv)
      .option('headless', { type: 'boolean', describe: 'no screen, whatever stdout is' })
      .option('check', {
        type: 'boolean',
        describe: 'judge command line and configuration as a start would, then end; starts nothing',
      })
      .option('exchange', {
        type: 'string',
        requiresArg: true,
        choices: ['sim', 'testnet', 'mainnet'],
        describe: 'environment, over the configuration',
      }),
  run: async (args, context) => {
    const exchange = textArg(args, 'exchange');
    const flags = new Map<string, unknown>(exchange === null ? [] : [['exchange.environment', exchange]]);
    const loaded = loadHere(context, flags);
    if (!loaded.ok) {
      context.stderr(`grinder: ${plain(describeProblems(loaded.problems, configName(context)))}\n`);
      return EXIT.config;
    }
    if (flagArg(args, 'check')) {
      context.stdout(`configuration OK: ${configName(context)}, nothing was started\n`);
      return EXIT.ok;
    }
    const terminal = context.isTTY && process.stdin.isTTY === true && context.env['TERM'] !== 'dumb';
    return terminal && !flagArg(args, 'headless') && !flagArg(args, 'no-input')
      ? withScreen(args, context, loaded.settings)
      : headless(context, loaded.settings, flags);
  },
};

async function headless(
  context: CliContext,
  settings: Settings,
  flags: ReadonlyMap<string, unknown>,
): Promise<number> {
  const { config, env } = context;
  const { holdStop, onDaemonSignals } = await import('../daemon/signals.ts');
  const held = holdStop();
  const { startDaemon } = await import('../daemon/daemon.ts');
  const { promise, resolve } = Promise.withResolvers<number>();
  const supervisor = openSupervisor({
    notifySocket: env['NOTIFY_SOCKET'],
    watchdogUsec: env['WATCHDOG_USEC'],
    watchdogPid: env['WATCHDOG_PID'],
    pid: process.pid,
    ownPath: context.places.notifyPath,
    monoMs: systemClock.monoMs,
    onProblem: (problem) => context.stderr(`grinder: ${plain(problem)}\n`),
  });
  const daemon = await startDaemon({
    settings,
    places: context.places,
    supervisor,
    ownedByTerminal: false,
    reread: config === null ? null : () => ({ text: readConfigText(config.path), env, flags }),
    stderr: null,
    ended: resolve,
  });
  if (!daemon.ok) {
    supervisor.close();
    const stopped = await held.leave(context.places.stateDir);
    return refuse(context, { ...daemon, problem: `${daemon.problem}${stopped}` });
  }
  onDaemonSignals(daemon, { hangUp: 'reload' });
  held.handOver(daemon);
  context.stdout(
    `grinder: running headless for ${configName(context)}, ${daemon.metricsUrl}, log ${plain(context.places.logPath)}\n`,
  );
  const exitCode = await promise;
  supervisor.close();
  return exitCode;
}

async function withScreen(args: Args, context: CliContext, settings: Settings): Promise<number> {
  const { places } = context;
  const worker = spawnThread('control', { settings, places });
  const prepared = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<number>();
  const screenEnd = new AbortController();
  const start: { isOver: boolean; refused: StartRefusal | null } = { isOver: false, refused: null };
  const finish = (exitCode: number): void => {
    prepared.resolve();
    ended.resolve(exitCode);
    screenEnd.abort();
  };
  const refused = (refusal: StartRefusal): void => {
    if (!start.isOver) start.refused = refusal;
    start.isOver = true;
    finish(refusal.exitCode);
  };
  worker.on('message', (message: ControlThreadMessage) => {
    switch (message.type) {
      case 'prepared':
        return prepared.resolve();
      case 'started':
        start.isOver = true;
        return prepared.resolve();
      case 'failed':
        return refused(message);
      case 'ended':
        start.isOver = true;
        return finish(message.exitCode);
    }
  });
  const died = (why: string) =>
    refused({ exitCode: EXIT.failed, problem: `the engine's thread ended: ${why}` });
  worker.on('error', (error: unknown) => died(error instanceof Error ? error.message : String(error)));
  worker.on('exit', () => died('without a word'));
  // The screen is there while the last threads start: a nested thread takes Deno half a second.
  const [{ runTui }] = await Promise.all([import('../tui/run.tsx'), prepared.promise]);
  if (start.refused !== null) return refuse(context, start.refused);
  // Ink takes a SIGUSR2 that nobody else in this thread hears for the end of its screen. It is the engine's stop, whose
  // thread has had a handler since it was prepared; with one here earlier, a stop before that would be lost.
  process.on('SIGUSR2', () => undefined);
  const client = connectControl(places.socketPath);
  const result = await runTui({
    client,
    socketPath: places.socketPath,
    stateDir: places.stateDir,
    operator: operatorOf(args, context),
    readOnly: false,
    ownsDaemon: true,
    stdin: process.stdin,
    stdout: process.stdout,
    env: context.env,
    noColor: flagArg(args, 'no-color'),
    signal: screenEnd.signal,
  });
  client.close();
  if (result.quit === 'broken')
    context.stderr('grinder: the screen ended by itself, and the engine ends with it: start it again\n');
  // The terminal owns the engine: when the screen is gone, however it went, the engine ends in order.
  worker.postMessage({ type: 'end' });
  const exitCode = await ended.promise;
  if (start.refused !== null) return refuse(context, start.refused);
  return exitCode === 0 ? result.exitCode : exitCode;
}

interface StartRefusal {
  readonly exitCode: number;
  readonly problem: string;
}

function refuse(context: CliContext, { exitCode, problem }: StartRefusal): number {
  context.stderr(`grinder: not started: ${plain(problem)}\n`);
  return exitCode;
}
