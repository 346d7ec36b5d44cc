/**
 * `prove`: the canary through detection and plan, then gate by gate in a shadow of this daemon's world. Nothing of it is
 * handed to a run or an executor.
 */
import type { CommandReply } from '../control/protocol.ts';
import type { JsonObject } from '../engine/audit-record.ts';
import { compare } from '../engine/compare.ts';
import { UNUSED_RUN } from '../engine/decide.ts';
import { type CanaryInputs, type GateProof, proveGates } from '../engine/gate-proof.ts';
import { plan } from '../engine/plan.ts';
import type {
  ExpectedState,
  Mismatch,
  Observation,
  ObservedPosition,
  PlannedAction,
} from '../engine/types.ts';
import type { GateInput } from '../gates/gate.ts';
import { canaryOrder, canaryRefusal } from './canary.ts';
import { entryBase } from './ceremony.ts';
import { compareOptions } from './comparing.ts';
import type { Core } from './core.ts';
import { chunkLimits, gateWorld } from './world.ts';

/** Proves every gate of this daemon now and writes it to the audit; refused like the canary, which is no gate's failure. */
export function proveHere(core: Core, by: string): CommandReply {
  const refused = canaryRefusal(core);
  if (refused !== null) return { schema_version: 1, ok: false, exit_code: 75, message: refused };
  const inputs = canaryInputs(core);
  if (typeof inputs === 'string') return { schema_version: 1, ok: false, exit_code: 75, message: inputs };
  const gates = proveGates(inputs);
  const proven = gates.filter(({ verdict }) => verdict === 'PASS').length;
  const { settings, identity } = core;
  const appended = core.journal.append({
    ...entryBase(core),
    event_type: 'CANARY_INJECTED',
    symbols: [inputs.cancel.action.symbol],
    operator: by,
    synthetic: true,
    details: {
      gate_proof: {
        ...{ proven, total: gates.length, config_digest: settings.digest, version: identity.version },
        gates: gates.map(proofJson),
      },
    },
  });
  const failed = gates.filter(({ verdict }) => verdict === 'FAIL').map(({ gate, why }) => `${gate} (${why})`);
  const text =
    failed.length === 0
      ? `${proven} of ${gates.length} gates proven: each alone blocks the canary with its own reason`
      : `${proven} of ${gates.length} gates proven; NOT proven: ${failed.join(', ')}`;
  core.notebook.note(failed.length === 0 ? 'info' : 'alarm', 'GATES_PROVEN', `${text} (by ${by})`);
  const unwritten = appended.ok ? '' : `; NOT in the audit: ${appended.problem}`;
  const isOk = failed.length === 0 && appended.ok;
  return {
    ...{ schema_version: 1, ok: isOk, exit_code: isOk ? 0 : 1, message: `${text}${unwritten}` },
    proof: { proven, total: gates.length, gates: gates.map((one) => ({ ...one, also: [...one.also] })) },
  };
}

/** The canary in both kinds as a run would have planned it, or why that can't be done now. */
function canaryInputs(core: Core): CanaryInputs | string {
  const expected = core.feed.state();
  const symbol = core.settings.reconcile.symbolWhitelist[0] ?? '';
  const world = gateWorld(core, expected);
  const mismatches = detect(core, symbol, expected);
  const actions = plan(mismatches, {
    prices: world.prices,
    rules: core.vitals.rules,
    chunks: chunkLimits(core.settings),
  });
  const input = (action: PlannedAction): GateInput => ({
    ...{ action, world, run: UNUSED_RUN, confirmation: null, failures: 0 },
  });
  const cancel = actions.find(({ action }) => action === 'cancel');
  const flatten = actions.find(({ action }) => action === 'flatten');
  if (cancel === undefined || flatten === undefined)
    return `the canary was not detected as it should be: ${mismatches.map(({ reportOnlyBecause }) => reportOnlyBecause).join(' ') || 'no mismatch'}; wait for the exchange's rules and try again`;
  return { cancel: input(cancel), flatten: input(flatten) };
}

/**
 * Compares a picture of the canary alone, an order of ours and a position where 0 is expected: the rest of a large account
 * would hold up a stop, and what becomes of the canary doesn't depend on it.
 */
function detect(core: Core, symbol: string, expected: ExpectedState): readonly Mismatch[] {
  const { vitals, clock } = core;
  const order = canaryOrder(core, symbol);
  const side = vitals.complete?.positionMode === 'hedge' ? 'LONG' : 'BOTH';
  const position: ObservedPosition = {
    symbol,
    positionSide: side,
    amount: vitals.rules.get(symbol)?.minQuantity ?? '1',
    entryPrice: '0',
    updatedAtMs: order.updatedAtMs,
  };
  const picture: Observation = {
    complete: true,
    startedMonoMs: clock.monoMs(),
    endedMonoMs: clock.monoMs(),
    endedAtMs: clock.wallMs(),
    orders: [order],
    positions: [position],
    prices: [],
    positionMode: vitals.complete?.positionMode ?? null,
    reads: [],
    sweptAtMonoMs: null,
  };
  const flat = {
    symbol,
    positionSide: side,
    amount: '0',
    updatedAtMs: 0,
    readAtMonoMs: Number.NEGATIVE_INFINITY,
  } as const;
  const believed: ExpectedState = {
    ...expected,
    checkpoint: expected.checkpoint ?? {
      ...{ account: core.identity.account, environment: core.settings.exchange.environment },
      ...{ tsMs: clock.wallMs(), readAtMonoMs: clock.monoMs() },
    },
    orders: new Map(),
    positions: new Map([[`${symbol}/${side}`, flat]]),
    oneWordSince: null,
  };
  const found = compare(believed, picture, compareOptions(core)).mismatches;
  return found.flatMap((one) => {
    if (one.observedOrder?.orderId === order.orderId) return [one];
    return one.observedPosition === position ? [{ ...one, synthetic: true }] : [];
  });
}

function proofJson({ gate, verdict, reason, aim, value, limit, also, now, why }: GateProof): JsonObject {
  return { gate, verdict, reason, aim, value, limit, also, now, why };
}
