/**
 * The confirmation that enters stage 4: a code bound to a digest of everything it stands for, good for two minutes and
 * for one use.
 */
import { createHash, randomBytes } from 'node:crypto';
import { coveredFor } from '../config/covered.ts';
import type { Confirmation4 } from '../control/protocol.ts';
import type { JudgedAction } from '../engine/types.ts';
import { stageContext } from './ceremony.ts';
import type { Core } from './core.ts';
import { acknowledgements } from './prerequisites.ts';

const LIFETIME_MS = 120_000;
/** Wrong codes after which the code is void, so that it can't be guessed. */
const MAX_WRONG = 3;

interface Offer {
  readonly code: string;
  readonly digest: string;
  readonly untilMonoMs: number;
  wrong: number;
}

/** Offers and checks codes. */
export interface Approvals {
  readonly offer: (core: Core) => Confirmation4;
  /** Takes the code, whatever it says, at most once right and three times wrong; says why not, or null. */
  readonly redeem: (core: Core, phrase: string) => string | null;
}

/** Starts without an offer. */
export function createApprovals(newCode: () => string = () => randomBytes(3).toString('hex')): Approvals {
  let offer: Offer | null = null;
  return {
    offer: (core) => {
      const digest = digestOf(core);
      offer = { code: newCode(), digest, untilMonoMs: core.clock.monoMs() + LIFETIME_MS, wrong: 0 };
      return {
        host: core.identity.host,
        code: offer.code,
        phrase: `${core.identity.host} 4 ${offer.code}`,
        expires_in_ms: LIFETIME_MS,
        plan: planLines(core),
        covered: coveredFor(4, stageContext(core).covered),
        unacknowledged: acknowledgements(core)
          .filter(({ doneBy }) => doneBy === null)
          .map(({ item, why }) => ({ item, why })),
        digest,
      };
    },
    redeem: (core, phrase) => {
      const current = offer;
      if (current === null)
        return 'there is no open confirmation: run `grinder stage 4` first and read what it shows';
      if (core.clock.monoMs() >= current.untilMonoMs) {
        offer = null;
        return 'the code is older than 2 minutes: run `grinder stage 4` again and read what it shows';
      }
      if (phrase.trim() !== `${core.identity.host} 4 ${current.code}`) {
        current.wrong += 1;
        if (current.wrong >= MAX_WRONG) offer = null;
        return `the phrase is not "<host> 4 <code>" of the open confirmation${offer === null ? ', which is void now' : ''}`;
      }
      offer = null;
      if (digestOf(core) !== current.digest)
        return 'settings, evidence or plan moved since the code was shown: look again';
      return null;
    },
  };
}

/** What would be executed now, one line an action. */
export function planLines(core: Core): string[] {
  return realPlan(core).map(({ action, reason }) => {
    const what =
      action.action === 'cancel'
        ? (action.clientOrderId ?? '')
        : `${action.quantity ?? ''} ${action.positionSide ?? ''} (${action.notionalUsdt ?? '?'} USDT)`;
    return `${action.action} ${action.symbol} ${what} [${reason ?? 'open'}]`;
  });
}

/** The plan without the canary, which is never sent. */
function realPlan(core: Core): readonly JudgedAction[] {
  return (core.vitals.decision?.planned ?? []).filter(({ action }) => !action.synthetic);
}

/** A digest of settings, program, account, position mode, evidence and plan. */
function digestOf(core: Core): string {
  const { settings, identity, vitals } = core;
  const evidence = vitals.stage.evidence.map(({ stage, passedAtMs, version }) => [
    stage,
    stage === 0 ? 0 : passedAtMs,
    version,
  ]);
  const plan = realPlan(core).map(({ action }) => [action.id, action.orderId, action.quantity]);
  const parts = [
    settings.digest,
    identity.version,
    identity.commit,
    identity.account,
    vitals.observation?.positionMode ?? null,
    evidence,
    plan,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
