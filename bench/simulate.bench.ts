/** What a simulated hour of the deterministic simulation costs, on every processor, and how far a long campaign gets. */
import { availableParallelism } from 'node:os';
import { runParallel } from '../test/simulation/parallel.ts';
import { amount, bench } from './table.ts';

const SEEDS = 200;
const BAD_HOURS = 0.4;
/** A thousand simulated hours a minute. */
const HOUR_LIMIT_MS = 60;
const HOUR_MS = 3_600_000;

await bench('simulate', async () => {
  const beganMs = performance.now();
  const workers = availableParallelism();
  const { failures, simulatedMs } = await runParallel(
    { from: 1, seeds: SEEDS, hours: BAD_HOURS },
    {
      workers,
      onFailure: ({ seed, rule, text }) => console.error(`simulate: seed ${seed}: ${rule}: ${text}`),
    },
  );
  if (failures.length > 0) throw new Error(`${failures.length} of ${SEEDS} seeds broke a rule`);
  const tookMs = performance.now() - beganMs;
  const hours = simulatedMs / HOUR_MS;
  const perMinute = Math.round((hours * 60_000) / tookMs);
  return [
    amount('a simulated hour', tookMs / hours, 'ms', HOUR_LIMIT_MS, `${perMinute} simulated hours a minute`),
    amount('a seed', tookMs / SEEDS, 'ms', null, `${(hours / SEEDS).toFixed(1)} simulated hours each`),
  ];
});
