/** S5 and S28, counted by the observer itself: calls and notional a run and a day, cooldown, failures of one item. */
import type { Fail } from './dispatch-rules.ts';
import type { Knowledge, Sent } from './knowledge.ts';
import type { Scenario } from './scenario.ts';

const DAY_MS = 86_400_000;
/** Fractions of two are summed up. */
const DIGITS = 1 + 1e-9;
/** From an intent until its write leaves; and by so much a clock may be off that may write, or date what was written before. */
const CLOCKS_MS = 5000;

/** Judges one departure against all before it. */
export function judgeBudgets(
  input: {
    readonly nowMs: number;
    readonly sent: Sent;
    readonly scenario: Scenario;
    readonly knowledge: Knowledge;
  },
  fail: Fail,
): void {
  const { nowMs, sent, scenario, knowledge } = input;
  const { budgets, reconcile } = scenario.settings;
  const before = knowledge.sent;
  const all = [...before, sent];
  const trailing = all.filter(({ departure }) => departure.atMs > nowMs - DAY_MS + CLOCKS_MS);
  const dayStartMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const today = all.filter(({ departure }) => departure.atMs >= dayStartMs);
  for (const [name, counted] of [
    ['24 h', trailing],
    ['UTC day', today],
  ] as const) {
    if (counted.length > budgets.maxCallsPerDay) fail('S5', `${counted.length} calls in a ${name}`);
    if (sum(counted) > Number(budgets.maxNotionalPerDayUsdt) * DIGITS)
      fail('S5', `${sum(counted)} USDT in a ${name}`);
  }
  const run = all.filter(({ runId }) => runId === sent.runId);
  if (run.length > Math.min(budgets.maxCallsPerRun, reconcile.maxOrdersPerAction))
    fail('S5', `${run.length} writes in run ${sent.runId}`);
  if (sum(run) > Number(budgets.maxNotionalPerRunUsdt) * DIGITS) fail('S5', `${sum(run)} USDT in a run`);
  const symbols = new Set(run.map(({ departure }) => departure.write.symbol));
  if (symbols.size > reconcile.maxSymbolsPerAction) fail('S5', `${symbols.size} symbols in a run`);
  const earlier = before.findLast(({ runId }) => runId !== sent.runId);
  const gapMs = earlier === undefined ? Number.POSITIVE_INFINITY : nowMs - earlier.departure.atMs;
  if (gapMs + CLOCKS_MS < reconcile.cooldownSeconds * 1000)
    fail('cooldown', `a run sent ${gapMs} ms after another`);
  if ((knowledge.failures.get(sent.item) ?? 0) >= 3)
    fail('S28', `${sent.item} failed three times and was sent again`);
}

function sum(counted: readonly Sent[]): number {
  return counted.reduce((total, { notionalUsdt }) => total + notionalUsdt, 0);
}
