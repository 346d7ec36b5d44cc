import { expect, test } from 'bun:test';
import { answerOf, foldTargeted, type TargetedRead, type TargetedReads } from '../../src/engine/targeted.ts';
import { clientId, expectedOrder, expectedState, observedOrder } from '../helpers/engine-world.ts';

const read = (answer: TargetedRead['answer']): TargetedRead => ({
  clientOrderId: clientId(1),
  answer,
  status: null,
  readAtMonoMs: 1,
});
const after = (...answers: readonly TargetedRead['answer'][]): TargetedReads =>
  answers.reduce<TargetedReads>(
    (known, answer) => foldTargeted(known, { reads: [read(answer)], observed: [] }),
    new Map(),
  );
const misses = (...answers: readonly TargetedRead['answer'][]) => after(...answers).get(clientId(1))?.misses;

test('5 misses count up and a hit starts over', () => {
  expect(misses('not_found', 'not_found')).toBe(2);
  expect(misses('not_found', 'not_found', 'live', 'not_found')).toBe(1);
});

test('8 a read that failed changes no count', () => {
  expect(misses('not_found', 'failed')).toBe(1);
});

test('an order that is seen again is forgotten', () => {
  const known = foldTargeted(after('not_found'), { reads: [], observed: [observedOrder(1)] });
  expect(known.size).toBe(0);
});

test('an order that the engine holds for live no more is forgotten, however it was answered', () => {
  const expected = expectedState([expectedOrder(1), expectedOrder(2, { state: 'ended' })]).orders;
  const reads = [1, 2, 3].map((seq) => ({ ...read('ended'), clientOrderId: clientId(seq) }));
  const known = foldTargeted(foldTargeted(new Map(), { reads, observed: [] }), {
    reads: [],
    observed: [],
    expected,
  });
  expect([...known.keys()]).toEqual([clientId(1)]);
});

test('a status that is not understood proves nothing', () => {
  expect([answerOf('PARTIALLY_FILLED'), answerOf('EXPIRED'), answerOf('UNKNOWN')]).toEqual([
    'live',
    'ended',
    'failed',
  ]);
});
