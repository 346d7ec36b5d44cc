import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Observation, ObservedOrder } from '../../src/engine/types.ts';
import { createPacker, createUnpacker, unsent } from '../../src/exchange/order-delta.ts';
import { observation, observedOrder } from '../helpers/engine-world.ts';

const row = fc
  .record({
    seq: fc.nat(8),
    price: fc.constantFrom('1', '2'),
    swept: fc.boolean(),
    conditional: fc.boolean(),
  })
  .map(({ seq, price, swept, conditional }) =>
    observedOrder(seq, { price, conditional, ...(swept ? { sweptAtMonoMs: 1 } : {}) }),
  );
const read = fc.record({ rows: fc.array(row, { maxLength: 8 }), complete: fc.boolean(), lost: fc.boolean() });

test('whatever is read, lost and read again, control sees what was read', () => {
  fc.assert(
    fc.property(fc.array(read, { maxLength: 12 }), (reads) => {
      const [pack, unpacker] = [createPacker(), createUnpacker()];
      for (const { rows, complete, lost } of reads) {
        const seen = observation(rows, [], { complete });
        const sent = structuredClone(pack(seen, unpacker.have()));
        if (!lost) expect(unpacker.unpack(sent)).toEqual(seen);
      }
    }),
  );
});

test('what did not change is not sent again, and is the same object as before', () => {
  const [pack, unpacker] = [createPacker(), createUnpacker()];
  const pass = (orders: readonly ObservedOrder[]): { readonly sent: number; readonly seen: Observation } => {
    const packed = structuredClone(pack(observation(orders), unpacker.have()));
    return { sent: packed.observation.orders.length, seen: unpacker.unpack(packed) };
  };
  const orders = Array.from({ length: 100 }, (_, seq) => observedOrder(seq));
  expect(pass(orders).sent).toBe(100);
  const before = pass(orders);
  expect(before.sent).toBe(0);
  const after = pass([
    observedOrder(500),
    ...structuredClone(orders.slice(1)).with(5, observedOrder(6, { price: '1' })),
  ]);
  expect(after.sent).toBe(2);
  expect(after.seen.orders[1]).toBe(before.seen.orders[1]!);
  expect(after.seen.orders[6]).not.toBe(before.seen.orders[6]!);
});

test('a failed read between two whole ones costs nothing, and one that never left is itself', () => {
  const [pack, unpacker] = [createPacker(), createUnpacker()];
  const whole = observation([observedOrder(1), observedOrder(2)]);
  const failed = observation([], [], { complete: false });
  unpacker.unpack(pack(whole, unpacker.have()));
  expect(unpacker.unpack(pack(failed, unpacker.have()))).toEqual(failed);
  expect(unpacker.unpack(unsent(whole))).toEqual(whole);
  const again = pack(whole, unpacker.have());
  expect(again.observation.orders).toEqual([]);
  expect(unpacker.unpack(again)).toEqual(whole);
});

test('what points into a list that is not here is refused instead of guessed', () => {
  const [pack, unpacker] = [createPacker(), createUnpacker()];
  unpacker.unpack(pack(observation([observedOrder(1)]), null));
  const packed = pack(observation([observedOrder(1)]), unpacker.have());
  expect(() => createUnpacker().unpack(packed)).toThrow('point into');
});
