/** What is remembered of ended orders stays bounded, whatever the engine's rhythm. */
import { expect, test } from 'bun:test';
import { applyLine, type ExpectedDraft, nothingExpected } from '../../src/engine/expected.ts';
import { feedLineSchema } from '../../src/engine/feed-schema.ts';
import { identity, type Line, session } from './feed-lines.ts';

/** As src/engine/expected.ts keeps them, and those that wait to be forgotten. */
const KEPT = 5000;
const MOST = 5500;

function take(state: ExpectedDraft, line: Line): ExpectedDraft {
  return applyLine(state, feedLineSchema.parse(line), identity, { nowMs: 1_800_000_000_000, nowMonoMs: 1 });
}

const ended = (state: ExpectedDraft) => [...state.orders.values()].filter((order) => order.state === 'ended');

test('an engine that replaces its orders in pairs is forgotten about as much as any other', () => {
  const s = session('a');
  let state = [s.checkpoint(), s.order('one_more')].reduce(take, nothingExpected());
  for (let pair = 0; pair < 6000; pair += 1) {
    const [buy, sell] = [`buy_${pair}`, `sell_${pair}`];
    state = [s.order(buy), s.order(sell), s.end(buy), s.end(sell)].reduce(take, state);
  }
  expect(ended(state).length).toBeGreaterThanOrEqual(KEPT);
  expect(ended(state).length).toBeLessThanOrEqual(MOST);
  expect(state.orders.has('one_more')).toBe(true);
  expect(state.orders.has('sell_5999')).toBe(true);
  expect(state.orders.has('sell_0')).toBe(false);
});

test('an engine that begins anew now and then does not add up either', () => {
  let state = nothingExpected();
  for (let number = 0; number < 60; number += 1) {
    const s = session(`s${number}`);
    state = take(state, s.checkpoint());
    for (let one = 0; one < 299; one += 1) state = take(state, s.end(`${number}_${one}`));
  }
  expect(ended(state).length).toBeLessThanOrEqual(MOST);
});

test('ten thousand orders that end at once are not looked at anew for each of them', () => {
  const s = session('a');
  let state = take(nothingExpected(), s.checkpoint());
  for (let one = 0; one < 10_000; one += 1) state = take(state, s.order(`${one}`));
  const { orders } = state;
  let looks = 0;
  const entries = orders.entries.bind(orders);
  Object.defineProperty(orders, Symbol.iterator, {
    value: () => {
      looks += 1;
      return entries();
    },
  });
  for (let one = 0; one < 10_000; one += 1) state = take(state, s.end(`${one}`));
  expect(looks).toBeGreaterThan(0);
  expect(looks).toBeLessThanOrEqual(20);
  expect(ended(state).length).toBeLessThanOrEqual(MOST);
});
