/** A daemon of the built executable, without a screen, and what it tells about itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ControlClient, connectControl } from '../src/control/client.ts';
import type { StatusDocument } from '../src/control/protocol.ts';
import { type Config, executable, type Sandbox } from './executable.ts';

/** A running daemon; `startedInMs` is from exec to the first answer of /metrics. */
export interface BenchDaemon {
  readonly pid: number;
  readonly config: Config;
  readonly socketPath: string;
  readonly client: ControlClient;
  readonly startedInMs: number;
  readonly close: () => Promise<void>;
}

/** Starts one and waits until it answers; rejects with what it said when it ends before. */
export async function startDaemon(sandbox: Sandbox, config: Config): Promise<BenchDaemon> {
  const startedAt = performance.now();
  const child = spawn(executable, ['run', '--headless', '--config', config.path], {
    cwd: config.dir,
    env: sandbox.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-4000);
  });
  try {
    await until(() => {
      if (child.exitCode !== null) throw new Error(`the daemon ended with ${child.exitCode}: ${said}`);
      return answers(config.metricsUrl);
    }, 'the metrics');
    const startedInMs = performance.now() - startedAt;
    const socketPath = await until(() => socketOf(sandbox, config), 'the control socket');
    const client = connectControl(socketPath);
    const close = async (): Promise<void> => {
      client.close();
      await endProcess(child);
    };
    return { pid: child.pid ?? 0, config, socketPath, client, startedInMs, close };
  } catch (error) {
    await endProcess(child);
    throw error;
  }
}

/** The daemon's socket as its registry names it; null before it is there. */
export function socketOf(sandbox: Sandbox, config: Config): string | null {
  const dir = join(sandbox.dir, 'run/grinder');
  const names = existsSync(dir) ? readdirSync(dir).filter((name) => name.endsWith('.json')) : [];
  for (const name of names) {
    const entry: unknown = JSON.parse(readFileSync(join(dir, name), 'utf8'));
    if (isEntry(entry) && entry.config_path === config.path) return entry.socket_path;
  }
  return null;
}

/** Waits until the status is as wanted. */
export function untilStatus(
  client: ControlClient,
  wanted: (status: StatusDocument) => boolean,
  what: string,
  limitMs = 60_000,
): Promise<StatusDocument> {
  return until(
    async () => {
      const status = await client.status();
      return wanted(status) ? status : null;
    },
    what,
    limitMs,
    50,
  );
}

/**
 * The next so many runs' durations in ms, as the status tells them; the metrics hold the same figures in buckets. Rejects
 * when the daemon runs without its audit, which would be another run.
 */
export async function runTimes(client: ControlClient, runs: number): Promise<readonly number[]> {
  const samples = new Map<number, number>();
  const ran = (status: StatusDocument): boolean => status.run.last_duration_ms !== null;
  const { run, gates } = await untilStatus(client, ran, 'a first run');
  const audit = gates.find(({ gate }) => gate === 'audit_unavailable');
  if (audit?.state !== 'open') throw new Error(`the daemon has no audit: ${audit?.value ?? 'no such gate'}`);
  const stream = client.stream({
    onStatus: ({ run: { count, last_duration_ms } }) => {
      if (count > run.count && last_duration_ms !== null) samples.set(count, last_duration_ms);
    },
    onUp: () => undefined,
    onDown: () => undefined,
  });
  try {
    await until(() => samples.size >= runs, `${runs} runs`, 120_000, 100);
  } finally {
    stream.close();
  }
  return [...samples.values()];
}

/** Clears the latch that is in force and asks for a stage again. */
export async function clearLatch(client: ControlClient, stage: 0 | 1 = 0): Promise<void> {
  const { latch } = await untilStatus(client, (status) => status.latch.id !== null, 'a latch');
  const operator = 'bench';
  const cleared = await client.command('clear-stop', { operator, latch_id: latch.id ?? '' });
  if (!cleared.ok) throw new Error(`clear-stop: ${cleared.message}`);
  if (stage > 0) await askStage(client, stage);
}

/** Asks for a stage under the settings as they are; rejects when that is refused. */
export async function askStage(client: ControlClient, stage: 0 | 1 | 2): Promise<void> {
  const { daemon } = await client.status();
  const { config_digest } = daemon;
  const asked = await client.command('stage', { operator: 'bench', stage, config_digest });
  if (!asked.ok && asked.exit_code !== PENDING) throw new Error(`stage ${stage}: ${asked.message}`);
}

/** The answer to a stage that is entered once it is earned. */
const PENDING = 75;

/** Polls every few milliseconds until there is something; rejects after the limit. */
export async function until<T>(
  check: () => T | null | false | Promise<T | null | false>,
  what: string,
  limitMs = 30_000,
  everyMs = 5,
): Promise<T> {
  const giveUpAt = performance.now() + limitMs;
  while (performance.now() < giveUpAt) {
    const value = await check();
    if (value !== null && value !== false) return value;
    await pause(everyMs);
  }
  throw new Error(`waited ${limitMs} ms for ${what}`);
}

/** Waits. */
export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** SIGTERM, and SIGKILL when that takes too long. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  const limit = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(limit);
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}

function isEntry(value: unknown): value is { readonly config_path: string; readonly socket_path: string } {
  return typeof value === 'object' && value !== null && 'config_path' in value && 'socket_path' in value;
}
