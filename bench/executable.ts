/** The built executable, and a machine of its own to run it on. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findDeno } from '../scripts/runtimes.mjs';

const root = resolve(import.meta.dirname, '..');

/** Where the executable is; GRINDER_BENCH_EXECUTABLE names another one than dist/grinder. */
export const executable = process.env['GRINDER_BENCH_EXECUTABLE'] ?? join(root, 'dist/grinder');

/** A directory with a home, a runtime directory and configurations; nothing outside it is touched. */
export interface Sandbox {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Writes a configuration of its own directory: the example's, its lines replaced by `changes`. */
  readonly config: (name: string, changes?: Readonly<Record<string, string>>) => Promise<Config>;
  readonly remove: () => void;
}

/** A configuration with a free metrics port. */
export interface Config {
  readonly path: string;
  readonly dir: string;
  readonly metricsUrl: string;
  readonly auditPath: string;
  readonly feedPath: string;
}

/** Makes the sandbox, builds the executable when there is none, and starts it once so that it is unpacked. */
export function openSandbox(): Sandbox {
  if (!existsSync(executable)) run('node', [join(root, 'scripts/run.mjs'), 'build'], process.env);
  const dir = mkdtempSync(join(tmpdir(), 'grinder-bench-'));
  for (const name of ['home', 'run']) mkdirSync(join(dir, name), { mode: 0o700 });
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: join(dir, 'home'),
    XDG_RUNTIME_DIR: join(dir, 'run'),
    USER: 'bench',
    TERM: 'xterm-256color',
    LANG: 'C.UTF-8',
  };
  // Twice: the second start leaves the code cache behind.
  for (let start = 0; start < 2; start += 1) run(executable, ['--version'], env);
  return {
    dir,
    env,
    config: (name, changes = {}) => writeConfig(join(dir, name), changes),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** The version of the Deno inside, as `--version` of the pinned one tells it. */
export function denoVersion(): string {
  const deno = spawnSync(findDeno(root), ['--version'], { encoding: 'utf8' });
  return /^deno (\S+)/.exec(deno.stdout ?? '')?.[1] ?? 'unknown';
}

async function writeConfig(dir: string, changes: Readonly<Record<string, string>>): Promise<Config> {
  mkdirSync(dir, { mode: 0o700 });
  const port = await freePort();
  const all = { interval_ms: '1000', listen: `127.0.0.1:${port}`, ...changes };
  let text = readFileSync(join(root, 'config.example.yaml'), 'utf8');
  for (const [key, value] of Object.entries(all)) {
    const line = new RegExp(`^( *)(?:# )?${key}:.*$`, 'm');
    if (!line.test(text)) throw new Error(`config.example.yaml has no ${key}`);
    text = text.replace(line, (_all, indent: string) => `${indent}${key}: ${value}`);
  }
  const path = join(dir, 'config.yaml');
  writeFileSync(path, text, { mode: 0o600 });
  return {
    path,
    dir,
    metricsUrl: `http://127.0.0.1:${port}/metrics`,
    auditPath: join(dir, 'audit/reconcile.jsonl'),
    feedPath: join(dir, 'state/expected.jsonl'),
  };
}

function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv): void {
  const done = spawnSync(file, args, { env, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${file} ${args.join(' ')}: exit ${done.status}\n${done.stderr}`);
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => done(port));
    });
  });
}
