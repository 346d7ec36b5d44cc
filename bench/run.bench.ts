/** One run: what the engine computes, and the whole of it in the daemon. */
import { startBigExchange } from './big-exchange.ts';
import { runTimes, startDaemon, untilStatus } from './daemon.ts';
import { openSandbox, type Sandbox } from './executable.ts';
import { engineRun, picture } from './orders.ts';
import { bench, type Figure, timing } from './table.ts';

const ENGINE_RUNS = 100;
const WARM_UP_RUNS = 20;
const DAEMON_RUNS = 30;

await bench('run', async () => {
  const sandbox = openSandbox();
  try {
    return [
      engine(1000, 0, 100),
      engine(800, 200, 100),
      engine(10_000, 0, null),
      engine(9800, 200, null),
      await embedded(sandbox),
      await big(sandbox, 1000, 0),
      await big(sandbox, 800, 200),
      await big(sandbox, 10_000, 0),
    ];
  } finally {
    sandbox.remove();
  }
});

function engine(matched: number, unexpected: number, below: number | null): Figure {
  const one = picture({ matched, unexpected });
  for (let run = 0; run < WARM_UP_RUNS; run += 1) engineRun(one);
  const samples = Array.from({ length: ENGINE_RUNS }, () => {
    const startedAt = performance.now();
    const { mismatches, planned } = engineRun(one);
    const tookMs = performance.now() - startedAt;
    if (mismatches.length !== unexpected || planned.length !== unexpected)
      throw new Error(
        `expected ${unexpected} mismatches planned, found ${mismatches.length}/${planned.length}`,
      );
    return tookMs;
  });
  const name = `engine: ${matched + unexpected} orders, ${unexpected} mismatches`;
  return timing(name, samples, 'ms', below === null ? null : { of: 'p95', below });
}

/** As shipped: the embedded simulator and its few orders, judged and written down in stage 1. */
async function embedded(sandbox: Sandbox): Promise<Figure> {
  const daemon = await startDaemon(sandbox, await sandbox.config('embedded'));
  try {
    return timing('daemon: embedded simulator, whole run', await runTimes(daemon.client, DAEMON_RUNS), 'ms');
  } finally {
    await daemon.close();
  }
}

/** A daemon against an account of that size; a run's time holds its reads over loopback. */
async function big(sandbox: Sandbox, orders: number, unexpected: number): Promise<Figure> {
  const name = `big-${orders}-${unexpected}`;
  const exchange = await startBigExchange(sandbox, name, { orders });
  exchange.addUnexpected(unexpected);
  try {
    const daemon = await startDaemon(sandbox, exchange.config);
    try {
      await untilStatus(
        daemon.client,
        (status) => status.snapshot.open_orders >= orders && status.mismatch_count >= unexpected,
        `${orders} open orders, ${unexpected} of them unexpected`,
      );
      const title = `daemon: ${orders + unexpected} orders, ${unexpected} mismatches, whole run`;
      return timing(title, await runTimes(daemon.client, DAEMON_RUNS), 'ms');
    } finally {
      await daemon.close();
    }
  } finally {
    await exchange.close();
  }
}
