import { expect, test } from 'bun:test';
import { runCampaign } from './campaign.ts';
import { simulate } from './simulate.ts';

const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 6);
const HOURS = 0.75;

test('the same seed gives the same trace, and another seed another one', () => {
  const [first, again, other] = [7, 7, 8].map((seed) => simulate(seed, { hours: 0.3 }));
  expect(again?.traceHash).toBe(first?.traceHash ?? '');
  expect(other?.traceHash).not.toBe(first?.traceHash ?? '');
}, 300_000);

test('every rule holds in every seed of a small campaign, and writes are really sent in it', () => {
  const { failed, coverage } = runCampaign({
    from: 1,
    seeds: SEEDS,
    hours: HOURS,
    onFailure: () => undefined,
  });
  const told = failed.map(
    ({ seed, violation }) =>
      `npm run simulate -- --seed ${seed} --hours ${HOURS}: ${violation?.rule}: ${violation?.text}`,
  );
  expect(told).toEqual([]);
  for (const reached of ['executed_cancel', 'stop_durable', 'killed'])
    expect(`${reached} ${coverage.counts().get(reached) ?? 0}`).toMatch(/ [1-9]/);
}, 300_000);
