import { describe, expect, test } from 'bun:test';
import type { AuditRecord, JsonObject } from '../../src/engine/audit-record.ts';
import { compare } from '../../src/engine/compare.ts';
import { massFigures, massFingerprint, massItems } from '../../src/engine/mass.ts';
import {
  acknowledgedDetails,
  foldMass,
  foundDetails,
  isAcknowledged,
} from '../../src/engine/mass-records.ts';
import type { ExpectedOrder, ObservedOrder, ObservedPosition } from '../../src/engine/types.ts';
import { isMass } from '../../src/gates/mass-mismatch.ts';
import {
  expectedOrder,
  expectedPosition,
  expectedState,
  observation,
  observedOrder,
  observedPosition,
  options,
} from '../helpers/engine-world.ts';
import { entry } from './durable.ts';

function compared(
  believed: readonly ExpectedOrder[],
  shown: readonly ObservedOrder[],
  positions: readonly ObservedPosition[] = [],
) {
  return compare(expectedState(believed, [expectedPosition('0')]), observation(shown, positions), options());
}
const many = <T>(count: number, make: (seq: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => make(index + 1));
const mass = (...args: Parameters<typeof compared>) => isMass(massFigures(compared(...args)));

describe('an acknowledged position', () => {
  const itemsOf = (amount: string, entryPrice: string) =>
    massItems(compared([], [], [observedPosition(amount, { entryPrice })]));
  const known = itemsOf('0.5', '60000.1234567');

  test('is the same one while it is closed in parts, by whichever source it is told', () => {
    expect(itemsOf('0.2', '60000.1234567')).toEqual(known);
    expect(itemsOf('0.2', '60000.12346')).toEqual(known);
  });

  test('is another one once it was closed and opened again, or turned over', () => {
    expect(itemsOf('0.5', '61000')).not.toEqual(known);
    expect(itemsOf('-0.5', '60000.1234567')).not.toEqual(known);
  });
});

describe('what makes a mass', () => {
  test('an empty account and an engine that expects nothing are none', () => {
    expect(mass([], [])).toBe(false);
  });

  test('three strays beside one order that matches are none, four are', () => {
    expect(
      mass(
        [expectedOrder(1)],
        many(4, (seq) => observedOrder(seq)),
      ),
    ).toBe(false);
    expect(
      mass(
        [expectedOrder(1)],
        many(5, (seq) => observedOrder(seq)),
      ),
    ).toBe(true);
  });

  test('of thirty orders six strays are none, seven are', () => {
    const shown = many(30, (seq) => observedOrder(seq));
    expect(mass(many(24, expectedOrder), shown)).toBe(false);
    expect(mass(many(23, expectedOrder), shown)).toBe(true);
  });

  test('a single stray is one when nothing matches', () => {
    expect(mass([], [observedOrder(1)])).toBe(true);
  });

  test('the canary alone is none', () => {
    expect(mass([], [observedOrder(1, { synthetic: true })])).toBe(false);
  });

  test('a lone unexpected position is one, beside an order that matches it is none', () => {
    expect(mass([], [], [observedPosition('0.5')])).toBe(true);
    expect(mass([expectedOrder(1)], [observedOrder(1)], [observedPosition('0.5')])).toBe(false);
  });

  test('ghosts of ended orders count as unexpected', () => {
    const ended = many(5, (seq) => expectedOrder(seq, { state: 'ended', endReason: 'CANCELED' }));
    const shown = many(6, (seq) => observedOrder(seq));
    expect(massFigures(compared([...ended, expectedOrder(6)], shown))).toEqual({
      unexpected: 5,
      ours: 6,
      matched: 1,
      differing: 5,
    });
  });

  test('orders that the engine replaced while the exchange was read are none', () => {
    const just = { readAtMonoMs: observation([]).startedMonoMs };
    const ended = expectedOrder(1, { ...just, state: 'ended', endReason: 'CANCELED' });
    expect(mass([ended, expectedOrder(2, just)], [observedOrder(1)])).toBe(false);
  });
});

describe('what an acknowledgement covers', () => {
  const items = (count: number) =>
    massItems(
      compared(
        [],
        many(count, (seq) => observedOrder(seq)),
      ),
    );
  const found = (count: number) => ({
    fingerprint: massFingerprint(items(count)),
    items: items(count),
    figure: `${count}`,
  });
  const record = (event_type: AuditRecord['event_type'], details: JsonObject, ts_ms = 0): AuditRecord => ({
    ...entry({ event_type, details }),
    ...{ seq: 1, prev: '', hash: '', ts_ms, schema_version: 1 },
  });
  const acknowledgement = record('ACKNOWLEDGED', acknowledgedDetails(found(5)));

  test('the set as it was, and what is left of it, but nothing new', () => {
    expect(isAcknowledged(items(5), [acknowledgement], 1000)).toBe(true);
    expect(isAcknowledged(items(4), [acknowledgement], 1000)).toBe(true);
    expect(isAcknowledged(items(6), [acknowledgement], 1000)).toBe(false);
  });

  test('seven days', () => {
    const week = 7 * 86_400_000;
    expect(isAcknowledged(items(5), [acknowledgement], week)).toBe(true);
    expect(isAcknowledged(items(5), [acknowledgement], week + 1)).toBe(false);
  });

  test('no set that only two acknowledgements together would hold', () => {
    const [first = '', ...others] = items(5);
    const half = (part: readonly string[]) =>
      record('ACKNOWLEDGED', acknowledgedDetails({ ...found(5), items: part }));
    expect(isAcknowledged(items(5), [half([first]), half(others)], 0)).toBe(false);
  });

  test('what waits outlives a replay until that very set is acknowledged', () => {
    const waiting = foldMass(null, record('CHECKPOINT', foundDetails(found(5))));
    expect(waiting).toEqual(found(5));
    const other = record('ACKNOWLEDGED', acknowledgedDetails(found(4)));
    expect(foldMass(waiting, other)).toEqual(found(5));
    expect(foldMass(waiting, record('ACKNOWLEDGED', { item: 'team_notified' }))).toEqual(found(5));
    expect(foldMass(waiting, acknowledgement)).toBeNull();
  });

  test('a finding that can not be read waits all the same', () => {
    expect(foldMass(null, record('CHECKPOINT', { mass_mismatch: 7 }))).not.toBeNull();
  });
});
