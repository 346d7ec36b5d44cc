/** What a reload leaves of what came before it: figures, plans and questions belong to the settings they were made under. */
import { expect, test } from 'bun:test';
import { coveredFor } from '../../src/config/covered.ts';
import { sendStageEvent } from '../../src/daemon/ceremony.ts';
import { takeDecision } from '../../src/daemon/deciding.ts';
import { judgePrerequisites } from '../../src/daemon/prerequisites.ts';
import { createReloader } from '../../src/daemon/reloading.ts';
import { type HandCore, handCore } from './hand-core.ts';

const TESTNET =
  'exchange: {environment: testnet, key_file: k, secret_file: s}\nexpected_state: {path: expected.jsonl}\n';
const NO_DIFFERENCE = { mismatches: [], planned: [], runnable: [], gates: [] };

function reload({ core }: HandCore, text: string): void {
  const reloader = createReloader({
    core,
    reread: () => ({ text, env: {}, flags: new Map() }),
    busy: () => false,
    runSoon: () => undefined,
  });
  reloader.ask();
  reloader.tick();
}

/** In stage 3 with evidence that was earned under a cap of `earnedUsdt`, and a decision just made. */
function inStage3(config: string, earnedUsdt: string): HandCore {
  const hand = handCore({ config });
  const { vitals, settings } = hand.core;
  hand.raiseTo(3, 4);
  const covered = {
    ...settings.flat,
    account: 'sim',
    'reconcile.max_flatten_notional_usdt': earnedUsdt,
  };
  const evidence = vitals.stage.evidence.map((one) => ({ ...one, covered: coveredFor(one.stage, covered) }));
  vitals.stage = { ...vitals.stage, evidence };
  vitals.prerequisites = judgePrerequisites(hand.core);
  takeDecision(hand.core, NO_DIFFERENCE, true);
  return hand;
}

test('a cap that is raised within the evidence is to be acknowledged at once, not some seconds later', () => {
  using hand = inStage3(`${TESTNET}reconcile: {max_flatten_notional_usdt: 90}`, '150');
  reload(hand, `${TESTNET}reconcile: {max_flatten_notional_usdt: 150}`);
  expect(hand.core.vitals.stage.inForce).toBe(3);
  const cap = hand.core.vitals.prerequisites?.find(({ id }) => id === 'flatten_cap');
  expect(cap).toMatchObject({ verdict: 'INCONCLUSIVE', figure: '150' });
});

test('nothing is offered before a plan was made under the new settings', async () => {
  using hand = inStage3('reconcile: {max_flatten_notional_usdt: 90}', '100');
  hand.clock.mono += 1;
  reload(hand, 'reconcile: {max_flatten_notional_usdt: 100}');
  const early = await hand.command('stage', { stage: 4 });
  expect([early.exit_code, early.confirmation]).toEqual([75, undefined]);
  expect(early.message).toContain('under these settings');
  hand.clock.mono += 1;
  takeDecision(hand.core, NO_DIFFERENCE, true);
  expect((await hand.command('stage', { stage: 4 })).confirmation).toBeDefined();
});

/** In a stage that lacks a second of its dwell and nothing else; the reload comes, and that second passes. */
function reloadedBeforeTheEnd(stage: 1 | 2, before: string, after: string): HandCore {
  const hand = handCore({ config: before });
  const { clock, core } = hand;
  hand.raiseTo(stage);
  const { vitals, settings } = core;
  vitals.stage = {
    ...vitals.stage,
    request: { stage: 3, by: 'test' },
    progress: {
      ...vitals.stage.progress,
      ...{ dwellMs: settings.ceremony.dwellMs - 1000, runs: 99, lastRunMonoMs: clock.mono, matched: true },
      ...{ planned: 1, plannedInAudit: 1, blocked: { dry_run: 1 } },
    },
  };
  reload(hand, after);
  clock.mono += 1000;
  clock.wall += 1000;
  sendStageEvent(core, { type: 'tick' });
  return hand;
}

test.each<[1 | 2, string, string]>([
  [1, 'reconcile: {symbol_whitelist: [BTCUSDT]}', 'reconcile: {symbol_whitelist: [BTCUSDT, ETHUSDT]}'],
  [1, 'reconcile: {max_flatten_notional_usdt: 10}', 'reconcile: {max_flatten_notional_usdt: 100}'],
  [2, 'reconcile: {action: cancel_all}', 'reconcile: {action: auto}'],
])(
  'stage %i is not passed for wider settings by a dwell under narrower ones (%s)',
  (stage, before, after) => {
    using hand = reloadedBeforeTheEnd(stage, before, after);
    const { inForce, evidence, progress } = hand.core.vitals.stage;
    expect([inForce, evidence.some((one) => one.stage === stage)]).toEqual([stage, false]);
    expect(progress.dwellMs).toBeLessThanOrEqual(1000);
    expect([progress.planned, progress.runs]).toEqual([0, 0]);
  },
);

test.each<[1 | 2, string, string]>([
  [1, 'reconcile: {max_flatten_notional_usdt: 100}', 'reconcile: {max_flatten_notional_usdt: 10}'],
  // Stage 1 plans nothing, and so the action is none of its settings.
  [1, 'reconcile: {action: cancel_all}', 'reconcile: {action: auto}'],
  [2, 'reconcile: {action: auto}', 'reconcile: {action: cancel_all}'],
])('stage %i keeps its dwell where the new settings are covered by it (%s)', (stage, before, after) => {
  using hand = reloadedBeforeTheEnd(stage, before, after);
  expect(hand.core.vitals.stage.evidence.some((one) => one.stage === stage)).toBe(true);
});
