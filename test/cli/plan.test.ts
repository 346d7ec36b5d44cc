import { afterEach, beforeEach, expect, test } from 'bun:test';
import { formatPlan } from '../../src/cli/plan.ts';
import { planSchema } from '../../src/control/protocol-plan.ts';
import { examplePlan } from '../control/fixture.ts';
import { machine } from './fixture.ts';

let at: ReturnType<typeof machine>;
beforeEach(() => {
  at = machine();
});
afterEach(() => at.close());

test('each action is shown with every closed gate, and what is cut is counted', () => {
  expect(formatPlan(examplePlan).join('\n')).toBe(`stage 2, run r-1, decided 4.0s ago: 3 planned

cancel BTCUSDT grinder_1_BTCUSDT_0_1700000000_1 CANARY, never sent
  ORDER_EXISTS_UNEXPECTED: live, expected nothing
  closed  dry_run    true      false
  closed  not_armed  disarmed  armed

flatten ETHUSDT BOTH SELL 0.5 (1500.00 USDT)
  POSITION_NONZERO_UNEXPECTED: expected 0, found 0.5
  all gates open

... and 1 more`);
});

test('an empty plan says from which stage on plans are made', () => {
  const empty = { ...examplePlan, actions: [], action_count: 0, stage: 1, run_id: null, age_ms: null };
  expect(formatPlan(empty)).toEqual([
    'stage 1, run none, no run yet: 0 planned; plans are made from stage 2 on',
  ]);
  expect(formatPlan({ ...empty, stage: 2 })).toEqual(['stage 2, run none, no run yet: 0 planned']);
});

test('a plan made on an incomplete read says so, above all when it is empty', () => {
  const partly = { ...examplePlan, actions: [], action_count: 0, complete: false };
  expect(formatPlan(partly)).toEqual([
    'stage 2, run r-1, decided 4.0s ago: 0 planned; the last read was INCOMPLETE, what it missed is not planned',
  ]);
});

test('the plan of the running daemon is printed as text and as JSON', async () => {
  const path = at.config('a');
  await at.daemon(path);
  const text = await at.run(['plan', '--config', path]);
  expect([text.code, text.err]).toEqual([0, '']);
  expect(text.out).toContain('closed  dry_run');
  const json = await at.run(['plan', '--json', '--config', path]);
  expect(planSchema.parse(JSON.parse(json.out))).toEqual(examplePlan);
});

test('without a daemon it exits 69', async () => {
  expect((await at.run(['plan', '--config', at.config('a')])).code).toBe(69);
});
