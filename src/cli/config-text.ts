/** Reads a configuration, which is a regular file: a pipe can be read once, or makes whoever opens it wait. */
import { readFileSync, statSync } from 'node:fs';

/** Reads it whole; throws what the file system throws, and for whatever is no regular file. */
export function readConfigText(path: string): string {
  if (!statSync(path).isFile()) throw new Error(`${path} is no regular file`);
  return readFileSync(path, 'utf8');
}
