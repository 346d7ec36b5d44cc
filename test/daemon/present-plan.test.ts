import { expect, test } from 'bun:test';
import { planSchema } from '../../src/control/protocol-plan.ts';
import { presentPlan } from '../../src/daemon/present-plan.ts';
import { handCore } from './hand-core.ts';

test('before the first run the plan is empty and has no age', () => {
  using hand = handCore();
  const plan = presentPlan(hand.core);
  expect(planSchema.parse(plan)).toEqual(plan);
  expect(plan).toMatchObject({ run_id: null, age_ms: null, actions: [], action_count: 0, stage: 0 });
});
