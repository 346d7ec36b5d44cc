/** The built executable in a directory of its own: configurations, daemons, command lines, metrics, and the clean-up. */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ControlClient, connectControl } from '../../src/control/client.ts';
import type { StatusDocument } from '../../src/control/protocol.ts';
import { type Canary, findCanary, plantCanary } from './canary.ts';
import { executable, sharedCache } from './executable.ts';
import { freePort } from './free-port.ts';
import { launch, type Ran, type Running } from './process.ts';
import { type ConfigChange, quickConfig } from './quick-config.ts';

/** A number of milliseconds that is enough on a busy machine: the limit of a wait, never a pause. */
export const PATIENCE_MS = 90_000;

/** A daemon that has told that it is ready. */
export interface RunningDaemon extends Running {
  readonly client: ControlClient;
  readonly status: () => Promise<StatusDocument>;
  /** Polls the status until it holds; throws with the stage's state when it never does. */
  readonly when: (what: string, holds: (status: StatusDocument) => boolean) => Promise<StatusDocument>;
}

/** One test's machine: its own home, runtime directory, configuration and metrics port. */
export interface Machine extends AsyncDisposable {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly configPath: string;
  readonly stateDir: string;
  readonly auditPath: string;
  readonly logPath: string;
  readonly runtimeDir: string;
  readonly metricsUrl: string;
  readonly program: string;
  /** In the configuration as key and secret; the machine's end fails when anything else holds them. */
  readonly canary: Canary;
  readonly writeConfig: (change?: ConfigChange, path?: string) => void;
  /** Runs one command line to its end. */
  readonly grinder: (args: readonly string[], setting?: RunSetting) => Promise<Ran>;
  /** Starts without waiting. */
  readonly spawn: (args: readonly string[], setting?: RunSetting) => Running;
  /** Starts `run --headless` and waits until it is ready. */
  readonly start: (setting?: RunSetting) => Promise<RunningDaemon>;
  /** Connects to the daemon that a registry entry names; null without one. */
  readonly registered: () => readonly Registered[];
  readonly metrics: () => Promise<string>;
  /** Sums a metric's series (name without prefix), of one label text when given. */
  readonly metric: (name: string, label?: string) => Promise<number>;
  readonly audit: () => readonly Readonly<Record<string, unknown>>[];
  readonly log: () => string;
  /** Sockets and registry entries in the runtime directory. */
  readonly leftovers: () => readonly string[];
}

export interface Registered {
  readonly pid: number;
  readonly socketPath: string;
}

export interface RunSetting {
  readonly env?: Readonly<Record<string, string>>;
  readonly config?: string;
  readonly cwd?: string;
  /** Leaves --config out. */
  readonly noConfig?: boolean;
}

/** Makes a machine; `uid` (root only) gives it to another user, under whom everything then runs. */
export async function createMachine(setting: { readonly uid?: number } = {}): Promise<Machine> {
  const { uid } = setting;
  const dir = mkdtempSync(join(tmpdir(), 'grinder-e2e-'));
  const runtimeHome = join(dir, 'run');
  for (const path of [dir, runtimeHome, join(dir, 'home'), join(dir, 'tmp')]) own(path, uid);
  const env = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: join(dir, 'home'),
    TMPDIR: join(dir, 'tmp'),
    XDG_RUNTIME_DIR: runtimeHome,
    XDG_STATE_HOME: join(dir, 'home/state'),
    GRINDER_CACHE_DIR: uid === undefined ? sharedCache() : own(join(dir, 'cache'), uid),
    USER: 'ann',
    LANG: 'C.UTF-8',
  };
  const port = await freePort();
  const canary = plantCanary(dir);
  if (uid !== undefined) for (const path of [canary.keyFile, canary.secretFile]) chownSync(path, uid, uid);
  // The project may be in a place that the other user can't enter.
  const file = uid === undefined ? executable() : join(dir, 'grinder');
  if (uid !== undefined) copyFileSync(executable(), file);
  const [configPath, stateDir] = [join(dir, 'config.yaml'), join(dir, 'state')];
  const [auditPath, logPath] = [join(dir, 'audit/reconcile.jsonl'), join(dir, 'logs/app.log')];
  const runtimeDir = join(runtimeHome, 'grinder');
  const metricsUrl = `http://127.0.0.1:${port}/metrics`;
  const children: Running[] = [];
  const clients: ControlClient[] = [];

  const spawn = (args: readonly string[], one: RunSetting = {}): Running => {
    const child = launch([file, ...args], {
      cwd: one.cwd ?? dir,
      env: { ...env, ...one.env },
      ...(uid === undefined ? {} : { uid }),
    });
    children.push(child);
    return child;
  };
  const withConfig = (args: readonly string[], one: RunSetting): readonly string[] =>
    one.noConfig === true || args.some((word) => word.startsWith('--config'))
      ? args
      : [...args, '--config', one.config ?? configPath];
  const registered = (): readonly Registered[] =>
    filesIn(runtimeDir)
      .filter((name) => name.endsWith('.json'))
      .map((name) => {
        const entry = JSON.parse(readFileSync(join(runtimeDir, name), 'utf8'));
        return { pid: entry.pid, socketPath: entry.socket_path };
      });
  const metrics = async (): Promise<string> => (await fetch(metricsUrl)).text();

  const start = async (one: RunSetting = {}): Promise<RunningDaemon> => {
    const child = spawn(withConfig(['run', '--headless'], one), one);
    const up = await waitFor(`a daemon that runs`, async () => {
      if (child.exitCode() !== null)
        throw new Error(`the daemon ended with ${child.exitCode()}: ${child.err()}${child.out()}`);
      return registered().find(({ pid }) => pid === child.pid) ?? null;
    });
    const client = connectControl(up.socketPath);
    clients.push(client);
    const when: RunningDaemon['when'] = async (what, holds) => {
      let last: StatusDocument | null = null;
      try {
        return await waitFor(what, async () => {
          last = await client.status();
          return holds(last) ? last : null;
        });
      } catch (error) {
        throw new Error(`${String(error)}\n${JSON.stringify(last, null, 1).slice(0, 6000)}\n${child.err()}`);
      }
    };
    await when('a ready daemon', (status) => status.daemon.ready);
    return Object.assign(child, { client, status: client.status, when });
  };

  const machine: Machine = {
    ...{ canary, dir, env, configPath, stateDir, auditPath, logPath, runtimeDir, metricsUrl, program: file },
    writeConfig: (change = {}, path = configPath) => {
      writeFileSync(path, quickConfig({ port, canary }, change));
      if (uid !== undefined) chownSync(path, uid, uid);
    },
    grinder: async (args, one = {}) => spawn(args[0] === 'smoke' ? args : withConfig(args, one), one).ended,
    spawn: (args, one) => spawn(args, one),
    start,
    registered,
    metrics,
    metric: async (name, label = '') => sumMetric(await metrics(), name, label),
    audit: () => jsonLines(auditPath),
    log: () => (existsSync(logPath) ? readFileSync(logPath, 'utf8') : ''),
    leftovers: () => filesIn(runtimeDir).filter((name) => /\.(sock|json|tmp|notify)$/.test(name)),
    [Symbol.asyncDispose]: async () => {
      const answers = await answersOf(clients, metricsUrl);
      const directories = [dir, `/tmp/grinder-${uid ?? process.getuid?.() ?? 0}`];
      const alive = findCanary(canary, { directories: [], children, answers });
      for (const client of clients) client.close();
      for (const child of children) if (child.exitCode() === null) child.kill('SIGKILL');
      await Promise.all(children.map(({ ended }) => ended));
      // Those that run_live.sh started are nobody's children.
      for (const { pid } of registered()) endStranger(pid);
      const dead = findCanary(canary, { directories, children, answers: {} });
      rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
      const leaks = [...new Set([...alive, ...dead])];
      if (leaks.length > 0) throw new Error(`the key or its secret is in: ${leaks.join(', ')}`);
    },
  };
  machine.writeConfig();
  return machine;
}

/** Polls until the check gives something; throws when it never does. */
export async function waitFor<T>(
  what: string,
  check: () => T | null | Promise<T | null>,
  limitMs = PATIENCE_MS,
): Promise<T> {
  const giveUpAt = performance.now() + limitMs;
  while (performance.now() < giveUpAt) {
    const value = await check();
    if (value !== null && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  throw new Error(`waited in vain for ${what}`);
}

/** Sums the series of one metric in a scrape. */
export function sumMetric(text: string, name: string, label = ''): number {
  return text
    .split('\n')
    .map((line) => /^grinder_reconcile_([a-z_]+)(\{[^}]*\})? (\S+)$/.exec(line))
    .filter((match) => match?.[1] === name && (match[2] ?? '').includes(label))
    .reduce((sum, match) => sum + Number(match?.[3]), 0);
}

/** True while a process of this id is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie still answers: it is gone as far as anybody is concerned.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** What daemons that still serve say on their sockets. */
async function answersOf(
  clients: readonly ControlClient[],
  metricsUrl: string,
): Promise<Readonly<Record<string, string>>> {
  const ask = async (question: Promise<unknown>): Promise<string> => {
    const limit = new Promise<string>((resolve) => setTimeout(() => resolve(''), 1000));
    const answer = question.then(
      (value) => JSON.stringify(value),
      () => '',
    );
    return Promise.race([answer, limit]);
  };
  const statuses = await Promise.all(clients.map((client) => ask(client.status())));
  const metrics = await ask(fetch(metricsUrl).then((reply) => reply.text()));
  return { 'a status document': statuses.join('\n'), '/metrics': metrics };
}

function own(path: string, uid: number | undefined): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
  if (uid !== undefined) chownSync(path, uid, uid);
  return path;
}

function filesIn(path: string): readonly string[] {
  return existsSync(path) ? readdirSync(path).sort() : [];
}

function jsonLines(path: string): readonly Readonly<Record<string, unknown>>[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

function endStranger(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
