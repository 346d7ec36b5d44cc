/** From an event on the user stream to the decision on it: the exchange's time of the event, the audit's time of the run. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { startBigExchange } from './big-exchange.ts';
import { pause, startDaemon, until, untilStatus } from './daemon.ts';
import { openSandbox } from './executable.ts';
import { bench, type Figure, timing } from './table.ts';

const WARM_UP = 5;
/** Decisions begin at most ten times a second; random, so that events meet reads as often as by chance. */
const spacingMs = (): number => 120 + Math.random() * 300;

await bench('event', async () => [
  await measure({ orders: 100, strays: 25, below: null }),
  await measure({ orders: 1000, strays: 100, below: 50 }),
]);

/** Each size has a sandbox, and so an audit, of its own: one account has one. */
async function measure(size: {
  readonly orders: number;
  readonly strays: number;
  readonly below: number | null;
}): Promise<Figure> {
  const { orders, below } = size;
  const sandbox = openSandbox();
  try {
    const exchange = await startBigExchange(sandbox, `event-${orders}`, {
      orders,
      changes: { interval_ms: '60000' },
    });
    try {
      const daemon = await startDaemon(sandbox, exchange.config);
      try {
        await untilStatus(
          daemon.client,
          ({ snapshot, sources }) =>
            snapshot.open_orders >= orders &&
            sources.some(({ source, up }) => source === 'ws' && up === true),
          `${orders} open orders and a stream`,
        );
        // The read that the new stream asked for.
        await pause(5000);
        const samples = await placeStrays(size.strays, exchange.simulatorUrl, exchange.config.auditPath);
        const limit = below === null ? null : { of: 'p99' as const, below };
        return timing(`event to decision: ${orders} orders`, samples, 'ms', limit);
      } finally {
        await daemon.close();
      }
    } finally {
      await exchange.close();
    }
  } finally {
    sandbox.remove();
  }
}

/** Places and removes one stray order after another; each is two events. */
async function placeStrays(
  count: number,
  simulatorUrl: string,
  auditPath: string,
): Promise<readonly number[]> {
  const samples: number[] = [];
  const decisions = followDecisions(auditPath);
  try {
    for (let stray = 0; stray < WARM_UP + count; stray += 1) {
      decisions.catchUp();
      const placed = await control(simulatorUrl, 'POST', { symbol: 'BTCUSDT' });
      const placedMs = placed.time ?? Number.NaN;
      const decidedMs = await until(() => decisions.next(1), 'the decision on a stray order', 10_000, 1);
      if (stray >= WARM_UP) samples.push(decidedMs - placedMs);
      await pause(spacingMs());
      decisions.catchUp();
      const removedMs = Date.now();
      await control(simulatorUrl, 'DELETE', { clientOrderId: placed.clientOrderId });
      const goneMs = await until(() => decisions.next(0), 'the decision on its end', 10_000, 1);
      if (stray >= WARM_UP) samples.push(goneMs - removedMs);
      await pause(spacingMs());
    }
  } finally {
    decisions.close();
  }
  return samples;
}

/** Reads from the audit when which count of unexpected orders was decided on, whichever run it was. */
function followDecisions(path: string) {
  const file = openSync(path, 'r');
  let offset = 0;
  let rest = '';
  let found: { readonly unexpected: number; readonly atMs: number }[] = [];
  const read = (): void => {
    const size = statSync(path).size;
    if (size <= offset) return;
    const bytes = Buffer.alloc(size - offset);
    readSync(file, bytes, 0, bytes.length, offset);
    offset = size;
    const lines = (rest + bytes.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const { event_type: type, mismatch_counts: counts, ts_ms: atMs } = JSON.parse(line);
      if (type !== 'RECONCILE_RUN') continue;
      found.push({ unexpected: Number(counts.ORDER_EXISTS_UNEXPECTED ?? 0), atMs: Number(atMs) });
    }
  };
  return {
    catchUp: () => {
      read();
      found = [];
    },
    next: (unexpected: number): number | null => {
      read();
      return found.find((one) => one.unexpected === unexpected)?.atMs ?? null;
    },
    close: () => closeSync(file),
  };
}

async function control(
  url: string,
  method: string,
  body: Readonly<Record<string, unknown>>,
): Promise<{ readonly time?: number; readonly clientOrderId?: string }> {
  const response = await fetch(`${url}/sim/orders`, { method, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} /sim/orders: ${response.status} ${await response.text()}`);
  return JSON.parse(await response.text());
}
