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
  let isLost = false;
  const stderr = (text: string): void => {
    isLost = tryWrite(process.stderr, text) !== null || isLost;
  };
  // A full disk behind an output must not end what runs. It is said when it happens: a verb that follows may go on for days.
  const stdout = (text: string): void => {
    const why = tryWrite(process.stdout, text);
    if (why !== null && !isLost) stderr(`grinder: output was lost: ${why}\n`);
    isLost ||= why !== null;
  };
  const exitCode = await runCli(process.argv.slice(2), {
    stdout,
    stderr,
    env: process.env,
    cwd: process.cwd(),
    uid: process.getuid?.() ?? 0,
    isTTY: process.stdout.isTTY === true,
    extraCommands: [runCommand, smokeCommand, doctorCommand],
  });
  const hasFailed = isLost && wasToPrint(process.argv.slice(2));
  process.exit(exitCode === 0 && hasFailed ? 1 : exitCode);
}

/** Says why nothing was written; null when it was. */
function tryWrite(stream: NodeJS.WriteStream, text: string): string | null {
  try {
    stream.write(text);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
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
