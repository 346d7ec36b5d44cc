/**
 * The portable executable's first step: prints, a line each, the flags with which Deno then runs the program.
 *
 * It may read files and a few variables and has no other permission. For `smoke` and `sim` the first line is
 * `GRINDER_SMOKE_DIR=<fresh name>`, which the stub exports. What is wrong ends it with one paragraph and exit 78.
 */
import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCommandLine } from './argv.ts';
import { findUnsafePlace, type Inode } from './checks.ts';
import { launcherVariables } from './environment.ts';
import { configSearch, findConfig } from './find-config.ts';
import { permissionFlags } from './permissions.ts';
import { computePlaces } from './places.ts';
import { parseRegistryEntry } from './registry.ts';

launch();

function launch(): void {
  const argv = process.argv.slice(2);
  const cwd = process.cwd();
  const uid = process.getuid?.() ?? 0;
  const smokeDir = freshSmokeDir(readCommandLine(argv).verb);
  const env = { ...readableEnvironment(), GRINDER_SMOKE_DIR: smokeDir ?? undefined };
  const search = configSearch(argv, env, cwd);
  const places = computePlaces({ argv, env, cwd, uid, config: findConfig(search, readOrNull) });
  const unsafe = findUnsafePlace(places, uid, lstatOrNull);
  if (unsafe !== null) {
    refuse(unsafe);
    return;
  }
  try {
    const bundlePath = join(dirname(fileURLToPath(import.meta.url)), 'grinder.js');
    const sockets = places.registryDirs.flatMap((dir) => daemonSockets(dir, uid));
    const context = { env, bundlePath, configCandidates: search.candidates, sockets };
    const lines = permissionFlags(places, context);
    process.stdout.write(
      `${smokeDir === null ? '' : `GRINDER_SMOKE_DIR=${smokeDir}\n`}${lines.join('\n')}\n`,
    );
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    refuse(error.message);
  }
}

function refuse(message: string): void {
  process.stderr.write(`grinder: ${message}\n`);
  process.exitCode = 78;
}

function freshSmokeDir(verb: string): string | null {
  if (verb !== 'smoke' && verb !== 'sim') return null;
  const parent = process.env['TMPDIR']?.startsWith('/') ? process.env['TMPDIR'] : '/tmp';
  return join(parent, `grinder-smoke-${randomBytes(6).toString('hex')}`);
}

/** The variables that decide places, by name: enumerating them all would need permission for all. */
function readableEnvironment(): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(launcherVariables.map((name) => [name, process.env[name]]));
}

/** An unreadable configuration counts as absent here: the program, which reads it next, says what is wrong. */
function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function lstatOrNull(path: string): Inode | null {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  return {
    isSymbolicLink: stat.isSymbolicLink(),
    isDirectory: stat.isDirectory(),
    uid: stat.uid,
    mode: stat.mode & 0o7777,
  };
}

/** Only entries in a real directory of this user count: another's would name sockets of their choosing. */
function daemonSockets(dir: string, uid: number): readonly string[] {
  try {
    const inode = lstatOrNull(dir);
    if (inode === null || !inode.isDirectory || inode.uid !== uid || (inode.mode & 0o022) !== 0) return [];
    return readdirSync(dir).flatMap((name) => socketOf(dir, name));
  } catch {
    return [];
  }
}

function socketOf(dir: string, name: string): readonly string[] {
  if (name.endsWith('.sock')) return [join(dir, name)];
  if (!name.endsWith('.json')) return [];
  const entry = parseRegistryEntry(readOrNull(join(dir, name)) ?? '');
  return entry === null ? [] : [entry.socketPath];
}
