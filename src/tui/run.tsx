/** The terminal's screen: a client of the control socket, whoever started the daemon. */
import { render } from 'ink';
import type { ControlClient } from '../control/client.ts';
import { type Clock, systemClock } from '../engine/clock.ts';
import { App } from './app.tsx';
import { type Leave, runEffect } from './effects.ts';
import { openFeed } from './feed.ts';
import { GuardedInput, type TerminalInput } from './input.ts';
import { GuardedOutput } from './output.ts';
import { press } from './press.ts';
import { initialState, reduce } from './reduce.ts';
import { onSignals, restoreAtExit } from './signals.ts';
import { stopButton } from './stop.ts';
import { createStore } from './store.ts';
import { type Environment, themeOf } from './theme.ts';
import type { TerminalOutput } from './tty-write.ts';
import type { KeyPress, ScreenEvent } from './types.ts';

export interface TuiOptions {
  readonly client: ControlClient;
  readonly socketPath: string;
  /** Where the STOP file goes when nobody acknowledges a stop. */
  readonly stateDir: string;
  readonly operator: string;
  readonly readOnly: boolean;
  /** True when leaving ends the engine too. */
  readonly ownsDaemon: boolean;
  readonly stdin: TerminalInput;
  readonly stdout: TerminalOutput;
  readonly env: Environment;
  readonly ascii?: boolean;
  readonly noColor?: boolean;
  readonly clock?: Clock;
  /** Ends the screen from outside, as a hang-up does. */
  readonly signal?: AbortSignal;
}

export interface TuiResult {
  /** 0, or 1 when the screen broke or a shutdown was not answered. */
  readonly exitCode: number;
  readonly quit: Leave | 'hangup' | 'broken';
}

/** How long leaving may wait for a terminal that isn't read. */
const DRAIN_MS = 400;
const SHUTDOWN_ANSWER_MS = 2000;
const REPAINT_QUIET_MS = 60;
const ERASE = '\x1b[2J\x1b[H';
/** Has the terminal mark pastes, so that a short one is told from typing. */
const MARK_PASTES = '\x1b[?2004h';
const UNMARK_PASTES = '\x1b[?2004l';

/** Shows the screen until it is left, hung up or aborted; the terminal is restored then. Never touches the engine but by command. */
export async function runTui(options: TuiOptions): Promise<TuiResult> {
  const { client, operator, env } = options;
  const clock = options.clock ?? systemClock;
  const theme = themeOf(env, options);
  const ended = Promise.withResolvers<TuiResult>();
  const hangUp = (): void => ended.resolve({ exitCode: 0, quit: 'hangup' });

  const output = new GuardedOutput(options.stdout, { onDead: hangUp, onIdle: () => store.publish() });
  const setting = {
    operator,
    readOnly: options.readOnly,
    ownsDaemon: options.ownsDaemon,
    glyphs: theme.glyphs,
  };
  const now = { nowMs: clock.monoMs(), wallMs: clock.wallMs() };
  const store = createStore(
    initialState(setting, { columns: output.columns, rows: output.rows }, now),
    () => !output.isBusy,
  );
  const dispatch = (event: ScreenEvent): void => {
    const before = store.get();
    const after = reduce(before, event);
    store.set(after);
    if (before.stop.kind === 'unacknowledged' && after.stop.kind === 'idle') stop.latchSeen();
    if (event.type === 'tick') checkSize();
  };

  const stop = stopButton({
    client,
    stateDir: options.stateDir,
    toldStateDir: () => store.get().received?.status.daemon.state_dir ?? null,
    operator,
    clock,
    onStop: (value) => dispatch({ type: 'stop', stop: value }),
  });
  const input = new GuardedInput(options.stdin, {
    onStop: stop.press,
    onPaste: () => onKeys([{ key: 'paste' }]),
    onEnd: hangUp,
    nowMs: clock.monoMs,
  });
  input.setRawMode(true);

  const onLeave = (how: Leave): void => {
    if (how === 'detach') {
      ended.resolve({ exitCode: 0, quit: 'detach' });
      return;
    }
    client.command('shutdown', { operator }, SHUTDOWN_ANSWER_MS).then(
      (reply) => ended.resolve({ exitCode: reply.ok ? 0 : 1, quit: 'shutdown' }),
      () => ended.resolve({ exitCode: 1, quit: 'shutdown' }),
    );
  };
  const onKeys = (keys: readonly KeyPress[]): void => {
    for (const key of keys) {
      const pressed = press(store.get(), key, clock.monoMs());
      store.set(pressed.state);
      for (const effect of pressed.effects)
        runEffect({ client, clock, operator, onEvent: dispatch, onLeave, repaint }, effect);
    }
  };

  let quiet: ReturnType<typeof setTimeout> | undefined;
  const checkSize = (): void => {
    const { columns, rows } = output;
    const shown = store.get();
    if (columns === shown.columns && rows === shown.rows) return;
    dispatch({ type: 'resize', columns, rows });
    output.emit('resize');
    repaintSoon();
  };
  /** Even a terminal that has its old size again may have cut what it showed. */
  const repaintSoon = (): void => {
    clearTimeout(quiet);
    quiet = setTimeout(repaint, REPAINT_QUIET_MS);
  };
  const repaint = (): void => {
    if (output.isBusy) {
      repaintSoon();
      return;
    }
    app.clear();
    output.write(ERASE);
    dispatch({ type: 'tick', nowMs: clock.monoMs(), wallMs: clock.wallMs(), received: null });
  };

  const app = render(<App store={store} theme={theme} onKeys={onKeys} />, {
    stdin: input,
    stdout: output,
    exitOnCtrlC: false,
    interactive: output.isTTY,
    alternateScreen: true,
    incrementalRendering: true,
    isScreenReaderEnabled: false,
    kittyKeyboard: { mode: 'disabled' },
    maxFps: 30,
  });
  if (output.isTTY) output.write(MARK_PASTES);
  const feed = openFeed({ client, clock, onEvent: dispatch, onUp: stop.linkUp });
  const undoSignals = onSignals({ hangUp, onContinue: () => resume(), onResize: repaintSoon });
  const undoRestore = restoreAtExit(output.isTTY);
  options.stdout.on('resize', checkSize);
  options.signal?.addEventListener('abort', hangUp, { once: true });
  const resume = (): void => {
    input.setRawMode(true);
    output.write(`\x1b[?1049h\x1b[?25l${MARK_PASTES}`);
    repaint();
  };
  // Ink also ends it by itself, after signals such as SIGIO: nobody may be left before a dead screen without a stop key.
  const broken = (): void => ended.resolve({ exitCode: 1, quit: 'broken' });
  app.waitUntilExit().then(broken, broken);

  const result = await ended.promise;
  clearTimeout(quiet);
  feed.close();
  stop.close();
  undoSignals();
  options.stdout.removeListener('resize', checkSize);
  app.unmount();
  if (output.isTTY) output.write(UNMARK_PASTES);
  await Promise.race([drained(output), new Promise((resolve) => setTimeout(resolve, DRAIN_MS))]);
  undoRestore();
  input.release();
  return result;
}

/** Resolves once everything written is out. */
const drained = (output: GuardedOutput): Promise<void> =>
  new Promise((resolve) => {
    output.write('', () => resolve());
  });
