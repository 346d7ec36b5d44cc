import { describe, expect, test } from 'bun:test';
import type { Reader } from '../../src/exchange/reader.ts';
import { createSweeper, SWEEP_EVERY_MS } from '../../src/exchange/sweep.ts';
import { observedOrder } from '../helpers/engine-world.ts';

/** A reader that notes what was asked and answers with one order a symbol. */
function recorder() {
  const asked: string[] = [];
  let failing = false;
  const read = (async (name: string, params: Readonly<Record<string, string>>) => {
    const symbol = params['symbol'] ?? null;
    asked.push(`${name} ${symbol ?? 'all'}`);
    const outcome = failing ? 'failed' : 'ok';
    const report = { source: 'rest', endpoint: name, symbol, outcome, error: '' };
    const shown = symbol === null ? ['BTCUSDT', 'XRPUSDT'] : [symbol];
    const value =
      name === 'openOrders' ? shown.map((one, index) => observedOrder(index, { symbol: one })) : [];
    return { report, value: failing ? null : value, code: null, endedMonoMs: 0 };
  }) as unknown as Reader;
  return {
    read,
    asked,
    fail: (value: boolean) => {
      failing = value;
    },
  };
}

describe('the sweeper', () => {
  test('the first read is a sweep, the next ones are by symbol and carry the rest along', async () => {
    const { read, asked } = recorder();
    const sweeper = createSweeper(read);
    await sweeper.read(['BTCUSDT'], 1000);
    expect(asked).toEqual(['openOrders all', 'openAlgoOrders all']);
    const second = await sweeper.read(['BTCUSDT'], 2000);
    expect(asked.slice(2)).toEqual(['openOrders BTCUSDT', 'openAlgoOrders BTCUSDT']);
    const carried = second.orders.filter(({ symbol }) => symbol === 'XRPUSDT');
    expect(carried.map(({ sweptAtMonoMs }) => sweptAtMonoMs)).toEqual([1000]);
    expect(second.orders.filter(({ symbol }) => symbol === 'BTCUSDT')).toHaveLength(1);
    expect(second.sweptAtMonoMs).toBe(1000);
  });

  test.each([
    [1000, 300_000],
    [30_000, 300_000],
    [100_000, 300_000],
    [119_000, 238_000],
  ])(
    'read every %i ms, everything is swept again after %i ms and never later than its time',
    async (every, again) => {
      const { read, asked } = recorder();
      const sweeper = createSweeper(read);
      const sweeps = () => asked.filter((one) => one === 'openOrders all').length;
      for (let at = 0; at < again; at += every) await sweeper.read(['BTCUSDT'], at);
      expect(sweeps()).toBe(1);
      const { sweptAtMonoMs } = await sweeper.read(['BTCUSDT'], again);
      expect([sweeps(), sweptAtMonoMs]).toEqual([2, again]);
      expect(again).toBeLessThanOrEqual(SWEEP_EVERY_MS);
    },
  );

  test('a failed sweep is tried again at once and carries nothing', async () => {
    const { read, asked, fail } = recorder();
    const sweeper = createSweeper(read);
    fail(true);
    const first = await sweeper.read(['BTCUSDT'], 0);
    expect(first.sweptAtMonoMs).toBeNull();
    expect(first.orders).toEqual([]);
    fail(false);
    await sweeper.read(['BTCUSDT'], 1);
    expect(asked.slice(2)).toEqual(['openOrders all', 'openAlgoOrders all']);
  });

  test.each([
    ['a change on a watched symbol', ['BTCUSDT'], 1],
    ['a change elsewhere', ['XRPUSDT'], 2],
    ['a change nobody can place', [], 2],
  ] as const)('%s makes %p cause %i sweep(s)', async (_name, symbols, sweeps) => {
    const { read, asked } = recorder();
    const sweeper = createSweeper(read);
    await sweeper.read(['BTCUSDT'], 0);
    sweeper.changed(symbols);
    await sweeper.read(['BTCUSDT'], 31_000);
    expect(asked.filter((one) => one === 'openOrders all')).toHaveLength(sweeps);
  });

  test('a symbol that was not watched before is swept for', async () => {
    const { read, asked } = recorder();
    const sweeper = createSweeper(read);
    await sweeper.read(['BTCUSDT'], 0);
    await sweeper.read(['BTCUSDT', 'ETHUSDT'], 1);
    expect(asked.filter((one) => one === 'openOrders all')).toHaveLength(2);
  });
});
