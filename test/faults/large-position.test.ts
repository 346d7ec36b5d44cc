/** A position above the symbol's largest order, over the real ccxt path against a simulator that refuses such an order. */
import { expect, setDefaultTimeout, test } from 'bun:test';
import { plan } from '../../src/engine/plan.ts';
import type { Mismatch, SymbolRules } from '../../src/engine/types.ts';
import { firstClosed, judgeAll } from '../../src/gates/index.ts';
import { flattenMismatch, openInput, openWorld } from '../helpers/engine-world.ts';
import { startWriteWorld, type WriteWorld } from './write-world.ts';

setDefaultTimeout(60_000);

/** LOT_SIZE of BTCUSDT as the simulator's exchange information has it. */
const LARGEST = '1000';
const HUGE = '100000000';

async function rulesOf({ world }: WriteWorld): Promise<ReadonlyMap<string, SymbolRules>> {
  const read = await world.exchange.rules();
  if (read.kind === 'failed') throw new Error(read.error);
  return new Map(read.rules.map((rule) => [rule.symbol, rule]));
}

async function mismatchOf(w: WriteWorld): Promise<{ readonly mismatch: Mismatch; readonly price: string }> {
  const seen = await w.readPicture();
  const position = seen.positions.find(({ symbol }) => symbol === 'BTCUSDT');
  const price = seen.prices.find(({ symbol }) => symbol === 'BTCUSDT')?.markPrice;
  if (position === undefined || price === undefined) throw new Error('expected a position and its price');
  return { mismatch: { ...flattenMismatch(position.amount), observedPosition: position }, price };
}

test('is blocked by name as a whole, and the exchange is asked for nothing', async () => {
  await using w = await startWriteWorld();
  const whole = await w.planFlatten('1500');
  const rules = await rulesOf(w);
  expect(rules.get('BTCUSDT')?.maxQuantity).toBe(LARGEST);
  const limits = { ...openWorld().limits, maxFlattenNotionalUsdt: HUGE };
  const movedAtMs = whole.mismatch.observedPosition?.updatedAtMs ?? 0;
  const world = openWorld({
    exchangeNowMs: movedAtMs + 40_001,
    expected: { ...openWorld().expected, appliedEventMs: movedAtMs },
    largestOrders: new Map([['BTCUSDT', rules.get('BTCUSDT')?.maxQuantity ?? '']]),
    limits: { ...limits, maxNotionalPerRunUsdt: HUGE, maxNotionalPerDayUsdt: HUGE },
  });
  expect(firstClosed(judgeAll(openInput({ action: whole, world })))).toBe('notional_exceeds_limit');
  // Even if it came as far as the write: the terms hold it back, and it is no failure that counts.
  expect(await w.execute([whole])).toMatchObject([{ status: 'blocked', reason: 'notional_exceeds_limit' }]);
  expect([await w.written(), w.journal.state().failuresByItem.size]).toEqual([0, 0]);
});

test('goes in parts that the exchange takes', async () => {
  await using w = await startWriteWorld();
  await w.planFlatten('1500');
  const rules = await rulesOf(w);
  const quantities: (string | null)[] = [];
  for (let part = 0; part < 2; part += 1) {
    const { mismatch, price } = await mismatchOf(w);
    const [action] = plan([mismatch], {
      ...{ rules, prices: new Map([['BTCUSDT', { markPrice: price }]]) },
      chunks: { maxNotionalUsdt: HUGE, orderType: 'limit', maxSlippageBps: 50 },
    });
    if (action === undefined) throw new Error('expected a part');
    quantities.push(action.quantity);
    expect(await w.execute([action])).toMatchObject([{ status: 'executed' }]);
  }
  expect(quantities).toEqual([LARGEST, '500']);
  expect((await w.readPicture()).positions.filter(({ amount }) => Number(amount) !== 0)).toEqual([]);
  expect(await w.written()).toBe(2);
});
