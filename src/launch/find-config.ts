import { resolve } from 'node:path';
import { readCommandLine } from './argv.ts';
import type { Variables } from './places.ts';

/** Where a configuration may be; `explicit` when the operator named it, so that its absence is an error. */
export type ConfigSearch = { readonly candidates: readonly string[]; readonly explicit: boolean };

/** Lists the absolute paths to try in order: --config, GRINDER_CONFIG, ./config.yaml, /etc/grinder/config.yaml. */
export function configSearch(argv: readonly string[], env: Variables, cwd: string): ConfigSearch {
  const named = readCommandLine(argv).configFlag ?? (env['GRINDER_CONFIG'] || null);
  return named === null
    ? { candidates: [resolve(cwd, 'config.yaml'), '/etc/grinder/config.yaml'], explicit: false }
    : { candidates: [resolve(cwd, named)], explicit: true };
}

/**
 * Returns the first candidate that can be read, or null.
 *
 * `read` gives a file's text, or null when there is no such file; what it throws passes through.
 */
export function findConfig(
  search: ConfigSearch,
  read: (path: string) => string | null,
): { readonly path: string; readonly text: string } | null {
  for (const path of search.candidates) {
    const text = read(path);
    if (text !== null) return { path, text };
  }
  return null;
}
