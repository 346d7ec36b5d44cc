/** What an approval stands for: the digests it is bound to, and the document that shows it. */
import { createHash } from 'node:crypto';
import { coveredFor } from '../config/covered.ts';
import type { Confirmation4, StatusDocument } from '../control/protocol.ts';
import type { Offer } from '../engine/approval.ts';
import { leaseLeftMs } from '../engine/lease.ts';
import type { JudgedAction } from '../engine/types.ts';
import { stageContext } from './ceremony.ts';
import { type Core, instant } from './core.ts';
import { acknowledgements } from './prerequisites.ts';

/** The open offer as an operator reads it before typing its phrase. */
export function confirmationOf(core: Core, offer: Offer): Confirmation4 {
  const { identity, settings, vitals, clock } = core;
  const word = offer.purpose === 'enter' ? '4' : 'renew';
  const { lease } = vitals.stage;
  return {
    host: identity.host,
    code: offer.code ?? '',
    phrase: `${identity.host} ${word} ${offer.code ?? ''}`,
    expires_in_ms: Math.max(0, Math.round(offer.untilMonoMs - clock.monoMs())),
    plan: planLines(core),
    covered: coveredFor(4, stageContext(core).covered),
    unacknowledged: openItems(core),
    digest: offer.digest,
    purpose: offer.purpose,
    approvals: approvalsOf(core, offer),
    ...(offer.purpose === 'enter'
      ? {}
      : {
          executions: { sent: vitals.armedWork.sent, lines: [...vitals.armedWork.lines] },
          lease_left_ms: lease === null ? 0 : leaseLeftMs(lease, instant(clock)),
          lease_ms: settings.arming.lease,
        }),
  };
}

/** Approvals given and asked for, without any code; null while nothing is asked. */
export function approvalStatus(core: Core): NonNullable<StatusDocument['approval']> | null {
  const { offer } = core.vitals;
  if (offer === null) return null;
  const expiresInMs = Math.max(0, Math.round(offer.untilMonoMs - core.clock.monoMs()));
  return { purpose: offer.purpose, ...approvalsOf(core, offer), expires_in_ms: expiresInMs };
}

function approvalsOf({ settings }: Core, offer: Offer): { done_by: string[]; needed: number } {
  const needed = offer.purpose === 'enter' ? settings.ceremony.approvals : 1;
  return { done_by: [...offer.approvedBy], needed };
}

/** What stage 4 still waits for, by name. */
export function openItems(core: Core): { item: string; why: string }[] {
  return acknowledgements(core)
    .filter(({ doneBy }) => doneBy === null)
    .map(({ item, why }) => ({ item, why }));
}

/** What would be executed now, one line an action, with the first gate that is closed besides the arming that is asked for. */
export function planLines(core: Core): string[] {
  return realPlan(core).map(({ action, reason, verdicts }) => {
    const other = verdicts.find(({ gate, open }) => !open && gate !== 'not_armed')?.gate;
    const closed = reason === 'not_armed' ? (other ?? 'open') : (reason ?? 'open');
    const what =
      action.action === 'cancel'
        ? (action.clientOrderId ?? '')
        : `${action.quantity ?? ''} ${action.positionSide ?? ''} (${action.notionalUsdt ?? '?'} USDT)`;
    return `${action.action} ${action.symbol} ${what} [${closed}]`;
  });
}

/** The plan without the canary, which is never sent. */
function realPlan(core: Core): readonly JudgedAction[] {
  return (core.vitals.decision?.planned ?? []).filter(({ action }) => !action.synthetic);
}

/** A digest of settings, program, account, position mode, evidence and plan. */
export function entryDigest(core: Core): string {
  const { settings, vitals } = core;
  const evidence = vitals.stage.evidence.map(({ stage, passedAtMs, version }) => [
    stage,
    stage === 0 ? 0 : passedAtMs,
    version,
  ]);
  // The position, not the part of it that goes first: that follows the price, and no code would ever still be good.
  const plan = realPlan(core).map(({ action }) => [
    action.id,
    action.orderId,
    action.mismatch.observedPosition?.amount ?? action.quantity,
  ]);
  return digestOf([...whatRuns(core), settings.digest, evidence, plan]);
}

/** A digest of settings, program, account, position mode, the arming and what was sent in it or is on its way. */
export function renewalDigest(core: Core): string {
  const { settings, vitals } = core;
  const { lease, inForce } = vitals.stage;
  return digestOf([
    ...whatRuns(core),
    settings.digest,
    inForce,
    lease?.grantedAtMs ?? null,
    vitals.armedWork,
    core.journal.state().dispatches.at(-1)?.intentId ?? null,
  ]);
}

function whatRuns({ identity, vitals }: Core): readonly unknown[] {
  const { version, commit, account } = identity;
  return [version, commit, account, vitals.observation?.positionMode ?? null];
}

function digestOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
