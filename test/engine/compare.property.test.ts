import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { plan } from '../../src/engine/plan.ts';
import type { ExpectedState, Observation } from '../../src/engine/types.ts';
import {
  clientId,
  expectedOrder,
  expectedPosition,
  expectedState,
  observation,
  observedOrder,
  observedPosition,
  options,
} from '../helpers/engine-world.ts';
import { compareBoth } from './compare-both.ts';

describe('for any account', () => {
  const seqs = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 20 });
  const amount = fc.integer({ min: -3000, max: 3000 }).map((steps) => (steps / 1000).toFixed(3));
  const account = fc.record({ believed: seqs, ended: seqs, found: seqs, expects: amount, holds: amount });
  type Account = typeof account extends fc.Arbitrary<infer Value> ? Value : never;
  const expectedOf = ({ believed, ended, expects }: Account): ExpectedState =>
    expectedState(
      [
        ...ended.map((seq) => expectedOrder(seq, { state: 'ended' })),
        ...believed.map((seq) => expectedOrder(seq)),
      ],
      [expectedPosition(expects)],
    );
  const observedOf = ({ found, holds }: Account): Observation =>
    observation(
      found.map((seq) => observedOrder(seq, { reduceOnly: seq % 5 === 0 })),
      [observedPosition(holds)],
    );

  test('compare(x, x) is empty', () => {
    fc.assert(
      fc.property(seqs, amount, (believed, holds) => {
        const same = { believed, ended: [], found: believed, expects: holds, holds };
        const found = compareBoth(expectedOf(same), observedOf(same), options());
        expect([found.mismatches, found.queries]).toEqual([[], []]);
        expect(found.matchedOrders).toBe(believed.length);
      }),
    );
  });

  test('the order of the input does not matter', () => {
    fc.assert(
      fc.property(account, (one) => {
        const [expected, observed] = [expectedOf(one), observedOf(one)];
        const turned: ExpectedState = { ...expected, orders: new Map([...expected.orders].toReversed()) };
        const mirrored = { ...observed, orders: observed.orders.toReversed() };
        expect(compareBoth(turned, mirrored, options())).toEqual(compareBoth(expected, observed, options()));
      }),
    );
  });

  test('a foreign order changes nothing but the count', () => {
    fc.assert(
      fc.property(account, fc.constantFrom('web_1', '', 'Grinder_1_BTCUSDT_1_1_1'), (one, clientOrderId) => {
        const observed = observedOf(one);
        const crowded = { ...observed, orders: [...observed.orders, observedOrder(99, { clientOrderId })] };
        const before = compareBoth(expectedOf(one), observed, options());
        const after = compareBoth(expectedOf(one), crowded, options());
        expect(after).toEqual({ ...before, foreignBySymbol: new Map([['BTCUSDT', 1]]) });
      }),
    );
  });

  test('every remediable mismatch is gone once its action is applied, and nothing else changed', () => {
    fc.assert(
      fc.property(account, (one) => {
        const [expected, observed] = [expectedOf({ ...one, expects: '0' }), observedOf(one)];
        const { mismatches } = compareBoth(expected, observed, options());
        for (const action of plan(mismatches, { prices: new Map(), rules: options().rules })) {
          const repaired: Observation = {
            ...observed,
            orders: observed.orders.filter((order) => order.orderId !== action.orderId),
            positions: action.action === 'flatten' ? [] : observed.positions,
          };
          const left = compareBoth(expected, repaired, options()).mismatches;
          expect(left).toEqual(mismatches.filter((mismatch) => mismatch.key !== action.mismatch.key));
        }
        const remediable = mismatches.filter((mismatch) => mismatch.remediation !== 'report');
        expect(plan(mismatches, { prices: new Map(), rules: new Map() })).toHaveLength(remediable.length);
      }),
    );
  });

  test('nothing expected live, protective or foreign is ever planned', () => {
    fc.assert(
      fc.property(account, (one) => {
        const { mismatches } = compareBoth(expectedOf(one), observedOf(one), options());
        for (const { mismatch, action } of plan(mismatches, { prices: new Map(), rules: new Map() })) {
          if (action === 'flatten') expect(Number(one.expects)).toBe(0);
          else {
            expect(one.believed.map((seq) => clientId(seq))).not.toContain(mismatch.clientOrderId ?? '');
            expect(mismatch.observedOrder?.reduceOnly).toBe(false);
          }
        }
      }),
    );
  });
});
