import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { writePortable } from '../../scripts/portable.ts';

/** A directory for one test with a small executable in it, whose runtime is a shell script. */
export type Fixture = {
  readonly dir: string;
  readonly executable: string;
  readonly cache: string;
  readonly run: (options?: RunOptions) => SpawnSyncReturns<string>;
  readonly remove: () => void;
};

export type RunOptions = {
  readonly file?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly cwd?: string;
};

/**
 * Stands for Deno: the launcher step prints flags, the program step tells how it was started, then passes on stdin.
 * The random tail makes it hard to compress, so that a small disk is full.
 */
const fakeRuntime = `#!/bin/sh
[ "$1" = --version ] && { [ ! -e "$0.broken" ]; exit; }
for word in "$@"; do case $word in
  */launch.js) cat >/dev/null; printf '%s\\n' --flag=one '/with space' '*'; exit "\${FAKE_LAUNCH_EXIT:-0}" ;;
esac; done
echo "pid=$$"
echo "options=\${NODE_OPTIONS:-none} \${DENO_CERT:-none} \${GRINDER_EXECUTABLE}"
echo "home=$HOME real=$GRINDER_HOME"
for word in "$@"; do echo "[$word]"; done
[ -z "\${FAKE_WAIT:-}" ] || { trap 'echo stopped; exit 9' TERM; echo waiting; while :; do sleep 0.05; done; }
cat
exit 5
`;

/** Builds the executable; `variables` stand in for the caller's environment, so nothing of the machine leaks in. */
export function createFixture(): Fixture {
  const dir = mkdtempSync(join(tmpdir(), 'grinder portable-'));
  const executable = join(dir, 'grinder');
  const cache = join(dir, 'cache');
  const runtime = join(dir, 'runtime');
  writeFileSync(runtime, Buffer.concat([Buffer.from(fakeRuntime), randomBytes(200_000)]));
  chmodSync(runtime, 0o755);
  writePortable(executable, {
    version: '0.0.0',
    runtime,
    bundle: 'program',
    launcher: 'launcher',
    stub: readFileSync(resolve(import.meta.dirname, '../../scripts/portable-stub.sh'), 'utf8'),
    launcherVariables: ['HOME'],
    cacheDir: join(dir, 'compressed'),
  });
  const run = (options: RunOptions = {}): SpawnSyncReturns<string> =>
    spawnSync(options.file ?? executable, options.args ?? [], {
      encoding: 'utf8',
      input: options.input ?? '',
      cwd: options.cwd ?? dir,
      env: { PATH: '/usr/bin:/bin', HOME: dir, ...(options.env ?? { GRINDER_CACHE_DIR: cache }) },
    });
  return { dir, executable, cache, run, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** Makes a directory with exactly this mode, whatever the umask. */
export function makeDir(path: string, mode: number): string {
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
  return path;
}
