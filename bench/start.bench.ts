/** From exec to something useful: a version, metrics, a first frame. All starts are warm. */
import { spawnSync } from 'node:child_process';
import { startDaemon, until } from './daemon.ts';
import { type Config, executable, openSandbox, type Sandbox } from './executable.ts';
import { openPty } from './pty.ts';
import { bench, timing } from './table.ts';

const RUNS = 15;
const STOP_KEY_SHOWN = /Ctrl\+X/;

await bench('start', async () => {
  const sandbox = openSandbox();
  try {
    const config = await sandbox.config('start');
    const headless = await repeat(() => headlessStart(sandbox, config));
    const screens = await repeat(() => screenStart(sandbox, config));
    const versions = await repeat(async () => versionStart(sandbox));
    const attached = await attachStarts(sandbox, config);
    return [
      timing('run --headless: exec to /metrics', headless, 'ms', { of: 'p95', below: 1500 }),
      timing(
        'run: exec to first frame',
        screens.map(({ frameMs }) => frameMs),
        'ms',
        { of: 'p95', below: 900 },
      ),
      timing(
        'run: /metrics to first frame',
        screens.map(({ afterMetricsMs }) => afterMetricsMs),
        'ms',
        {
          of: 'p95',
          below: 500,
        },
      ),
      timing('attach: exec to first frame', attached, 'ms', { of: 'p95', below: 900 }),
      timing('--version: exec to exit', versions, 'ms'),
    ];
  } finally {
    sandbox.remove();
  }
});

async function headlessStart(sandbox: Sandbox, config: Config): Promise<number> {
  const daemon = await startDaemon(sandbox, config);
  await daemon.close();
  return daemon.startedInMs;
}

async function screenStart(sandbox: Sandbox, config: Config) {
  const startedAt = performance.now();
  const pty = openPty([executable, 'run', '--config', config.path], { env: sandbox.env, cwd: config.dir });
  try {
    const frame = pty.see(STOP_KEY_SHOWN);
    const metricsAt = await until(
      async () => ((await isUp(config.metricsUrl)) ? performance.now() : null),
      'the metrics',
    );
    const frameAt = await frame;
    return { frameMs: frameAt - startedAt, afterMetricsMs: Math.max(0, frameAt - metricsAt) };
  } finally {
    await pty.close();
  }
}

async function attachStarts(sandbox: Sandbox, config: Config): Promise<readonly number[]> {
  const daemon = await startDaemon(sandbox, config);
  try {
    return await repeat(async () => {
      const startedAt = performance.now();
      const pty = openPty([executable, 'attach', '--config', config.path], {
        env: sandbox.env,
        cwd: config.dir,
      });
      try {
        return (await pty.see(STOP_KEY_SHOWN)) - startedAt;
      } finally {
        await pty.close();
      }
    });
  } finally {
    await daemon.close();
  }
}

function versionStart(sandbox: Sandbox): number {
  const startedAt = performance.now();
  const done = spawnSync(executable, ['--version'], { env: sandbox.env });
  if (done.status !== 0) throw new Error(`--version: exit ${done.status}`);
  return performance.now() - startedAt;
}

async function isUp(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

/** One start that isn't counted warms the code cache of this verb. */
async function repeat<T>(measure: () => Promise<T>): Promise<readonly T[]> {
  await measure();
  const samples: T[] = [];
  for (let run = 0; run < RUNS; run += 1) samples.push(await measure());
  return samples;
}
