import { expect, test } from 'bun:test';
import { availableParallelism } from 'node:os';
import { unreached } from './campaign.ts';
import { replayCommand, runParallel } from './parallel.ts';
import { PROMISED_FROM_SEEDS } from './promises.ts';
import { simulate } from './simulate.ts';

const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? PROMISED_FROM_SEEDS);
const HOURS = 0.4;

test('the same seed gives the same trace, and another seed another one', () => {
  const [first, again, other] = [7, 7, 8].map((seed) => simulate(seed, { hours: HOURS }));
  expect(again?.traceHash).toBe(first?.traceHash ?? '');
  expect(other?.traceHash).not.toBe(first?.traceHash ?? '');
}, 300_000);

test('every rule holds in every seed of a campaign, and every fault and branch that is promised was reached', async () => {
  const { failures, coverage } = await runParallel(
    { from: 1, seeds: SEEDS, hours: HOURS },
    { workers: Math.min(2, availableParallelism()), onFailure: () => undefined },
  );
  const told = failures.map(({ seed, rule, text }) => `${replayCommand(seed, HOURS)}: ${rule}: ${text}`);
  expect(told).toEqual([]);
  expect(unreached({ coverage, seeds: SEEDS })).toEqual([]);
}, 600_000);
