import { expect, test } from 'bun:test';
import { isToldNewer } from '../../src/engine/told-newer.ts';
import type { ObservedOrder, ObservedPosition } from '../../src/engine/types.ts';
import { EMPTY_VIEW, hear, type View } from '../../src/engine/view.ts';
import { takeSnapshot } from '../../src/engine/view-snapshot.ts';
import { observation, observedOrder, observedPosition } from '../helpers/engine-world.ts';

const told = (orders: readonly ObservedOrder[], positions: readonly ObservedPosition[] = []): View =>
  hear(EMPTY_VIEW, { orders, positions, heardAtMonoMs: 1000 });
const order = (change: Partial<ObservedOrder> = {}) => observedOrder(1, { updatedAtMs: 5000, ...change });
const position = (amount: string, change: Partial<ObservedPosition> = {}) =>
  observedPosition(amount, { updatedAtMs: 5000, ...change });

test.each([
  ['later', order({ updatedAtMs: 5001 }), true],
  ['ended, whenever that was', order({ status: 'CANCELED', updatedAtMs: 4000 }), true],
  ['of the same millisecond with more fills', order({ filledQuantity: '0.0001' }), true],
  ['the same', order(), false],
  ['earlier', order({ updatedAtMs: 4999 }), false],
  ['of another order', order({ orderId: '1', updatedAtMs: 6000 }), false],
  ['of a conditional order with its number', order({ conditional: true, updatedAtMs: 6000 }), false],
])('an order told %s', (_, heard, newer) => {
  expect(isToldNewer(told([heard]), { observedOrder: order(), observedPosition: null })).toBe(newer);
});

test.each([
  ['later', position('0.002', { updatedAtMs: 5001 }), true],
  ['later with the same amount', position('0.001', { updatedAtMs: 5001 }), true],
  ['of the same millisecond with another amount', position('0.002'), true],
  ['the same, written otherwise', position('0.00100'), false],
  ['earlier', position('0.002', { updatedAtMs: 4999 }), false],
  ['of another side', position('0.002', { positionSide: 'LONG', updatedAtMs: 6000 }), false],
])('a position told %s', (_, heard, newer) => {
  const read = { observedOrder: null, observedPosition: position('0.001') };
  expect(isToldNewer(told([], [heard]), read)).toBe(newer);
});

test('what a later complete read shows to be gone tells nothing any more', () => {
  const heard = told([order({ updatedAtMs: 5001 })]);
  const empty = observation([], [], { startedMonoMs: 9000, endedMonoMs: 9001, sweptAtMonoMs: 9000 });
  const { view } = takeSnapshot(heard, empty);
  const read = { observedOrder: order(), observedPosition: null };
  expect([isToldNewer(heard, read), isToldNewer(view, read)]).toEqual([true, false]);
});

test('nothing told, and nothing read, is not newer', () => {
  expect(isToldNewer(EMPTY_VIEW, { observedOrder: order(), observedPosition: null })).toBe(false);
  expect(isToldNewer(told([order()]), { observedOrder: null, observedPosition: null })).toBe(false);
});
