/** The screen: how soon a key shows, what it costs a core, and how much it writes. `attach` is a process of its own. */
import { type BenchDaemon, pause, startDaemon, untilStatus } from './daemon.ts';
import { type Config, executable, openSandbox, type Sandbox } from './executable.ts';
import { cpuSeconds, memoryOf } from './process.ts';
import { openPty, type Pty } from './pty.ts';
import { amount, bench, type Figure, timing } from './table.ts';

const KEYS = 60;
const WATCH_MS = 30_000;
const HELP = /Lowering is always free/;

await bench('tui', async () => {
  const sandbox = openSandbox();
  try {
    const config = await sandbox.config('tui');
    const daemon = await startDaemon(sandbox, config);
    try {
      await untilStatus(daemon.client, ({ run }) => run.count > 1, 'a run');
      const alone = await cpuShare(daemon.pid);
      const attached = await onScreen(sandbox, config, 'attach', (pty) => screenFigures(pty, daemon));
      return [...attached, amount('daemon beside it: CPU of a core without a screen', alone, '%')];
    } finally {
      await daemon.close();
    }
  } finally {
    sandbox.remove();
  }
});

async function screenFigures(pty: Pty, daemon: BenchDaemon): Promise<readonly Figure[]> {
  const { opened, closed } = await keyTimes(pty);
  const bytesBefore = pty.bytes();
  const daemonBefore = cpuSeconds(daemon.pid);
  const cpu = await cpuShare(pty.pid);
  const bytesPerSecond = (pty.bytes() - bytesBefore) / (WATCH_MS / 1000);
  const daemonShare = ((cpuSeconds(daemon.pid) - daemonBefore) / (WATCH_MS / 1000)) * 100;
  return [
    timing('key to screen: help opens', opened, 'ms', { of: 'p95', below: 50 }),
    timing('key to screen: help closes', closed, 'ms', { of: 'p95', below: 50 }),
    amount('attach: CPU of a core at 4 Hz', cpu, '%', 5),
    amount('attach: bytes a second at 80x24', bytesPerSecond, 'B', 4096),
    amount('attach: RSS', memoryOf(pty.pid).rssMb, 'MB'),
    amount('daemon with it: CPU of a core', daemonShare, '%'),
  ];
}

/** At any moment of the screen's own pace, one key at a time. */
async function keyTimes(pty: Pty) {
  const opened: number[] = [];
  const closed: number[] = [];
  for (let key = 0; key < KEYS; key += 1) {
    await pause(500 + Math.random() * 250);
    const openAt = pty.write('?');
    opened.push((await pty.see(HELP)) - openAt);
    await pause(500 + Math.random() * 250);
    const closeAt = pty.write('?');
    closed.push((await pty.gone(HELP)) - closeAt);
  }
  return { opened, closed };
}

async function cpuShare(pid: number): Promise<number> {
  const before = cpuSeconds(pid);
  await pause(WATCH_MS);
  return ((cpuSeconds(pid) - before) / (WATCH_MS / 1000)) * 100;
}

async function onScreen<T>(
  sandbox: Sandbox,
  config: Config,
  verb: 'attach',
  measure: (pty: Pty) => Promise<T>,
): Promise<T> {
  const pty = openPty([executable, verb, '--config', config.path], { env: sandbox.env, cwd: config.dir });
  try {
    await pty.see(/LINK OK/);
    return await measure(pty);
  } finally {
    await pty.close();
  }
}
