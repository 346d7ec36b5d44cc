/**
 * Writes to a terminal without ever waiting in this thread: a terminal that nobody reads must not stop the stop key.
 *
 * Deno's stdout blocks the thread through `node:fs` and `node:tty` alike (measured: 3 of 150 timers ran while the
 * terminal was not read); its own asynchronous write doesn't. This is the only place here that knows of Deno.
 */
import { write } from 'node:fs';
import process from 'node:process';

/** Writes some of the bytes and says how many; rejects with the system's error. */
export type WriteSome = (bytes: Uint8Array) => Promise<number>;

/** Terminal output to write to; `fd` 1 is written asynchronously, anything else through its stream. */
export type TerminalOutput = NodeJS.WritableStream & {
  readonly fd?: number;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

const RETRY_MS = 10;

/** Returns a function that writes all bytes and then resolves; it rejects when the terminal is gone. */
export function terminalWriter(output: TerminalOutput): (bytes: Uint8Array) => Promise<void> {
  const writeSome = output === process.stdout ? standardOutput() : throughStream(output);
  return async (bytes) => {
    let done = 0;
    while (done < bytes.length) {
      try {
        done += await writeSome(bytes.subarray(done));
      } catch (error) {
        if (!isBusy(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  };
}

function standardOutput(): WriteSome {
  const deno: unknown = Reflect.get(globalThis, 'Deno');
  if (hasStdout(deno)) return (bytes) => deno.stdout.write(bytes);
  return (bytes) =>
    new Promise((resolve, reject) => {
      write(1, bytes, (error, written) => (error === null ? resolve(written) : reject(error)));
    });
}

const hasStdout = (value: unknown): value is { readonly stdout: { readonly write: WriteSome } } =>
  typeof value === 'object' && value !== null && 'stdout' in value;

const throughStream =
  (output: TerminalOutput): WriteSome =>
  (bytes) =>
    new Promise((resolve, reject) => {
      output.write(bytes, (error) => (error == null ? resolve(bytes.length) : reject(error)));
    });

/** The reading side of the same terminal may have made it non-blocking. */
const isBusy = (error: unknown): boolean =>
  error instanceof Error && ('code' in error ? error.code === 'EAGAIN' : error.name === 'WouldBlock');
