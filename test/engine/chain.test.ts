import { describe, expect, test } from 'bun:test';
import { canonical } from '../../src/engine/canonical.ts';
import { checkLine, formatLine, GENESIS, nextRecord } from '../../src/engine/chain.ts';
import { entry } from './durable.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const record = nextRecord(GENESIS, entry({ details: { b: 1, a: { d: [1, { z: 1, y: 2 }], c: null } } }), 5);

describe('the hash chain', () => {
  test('a line that was written is read back as the same record', () => {
    expect(checkLine(bytes(formatLine(record)), GENESIS)).toEqual({ kind: 'ok', record });
  });

  test('a line that was just made is the one that its record is written as anew', () => {
    const odd = entry({
      details: { '10': 'ten', '"': ',"mismatch_counts":{}', hash: 'x', é: [] },
      operator: '"',
    });
    for (const made of [record, nextRecord(record, odd, 7)]) {
      expect(formatLine(made)).toBe(canonical({ ...made }));
      expect(checkLine(bytes(formatLine(made)), { seq: made.seq - 1, hash: made.prev }).kind).toBe('ok');
    }
  });

  test('every flipped bit of a line is found', () => {
    const good = bytes(formatLine(record));
    for (let index = 0; index < good.length; index += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const bad = good.slice();
        bad[index] = (bad[index] ?? 0) ^ (1 << bit);
        expect(checkLine(bad, GENESIS).kind).not.toBe('ok');
      }
    }
  });

  test('the same record written in another way is refused', () => {
    const line = formatLine(record);
    expect(checkLine(bytes(` ${line}`), GENESIS).kind).toBe('broken');
    expect(
      checkLine(bytes(line.replace('{"action":"none",', '{"action":"none","action":"none",')), GENESIS).kind,
    ).toBe('broken');
    expect(checkLine(bytes(line.replace('"a":', '"\\u0061":')), GENESIS).kind).toBe('broken');
  });

  test('a line out of order, repeated or of another chain is refused', () => {
    const second = nextRecord(record, entry(), 6);
    expect(checkLine(bytes(formatLine(second)), record).kind).toBe('ok');
    expect(checkLine(bytes(formatLine(second)), GENESIS)).toMatchObject({ why: 'seq is 2, expected 1' });
    expect(checkLine(bytes(formatLine(record)), record)).toMatchObject({ why: 'seq is 1, expected 2' });
    expect(checkLine(bytes(formatLine(second)), { seq: 1, hash: 'f'.repeat(64) })).toMatchObject({
      why: 'prev is not the hash of the line before',
    });
  });

  test('keys are sorted at every depth and numbers that JSON can not hold become null', () => {
    expect(canonical({ b: [{ d: 1, c: 2 }], a: 1 })).toBe('{"a":1,"b":[{"c":2,"d":1}]}');
    const odd = nextRecord(GENESIS, entry({ details: { n: Number.NaN, i: Number.POSITIVE_INFINITY } }), 1);
    expect(checkLine(bytes(formatLine(odd)), GENESIS).kind).toBe('ok');
  });
});
