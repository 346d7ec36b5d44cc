import type { CliIo } from './context.ts';

/** Resolves when the command is told to end: by its signal when it has one, else by SIGINT or SIGTERM. */
export function untilEnded(io: CliIo): Promise<void> {
  const { signal } = io;
  return new Promise((resolve) => {
    if (signal === undefined) {
      process.once('SIGINT', () => resolve());
      process.once('SIGTERM', () => resolve());
    } else if (signal.aborted) {
      resolve();
    } else {
      signal.addEventListener('abort', () => resolve(), { once: true });
    }
  });
}
