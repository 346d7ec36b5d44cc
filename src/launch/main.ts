/**
 * The portable executable's first step: prints, a line each, the flags with which Deno then runs the program.
 *
 * It may read files and a few variables and has no other permission. For `smoke` and `sim` the first line is
 * `GRINDER_SMOKE_DIR=<fresh name>`, which the stub exports. What is wrong ends it with one paragraph and exit 78.
 */
import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCommandLine } from './argv.ts';
import { findUnsafePlace, type Inode } from './checks.ts';
import { launcherVariables } from './environment.ts';
import { configSearch, findConfig } from './find-config.ts';
import { permissionFlags } from './permissions.ts';
import { computePlaces, type Places } from './places.ts';
import { parseHolder, parseRegistryEntry } from './registry.ts';
import { freshSmokeDir } from './smoke-dir.ts';

launch();

function launch(): void {
  const argv = process.argv.slice(2);
  const cwd = process.cwd();
  const uid = process.getuid?.() ?? 0;
  const { verb } = readCommandLine(argv);
  const suffix = randomBytes(6).toString('hex');
  const smokeDir = freshSmokeDir(verb, process.env['TMPDIR'], suffix, isDirectory);
  const env = { ...readableEnvironment(), GRINDER_SMOKE_DIR: smokeDir ?? undefined };
  const search = configSearch(argv, env, cwd);
  const places = computePlaces({ argv, env, cwd, uid, config: findConfig(search, readOrNull) });
  const unsafe = lookForUnsafePlace(places, uid);
  if (unsafe !== null) {
    refuse(unsafe);
    return;
  }
  try {
    const bundlePath = join(dirname(fileURLToPath(import.meta.url)), 'grinder.js');
    const daemons = [
      ...places.registryDirs.flatMap((dir) => registeredDaemons(dir, uid)),
      ...[places.accountsBase, ...places.otherAccountsBases].flatMap((base) =>
        holdingDaemons(join(base, 'accounts'), uid),
      ),
    ];
    const context = {
      env,
      bundlePath,
      configCandidates: search.candidates,
      sockets: daemons.map(({ socketPath }) => socketPath),
      stateDirs: daemons.flatMap(({ stateDir }) => (stateDir === null ? [] : [stateDir])),
    };
    const lines = permissionFlags(places, context);
    process.stdout.write(
      `${smokeDir === null ? '' : `GRINDER_SMOKE_DIR=${smokeDir}\n`}${lines.join('\n')}\n`,
    );
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    refuse(error.message);
  }
}

/** A place that can't even be looked at can't be used either. */
function lookForUnsafePlace(places: Places, uid: number): string | null {
  try {
    return findUnsafePlace(places, uid, lstatOrNull);
  } catch (error) {
    return `a place of this start can't be looked at: ${whyNot(error)}. Places are named by the configuration and by HOME, XDG_STATE_HOME and XDG_RUNTIME_DIR: name others that user ${uid} can reach.`;
  }
}

/** The runtime keeps every program from /proc, /dev and the like, and advises a flag that nobody here can give. */
function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const barred = /^Requires all access to (".*"), run again/.exec(error.message)?.[1];
  return barred === undefined
    ? error.message
    : `${barred} belongs to the system, which the runtime keeps closed`;
}

function refuse(message: string): void {
  process.stderr.write(`grinder: ${message}\n`);
  process.exitCode = 78;
}

/** The variables that decide places, by name: enumerating them all would need permission for all. */
function readableEnvironment(): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(launcherVariables.map((name) => [name, process.env[name]]));
}

/** An unreadable configuration counts as absent here: the program, which reads it next, says what is wrong. */
function readOrNull(path: string): string | null {
  try {
    return statSync(path).isFile() ? readFileSync(path, 'utf8') : null;
  } catch {
    return null;
  }
}

/** A temporary directory may be a link; what is made in it is ours. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
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

type Registered = { readonly socketPath: string; readonly stateDir: string | null };

/** Only entries in a real directory of this user count: another's would name sockets of their choosing. */
function registeredDaemons(dir: string, uid: number): readonly Registered[] {
  try {
    const inode = lstatOrNull(dir);
    if (inode === null || !inode.isDirectory || inode.uid !== uid || (inode.mode & 0o022) !== 0) return [];
    return readdirSync(dir).flatMap((name) => registeredAs(dir, name, uid));
  } catch {
    return [];
  }
}

/** Those that hold an account of this user, wherever their sockets are. */
function holdingDaemons(accounts: string, uid: number): readonly Registered[] {
  try {
    return readdirSync(accounts).flatMap((account) => {
      const holder = parseHolder(readOrNull(join(accounts, account, 'lock.sqlite.holder.json')) ?? '');
      if (holder === null) return [];
      const { socketPath, stateDir } = holder;
      return [{ socketPath, stateDir: stateDir === null ? null : ownDirectory(stateDir, uid) }];
    });
  } catch {
    return [];
  }
}

function registeredAs(dir: string, name: string, uid: number): readonly Registered[] {
  if (name.endsWith('.sock')) return [{ socketPath: join(dir, name), stateDir: null }];
  if (!name.endsWith('.json')) return [];
  const entry = parseRegistryEntry(readOrNull(join(dir, name)) ?? '');
  if (entry === null) return [];
  return [{ socketPath: entry.socketPath, stateDir: ownDirectory(entry.stateDir, uid) }];
}

/** A stop must not fail for one entry: what is no real directory of this user is passed over. */
function ownDirectory(path: string, uid: number): string | null {
  if (!path.startsWith('/') || /[\n\r\0]/.test(path)) return null;
  try {
    const inode = lstatOrNull(path);
    return inode?.isDirectory === true && inode.uid === uid ? path : null;
  } catch {
    return null;
  }
}
