/** The executable under test: found or built once, unpacked once. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..', '..');

let program: string | null = null;

/** The executable: GRINDER_BIN, else dist/grinder, built when it is missing or out of date. */
export function executable(): string {
  program ??= process.env['GRINDER_BIN'] || buildIfStale();
  return program;
}

function buildIfStale(): string {
  const code = "import('./scripts/prepare.mjs').then((prepare) => prepare.ensureBuilt(process.cwd()))";
  const built = spawnSync('node', ['-e', code], { cwd: root, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the build failed: ${built.stderr}`);
  return join(root, 'dist/grinder');
}

let cache: string | null = null;

/** Removes what was unpacked; each test file ends with it, because the runner doesn't tell of its own end. */
export function dropCache(): void {
  if (cache !== null) rmSync(cache, { recursive: true, force: true });
  cache = null;
}

/** One unpacked program for all tests of a file: unpacking takes seconds. */
export function sharedCache(): string {
  if (cache === null) {
    const fresh = mkdtempSync(join(tmpdir(), 'grinder-e2e-cache-'));
    // Once, so that starts at the same time don't unpack each for itself.
    const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', GRINDER_CACHE_DIR: fresh };
    const first = spawnSync(executable(), ['--version'], { env, encoding: 'utf8' });
    if (first.status !== 0) throw new Error(`the executable doesn't start: ${first.stderr}`);
    cache = fresh;
  }
  return cache;
}
