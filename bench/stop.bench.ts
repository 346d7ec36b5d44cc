/** From the stop to the latch: by key, socket and signal, while runs go on, terminals hang and the account is large. */

import { connectControl } from '../src/control/client.ts';
import { startBigExchange } from './big-exchange.ts';
import {
  askStage,
  type BenchDaemon,
  clearLatch,
  pause,
  socketOf,
  startDaemon,
  until,
  untilStatus,
} from './daemon.ts';
import { type Config, executable, openSandbox, type Sandbox } from './executable.ts';
import { latchTimes, runsAgain } from './latches.ts';
import { openPty, type Pty } from './pty.ts';
import { bench, type Figure, timing } from './table.ts';

const STOPS = 40;
const CTRL_X = '\x18';
const LIMIT = { of: 'p99', below: 50 } as const;
const STRAYS = 150;
const INTERVAL_MS = 1000;

await bench(
  'stop',
  () => inSandbox(headless),
  () => inSandbox(async (sandbox) => [await ownScreen(sandbox)]),
  () => inSandbox(async (sandbox) => [await attached(sandbox)]),
  () => inSandbox(async (sandbox) => [await large(sandbox)]),
  () => inSandbox(async (sandbox) => [await writing(sandbox)]),
);

/** Each part has a sandbox, and so a latch and an audit, of its own. */
async function inSandbox(
  measure: (sandbox: Sandbox) => Promise<readonly Figure[]>,
): Promise<readonly Figure[]> {
  const sandbox = openSandbox();
  try {
    return await measure(sandbox);
  } finally {
    sandbox.remove();
  }
}

async function headless(sandbox: Sandbox): Promise<readonly Figure[]> {
  const daemon = await startDaemon(sandbox, await sandbox.config('headless'));
  try {
    await toStage1(daemon);
    const acks = await ackTimes(daemon);
    const bySignal = await latchTimes(
      { ...target(daemon), press: () => process.kill(daemon.pid, 'SIGUSR2') },
      STOPS,
    );
    return [
      timing('socket: stop sent to acknowledged', acks, 'ms', LIMIT),
      timing('SIGUSR2 to the latch in the audit', bySignal, 'ms', LIMIT),
    ];
  } finally {
    await daemon.close();
  }
}

/** The screen and the engine in one process, as `grinder run` on a terminal has them. */
async function ownScreen(sandbox: Sandbox): Promise<Figure> {
  const config = await sandbox.config('own');
  return withScreen(sandbox, config, { verb: 'run', isRead: true }, async (pty) => {
    const socketPath = await until(() => socketOf(sandbox, config), 'the control socket');
    const client = connectControl(socketPath);
    const times = await latchTimes(
      { client, auditPath: config.auditPath, press: () => pty.write(CTRL_X) },
      STOPS,
    );
    client.close();
    return timing('run: Ctrl+X to the latch in the audit', times, 'ms', LIMIT);
  });
}

/** A terminal that nobody reads: its buffer is full, and the stop key still works. */
async function attached(sandbox: Sandbox): Promise<Figure> {
  const config = await sandbox.config('unread');
  const daemon = await startDaemon(sandbox, config);
  try {
    await toStage1(daemon);
    return await withScreen(sandbox, config, { verb: 'attach', isRead: false }, async (pty) => {
      // At some 2 KB a second and 4 KB of buffer the terminal is full by then.
      await pause(6000);
      const times = await latchTimes({ ...target(daemon), press: () => pty.write(CTRL_X) }, STOPS);
      return timing('attach, terminal not read: Ctrl+X to the latch', times, 'ms', LIMIT);
    });
  } finally {
    await daemon.close();
  }
}

async function large(sandbox: Sandbox): Promise<Figure> {
  const exchange = await startBigExchange(sandbox, 'large', { orders: 10_000 });
  const daemon = await startDaemon(sandbox, exchange.config);
  try {
    await toStage1(daemon);
    return await withScreen(sandbox, exchange.config, { verb: 'attach', isRead: true }, async (pty) => {
      const times = await latchTimes({ ...target(daemon), press: () => pty.write(CTRL_X) }, STOPS);
      return timing('attach, 10000 orders: Ctrl+X to the latch', times, 'ms', LIMIT);
    });
  } finally {
    await daemon.close();
    await exchange.close();
  }
}

/** A run that plans much writes two lines a plan; the stop comes while it does. */
async function writing(sandbox: Sandbox): Promise<Figure> {
  const config = await sandbox.config('writing', {
    dwell_ms: '1000',
    requested_stage: '2',
    stray_every_ms: '0',
    position_every_ms: '0',
    // Strays that are confirmed are a mass mismatch, which holds at stage 1.
    confirm_after_ms: '600000',
  });
  const daemon = await startDaemon(sandbox, config);
  const { client } = daemon;
  try {
    for (let stray = 0; stray < STRAYS; stray += 1)
      await client.command('inject-mismatch', { operator: 'bench', real: true });
    const samples: number[] = [];
    for (let stop = 0; stop < STOPS; stop += 1) {
      await untilStatus(client, ({ counters }) => counters.last_run.planned >= STRAYS / 2, 'plans', 90_000);
      await pause(Math.random() * INTERVAL_MS);
      samples.push(await ackTime(daemon));
      await clearLatch(client);
      await askStage(client, 2);
    }
    return timing(`stage 2, ${STRAYS} plans a run: stop sent to acknowledged`, samples, 'ms', LIMIT);
  } finally {
    await daemon.close();
  }
}

async function ackTimes(daemon: BenchDaemon): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let stop = 0; stop < STOPS; stop += 1) {
    await runsAgain(daemon.client);
    await pause(Math.random() * INTERVAL_MS);
    samples.push(await ackTime(daemon));
    await clearLatch(daemon.client, 1);
  }
  return samples;
}

async function ackTime({ client }: BenchDaemon): Promise<number> {
  const sentAt = performance.now();
  const { ok, message } = await client.sendStop({ operator: 'bench', reason: 'bench' }).ack;
  if (!ok) throw new Error(`stop: ${message}`);
  return performance.now() - sentAt;
}

async function withScreen(
  sandbox: Sandbox,
  config: Config,
  how: { readonly verb: 'run' | 'attach'; readonly isRead: boolean },
  measure: (pty: Pty) => Promise<Figure>,
): Promise<Figure> {
  const pty = openPty([executable, how.verb, '--config', config.path], {
    env: sandbox.env,
    cwd: config.dir,
    isRead: how.isRead,
  });
  try {
    if (how.isRead) await pty.see(/LINK OK/);
    return await measure(pty);
  } finally {
    await pty.close();
  }
}

function target({ client, config }: BenchDaemon) {
  return { client, auditPath: config.auditPath };
}

async function toStage1({ client }: BenchDaemon): Promise<void> {
  await untilStatus(client, ({ stage, run }) => stage.in_force >= 1 && run.count > 0, 'a run in stage 1');
}
