import { expect, test } from 'bun:test';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { scratch } from '../engine/durable.ts';
import { rules } from '../helpers/engine-world.ts';
import { ticking } from './beating.ts';
import { coreIn } from './core.ts';

type RulesResult = Awaited<ReturnType<Exchange['rules']>>;

const told = (stepSize: string): RulesResult => ({ kind: 'ok', rules: [rules('BTCUSDT', stepSize)] });
const failed: RulesResult = { kind: 'failed', error: 'timeout' };

test('trading rules are asked for until they are told, and again each hour; a failure takes none away', async () => {
  using directory = scratch();
  const answers: RulesResult[] = [failed, told('0.001'), failed, told('0.01')];
  let asked = 0;
  const { core, latch, clock } = coreIn(directory.path, {
    exchange: { rules: async () => answers[Math.min(asked++, answers.length - 1)] ?? failed },
  });
  const tick = ticking({ core, latch });
  const after = async (ms: number) => {
    clock.advance(ms);
    tick();
    await Promise.resolve();
    await Promise.resolve();
    return [asked, core.vitals.rules.get('BTCUSDT')?.stepSize ?? null, core.vitals.rulesProblem];
  };
  expect(await after(1)).toEqual([1, null, 'timeout']);
  expect(await after(4999)).toEqual([1, null, 'timeout']);
  expect(await after(1)).toEqual([2, '0.001', null]);
  expect(await after(3_599_999)).toEqual([2, '0.001', null]);
  expect(await after(1)).toEqual([3, '0.001', null]);
  expect(await after(3_600_000)).toEqual([4, '0.01', null]);
});
