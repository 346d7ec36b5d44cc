/**
 * Proves that each gate alone blocks the canary with its own reason: a shadow evaluation by the very gates, in which all
 * others are open. Pure: nothing here can reach a writer.
 */
import type { GateInput } from '../gates/gate.ts';
import { firstClosed, GATES, judgeAll } from '../gates/index.ts';
import { SHADOWS } from '../gates/shadow.ts';
import type { Shadow } from '../gates/shadow-steps.ts';
import { type ActionKind, GATE_NAMES, type GateName } from './types.ts';

/** What one gate did. */
export interface GateProof {
  readonly gate: GateName;
  readonly verdict: 'PASS' | 'FAIL';
  /** The reason that the canary was blocked with; null when it was not. */
  readonly reason: GateName | null;
  /** The kind of canary. */
  readonly aim: ActionKind;
  readonly value: string;
  readonly limit: string;
  /** Other gates that closed with it. */
  readonly also: readonly GateName[];
  /** As the gate stands outside the shadow. */
  readonly now: 'open' | 'closed';
  /** Why it is not proven; empty when it is. */
  readonly why: string;
}

/** The canary in both kinds, with the world of the moment. */
export type CanaryInputs = Readonly<Record<ActionKind, GateInput>>;

/** Walks gate by gate, in the contract's order. `shadows` is for tests. */
export function proveGates(
  inputs: CanaryInputs,
  shadows: Readonly<Record<GateName, Shadow>> = SHADOWS,
): readonly GateProof[] {
  const opened = { cancel: openAll(inputs.cancel, shadows), flatten: openAll(inputs.flatten, shadows) };
  return GATE_NAMES.map((gate) => {
    const shadow = shadows[gate];
    return proveOne(gate, shadow, { now: inputs[shadow.aim], open: opened[shadow.aim] });
  });
}

function proveOne(
  gate: GateName,
  shadow: Shadow,
  input: { readonly now: GateInput; readonly open: GateInput },
): GateProof {
  const stuck = judgeAll(input.open).filter(({ open }) => !open);
  const closed = judgeAll(shadow.close(input.open));
  const own = closed.find((one) => one.gate === gate);
  const reason = firstClosed(closed);
  const also = closed.filter((one) => !one.open && one.gate !== gate).map((one) => one.gate);
  const stray = also.filter((one) => shadow.implies?.includes(one) !== true);
  const why =
    stuck.length > 0
      ? `can't be opened: ${stuck.map((one) => one.gate).join(' ')}`
      : own?.open !== false
        ? 'stayed open'
        : reason !== gate
          ? `blocked by ${reason ?? 'nothing'}`
          : stray.length > 0
            ? `not alone: ${stray.join(' ')}`
            : '';
  const isOpenNow = judgeAll(input.now).find((one) => one.gate === gate)?.open === true;
  return {
    gate,
    verdict: why === '' ? 'PASS' : 'FAIL',
    reason,
    aim: shadow.aim,
    value: own?.value ?? '',
    limit: own?.limit ?? '',
    also,
    now: isOpenNow ? 'open' : 'closed',
    why,
  };
}

/** Opens what is shut, gate by gate; twice, because one may open what another one shut again. */
function openAll(input: GateInput, shadows: Readonly<Record<GateName, Shadow>>): GateInput {
  let opened = input;
  for (let round = 0; round < 2; round += 1) {
    for (const { name } of GATES) {
      const isShut = judgeAll(opened).some((one) => one.gate === name && !one.open);
      if (isShut) opened = shadows[name].open(opened);
    }
  }
  return opened;
}
