/** The terminal's output as Ink gets it: never blocks, and says when it lags. */
import { Writable } from 'node:stream';
import { type TerminalOutput, terminalWriter } from './tty-write.ts';

export interface OutputHooks {
  /** The terminal is gone; called at most once. */
  readonly onDead: (why: string) => void;
  /** Everything written so far is out. */
  readonly onIdle: () => void;
}

/** Asks for the other screen, which begins where the cursor was. */
const OTHER_SCREEN = new TextEncoder().encode('\x1b[?1049h');
/** The same, and from its first cell on: keys typed before, which the terminal showed, would shift the first rows. */
const OTHER_SCREEN_FROM_START = new TextEncoder().encode('\x1b[?1049h\x1b[2J\x1b[H');

/** A terminal's output that takes writes at once and sends them one after the other. */
export class GuardedOutput extends Writable {
  readonly isTTY: boolean;
  private readonly source: TerminalOutput;
  private readonly hooks: OutputHooks;
  private readonly send: (bytes: Uint8Array) => Promise<void>;
  private isDead = false;

  constructor(source: TerminalOutput, hooks: OutputHooks) {
    super({ decodeStrings: true });
    this.isTTY = source.isTTY === true;
    this.source = source;
    this.hooks = hooks;
    this.send = terminalWriter(source);
  }

  /** Width in cells; 80 when the terminal doesn't know. */
  get columns(): number {
    return this.source.columns || 80;
  }

  /** Height in cells; 24 when the terminal doesn't know. */
  get rows(): number {
    return this.source.rows || 24;
  }

  /** Whether something is still on its way; then nothing new should be drawn. */
  get isBusy(): boolean {
    return this.writableLength > 0;
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.isDead) {
      done();
      return;
    }
    const isEntry = Buffer.compare(chunk, OTHER_SCREEN) === 0;
    this.send(isEntry ? OTHER_SCREEN_FROM_START : chunk).then(
      () => {
        done();
        if (!this.isBusy) this.hooks.onIdle();
      },
      (error: unknown) => {
        this.isDead = true;
        done();
        this.hooks.onDead(error instanceof Error ? error.message : 'terminal gone');
      },
    );
  }
}
