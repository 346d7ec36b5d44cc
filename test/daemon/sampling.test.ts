import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { createSampler } from '../../src/daemon/sampling.ts';
import { type HandCore, handCore } from './hand-core.ts';

const samples = (hand: HandCore) =>
  readFileSync(hand.core.places.auditPath, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ details }) => details.verdict === 'SAMPLE');

test('the figures of a stage are in the audit from its entry on, those of stage 0 and of a stop are not', async () => {
  using hand = handCore({ config: 'ceremony: {dwell_ms: 600000}' });
  const sample = createSampler(hand.core);
  sample();
  hand.raiseTo(2);
  sample();
  sample();
  expect(samples(hand)).toMatchObject([
    { event_type: 'STAGE_EVIDENCE', stage: 2, details: { criteria: expect.any(Array) } },
  ]);
  expect(samples(hand)[0].details.criteria.map(({ id }: { id: string }) => id)).toContain('dwell');
  hand.clock.wall += 30_000;
  hand.clock.mono += 30_000;
  sample();
  expect(samples(hand).length).toBe(2);
  await hand.command('stop', { operator: 'ann' });
  hand.clock.mono += 60_000;
  sample();
  expect(samples(hand).length).toBe(2);
});
