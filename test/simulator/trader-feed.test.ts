import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/engine/clock.ts';
import { createModel } from '../../src/simulator/model.ts';
import { startTrader } from '../../src/simulator/trader.ts';
import { startTestSimulator, until } from '../helpers/simulator.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'trader-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const optionsAt = (feedPath: string) => ({
  ...{ feedPath, symbols: ['BTCUSDT', 'ETHUSDT'], strategy: '1', prefix: 'grinder_' },
  ...{ requoteMs: 3, heartbeatMs: 3 },
});

for (const how of ['takes nothing', 'takes half a line'])
  test(`a disk that ${how} silences the trader and no more, and it begins anew when there is room`, async () => {
    const feedPath = join(directory, 'expected.jsonl');
    const full = { isFull: false };
    const write = (fd: number, text: string): number => {
      if (!full.isFull) return writeSync(fd, text);
      if (how === 'takes half a line') return writeSync(fd, text.slice(0, 9));
      throw new Error('ENOSPC');
    };
    const lines = () => readFileSync(feedPath, 'utf8').split('\n');
    const model = createModel({ seed: 1, hedgeMode: false });
    const now = systemClock.wallMs;
    const deps = { model, options: optionsAt(feedPath), seed: 1, now, exchangeNow: now, write };
    const trader = startTrader(deps);
    const live = () => [...model.view().orders.values()].filter(({ status }) => status === 'NEW');
    try {
      full.isFull = true;
      const before = new Set(live().map(({ clientOrderId }) => clientOrderId));
      for (const order of live()) model.cancel(order.orderId, now());
      await new Promise((done) => setTimeout(done, 50));
      // What couldn't be told was not sent either.
      expect(live()).toEqual([]);
      full.isFull = false;
      await until(() => live().length === before.size, 'a new grid');
      const told = lines().slice(lines().findLastIndex((line) => line.includes('"checkpoint"')));
      for (const { clientOrderId } of live()) expect(told.join('\n')).toContain(clientOrderId);
    } finally {
      trader.close();
    }
  });

test('a feed that can not be written from the first line on refuses the start', async () => {
  const started = startTestSimulator({ trader: optionsAt('/dev/full') });
  await expect(started).rejects.toThrow("/dev/full can't be written");
});
