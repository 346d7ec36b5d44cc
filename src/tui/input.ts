/** The terminal's input as Ink gets it: without the stop key, which has acted before Ink hears of anything. */
import { Buffer } from 'node:buffer';
import { PassThrough } from 'node:stream';
import { burstFilter } from './burst.ts';
import { type Scanned, stopScanner } from './stop-scan.ts';

/** A terminal's input stream. */
export interface TerminalInput extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
  ref?(): unknown;
  unref?(): unknown;
}

export interface InputHooks {
  /** Called synchronously while the bytes are read. */
  readonly onStop: () => void;
  /** Text was pasted, marked by the terminal or faster than anybody types, and was dropped; once a paste. */
  readonly onPaste: () => void;
  /** End, error or hang-up of the terminal; called at most once. */
  readonly onEnd: (why: string) => void;
  readonly nowMs: () => number;
}

/** How long the beginning of an escape sequence may wait for its end. */
const FLUSH_AFTER_MS = 100;

/** A terminal's input behind the stop key. */
export class GuardedInput extends PassThrough {
  readonly isTTY: boolean;
  private readonly source: TerminalInput;
  private readonly hooks: InputHooks;
  private readonly scanner = stopScanner();
  private readonly burst = burstFilter();
  private flushTimer: ReturnType<typeof setTimeout> | null = null;
  private isOver = false;

  constructor(source: TerminalInput, hooks: InputHooks) {
    super();
    this.isTTY = source.isTTY === true;
    this.source = source;
    this.hooks = hooks;
    source.on('data', this.onData);
    source.on('end', this.ended);
    source.on('close', this.ended);
    source.on('error', this.failed);
  }

  /** Passes the mode on; a terminal that is gone is not an error. */
  setRawMode(isRaw: boolean): this {
    try {
      this.source.setRawMode?.(isRaw);
    } catch {
      // EIO after a hang-up: there is no terminal left to restore.
    }
    return this;
  }

  ref(): this {
    this.source.ref?.();
    return this;
  }

  unref(): this {
    this.source.unref?.();
    return this;
  }

  /** Lets go of the terminal and leaves it as it was found. */
  release(): void {
    this.isOver = true;
    if (this.flushTimer !== null) clearTimeout(this.flushTimer);
    this.source.removeListener('data', this.onData);
    this.source.removeListener('end', this.ended);
    this.source.removeListener('close', this.ended);
    this.setRawMode(false);
    this.source.pause();
    this.unref();
  }

  private readonly onData = (chunk: Buffer | string): void => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk;
    const scanned = this.scanner.push(bytes.toString('latin1'), this.hooks.nowMs());
    if (scanned.stops > 0) this.hooks.onStop();
    this.pass(scanned);
    if (this.flushTimer !== null) clearTimeout(this.flushTimer);
    this.flushTimer = setTimeout(
      () => this.pass({ text: this.scanner.flush(), paste: 'none' }),
      FLUSH_AFTER_MS,
    );
  };

  private pass(read: Pick<Scanned, 'text' | 'paste'>): void {
    if (this.isOver) return;
    const { text, isNew } = this.burst.take(read, this.hooks.nowMs());
    if (text !== '') this.write(Buffer.from(text, 'latin1'));
    if (isNew) this.hooks.onPaste();
  }

  private readonly ended = (): void => this.finish('end of input');
  private readonly failed = (error: Error): void => this.finish(error.message);

  private finish(why: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.hooks.onEnd(why);
  }
}
