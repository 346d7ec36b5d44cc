/**
 * Decides what may run: every planned action meets every gate. Pure.
 *
 * Invariants: planned = runnable + blocked; what passes earlier in a run counts against the caps of what comes
 * later; a flatten passes only when no cancel of the run did (in mode `auto`).
 */
import type { Confirmation, GateWorld, RunUsage } from '../gates/gate.ts';
import { firstClosed, judgeAll, worldVerdicts } from '../gates/index.ts';
import type { ChunkLimits } from './chunk.ts';
import { sum } from './decimal.ts';
import { plan } from './plan.ts';
import type { JudgedAction, Mismatch, PlannedAction, SymbolRules, Verdict } from './types.ts';

/** What became of an action in earlier runs. */
export interface ActionHistory {
  readonly failures: number;
  /** Executing runs in which it was planned and had to wait. */
  readonly waitedRuns: number;
}

/** What a decision is made of. */
export interface DecideInputs {
  /** In the contract's order, as compare gives them. */
  readonly mismatches: readonly Mismatch[];
  readonly world: GateWorld;
  readonly rules: ReadonlyMap<string, SymbolRules>;
  /** How a position too large for one flatten is taken apart; absent or null: not at all. */
  readonly chunks?: ChunkLimits | null;
  /** How well a mismatch is confirmed, by its key. */
  readonly confirmationOf: (key: string) => Confirmation | null;
  /** By action id; an action without an entry is new. */
  readonly history: ReadonlyMap<string, ActionHistory>;
}

/** What may run, what may not, and why. */
export interface Decision {
  readonly mismatches: readonly Mismatch[];
  /** Every planned action with its verdicts, in the contract's order; empty while the action in force is none. */
  readonly planned: readonly JudgedAction[];
  /** Those with all gates open, in the order in which to execute them. */
  readonly runnable: readonly JudgedAction[];
  /** One verdict a gate: closed if it was closed for any planned action. */
  readonly gates: readonly Verdict[];
}

/** Nothing taken yet. */
export const UNUSED_RUN: RunUsage = { orders: 0, symbols: [], calls: 0, notionalUsdt: '0', cancels: 0 };

/** Executing runs that an action waits before it goes first. */
const PATIENCE_RUNS = 2;

/** Plans and judges; the caller writes it down and executes `runnable`. */
export function decide(inputs: DecideInputs): Decision {
  const { mismatches, world } = inputs;
  const actions = isPlanning(world) ? plan(mismatches, { ...inputs, prices: world.prices }) : [];
  const judged = judgeInTurn(executionOrder(actions, inputs.history), inputs);
  const byId = new Map(judged.map((one) => [one.action.id, one]));
  return {
    mismatches,
    planned: actions.flatMap((action) => byId.get(action.id) ?? []),
    runnable: judged.filter((one) => one.reason === null),
    gates: summarize(worldVerdicts(world), judged),
  };
}

/** Adds one action to what a run has taken. */
export function spend(run: RunUsage, action: PlannedAction): RunUsage {
  return {
    orders: run.orders + 1,
    symbols: run.symbols.includes(action.symbol) ? run.symbols : [...run.symbols, action.symbol],
    calls: run.calls + 1,
    notionalUsdt: sum([run.notionalUsdt, action.notionalUsdt ?? '0']),
    cancels: run.cancels + (action.action === 'cancel' ? 1 : 0),
  };
}

function isPlanning({ switches }: GateWorld): boolean {
  return switches.loop && switches.action !== 'none';
}

/** Cancels before flattens; within a kind what waited first, what failed last, else the contract's order. */
function executionOrder(
  actions: readonly PlannedAction[],
  history: DecideInputs['history'],
): readonly PlannedAction[] {
  const rank = (action: PlannedAction) => {
    const past = history.get(action.id);
    const turn = past === undefined ? 1 : past.failures > 0 ? 2 : past.waitedRuns >= PATIENCE_RUNS ? 0 : 1;
    return (action.action === 'cancel' ? 0 : 10) + turn;
  };
  return actions.toSorted((a, b) => rank(a) - rank(b));
}

function judgeInTurn(actions: readonly PlannedAction[], inputs: DecideInputs): readonly JudgedAction[] {
  const judged: JudgedAction[] = [];
  let run = UNUSED_RUN;
  for (const action of actions) {
    const verdicts = judgeAll({
      action,
      world: inputs.world,
      run,
      confirmation: inputs.confirmationOf(action.mismatch.key),
      failures: inputs.history.get(action.id)?.failures ?? 0,
    });
    const reason = firstClosed(verdicts);
    judged.push({ action, verdicts, reason });
    if (reason === null) run = spend(run, action);
  }
  return judged;
}

/** The first closed verdict any action met, else the first action's, else the world's. */
function summarize(world: readonly Verdict[], judged: readonly JudgedAction[]): readonly Verdict[] {
  return world.map((verdict, index) => {
    const met = judged.flatMap((one) => one.verdicts[index] ?? []);
    return met.find((one) => !one.open) ?? met[0] ?? verdict;
  });
}
