/** Composition root: the command line in the main thread, one role in every other thread. */
import { isMainThread, workerData } from 'node:worker_threads';
import type { ControlThreadData } from './daemon/thread.ts';
import type { ExchangeThreadData } from './exchange/rpc.ts';
import type { SimulatorThreadData } from './simulator/thread.ts';

// Refused before anything else: some runtimes answer SIGUSR1 by opening a debugger (see docs/DECISIONS.md).
process.on('SIGUSR1', () => undefined);

type ThreadData = ControlThreadData | ExchangeThreadData | SimulatorThreadData;

if (isMainThread) await runMain();
else await runThread(workerData as ThreadData);

async function runMain(): Promise<void> {
  // Who closes the other end of a pipe ends no daemon; a verb that only prints is soon over.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const { runCli } = await import('./cli/cli.ts');
  const { wasToPrint } = await import('./cli/print.ts');
  const { doctorCommand } = await import('./cli/doctor.ts');
  const { runCommand } = await import('./cli/run.ts');
  const { smokeCommand } = await import('./cli/smoke.ts');
  const lost: string[] = [];
  // A full disk behind an output must not end what runs; a verb that could only print has failed.
  const writer = (stream: NodeJS.WriteStream) => (text: string) => {
    try {
      stream.write(text);
    } catch (error) {
      lost.push(error instanceof Error ? error.message : String(error));
    }
  };
  const stderr = writer(process.stderr);
  const exitCode = await runCli(process.argv.slice(2), {
    stdout: writer(process.stdout),
    stderr,
    env: process.env,
    cwd: process.cwd(),
    uid: process.getuid?.() ?? 0,
    isTTY: process.stdout.isTTY === true,
    extraCommands: [runCommand, smokeCommand, doctorCommand],
  });
  if (lost.length > 0) stderr(`grinder: output was lost: ${lost[0]}\n`);
  const hasFailed = lost.length > 0 && wasToPrint(process.argv.slice(2));
  process.exit(exitCode === 0 && hasFailed ? 1 : exitCode);
}

async function runThread(data: ThreadData): Promise<void> {
  switch (data.role) {
    case 'control':
      return (await import('./daemon/thread.ts')).runControlThread(data);
    case 'exchange':
      return (await import('./exchange/thread.ts')).runExchangeThread(data);
    case 'simulator':
      return (await import('./simulator/thread.ts')).runSimulatorThread(data);
  }
}
