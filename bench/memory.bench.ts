/** Resident memory of a daemon without a screen after an hour's worth of runs at the default pace. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { keyFiles } from './big-exchange.ts';
import { type BenchDaemon, endProcess, pause, startDaemon, until, untilStatus } from './daemon.ts';
import { type Config, executable, openSandbox, type Sandbox } from './executable.ts';
import { memoryOf } from './process.ts';
import { amount, bench, type Figure } from './table.ts';

const RUNS = 60;
const LIMIT_MB = 220;

await bench('memory', async () => {
  const sandbox = openSandbox();
  try {
    const embedded = await measure(sandbox, await sandbox.config('embedded'));
    const separate = await besideSimulator(sandbox);
    return [
      ...figures('headless, simulator inside', embedded),
      ...figures('headless, separate simulator', separate),
    ];
  } finally {
    sandbox.remove();
  }
});

interface Memory {
  readonly rssMb: number;
  readonly peakMb: number;
  readonly atStartMb: number;
}

function figures(name: string, { rssMb, peakMb, atStartMb }: Memory): readonly Figure[] {
  return [
    amount(
      `${name}: RSS after ${RUNS} runs`,
      rssMb,
      'MB',
      LIMIT_MB,
      `${atStartMb.toFixed(0)} after the first, ${peakMb.toFixed(0)} at most`,
    ),
  ];
}

async function measure(sandbox: Sandbox, config: Config): Promise<Memory> {
  const daemon = await startDaemon(sandbox, config);
  try {
    await untilRun(daemon, 1);
    const atStartMb = memoryOf(daemon.pid).rssMb;
    await untilRun(daemon, RUNS);
    return { ...memoryOf(daemon.pid), atStartMb };
  } finally {
    await daemon.close();
  }
}

/** The same against `grinder sim`, whose keys the bench chose. */
async function besideSimulator(sandbox: Sandbox): Promise<Memory> {
  const feed = join(sandbox.dir, 'separate/state/expected.jsonl');
  const keys = keyFiles(sandbox, 'separate', '', '');
  const simulator = spawn(
    executable,
    [
      'sim',
      '--feed',
      feed,
      '--api-key-file',
      keys['key_file'] ?? '',
      '--api-secret-file',
      keys['secret_file'] ?? '',
    ],
    { env: sandbox.env, cwd: sandbox.dir, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let said = '';
  simulator.stdout.on('data', (chunk) => {
    said += chunk;
  });
  try {
    const [, rest = '', ws = ''] = await until(() => /^rest (\S+)\nws (\S+)\n/.exec(said), 'the simulator');
    return await measure(
      sandbox,
      await sandbox.config('separate-daemon', { ...keyFiles(sandbox, 'separate', rest, ws), path: feed }),
    );
  } finally {
    await endProcess(simulator);
  }
}

/** By the run counter, so that a slow machine takes longer and measures the same. */
async function untilRun({ client }: BenchDaemon, count: number): Promise<void> {
  await untilStatus(client, ({ run }) => run.count >= count, `${count} runs`, 180_000);
  await pause(100);
}
