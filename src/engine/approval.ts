/**
 * The approval of stage 4, and of more time in it: a code bound to a digest of everything it stands for, good for two
 * minutes and one use, given by as many different operators as the settings ask for. Pure: codes and clocks come in.
 */
import type { Instant } from './progress.ts';

/** Somebody at a keyboard. `verified`: a token of their own proved the name. */
export interface Operator {
  readonly name: string;
  readonly verified: boolean;
}

/** An open question to operators. */
export interface Offer {
  readonly purpose: 'enter' | 'renew';
  /** The code that the next approval takes; null when it has not been shown yet. */
  readonly code: string | null;
  /** To whom: nobody else can give it back. */
  readonly shownTo: Operator;
  readonly digest: string;
  readonly untilMonoMs: number;
  /** By the wall clock too: what was shown before a suspend is old after it. */
  readonly untilMs: number;
  /** Wrong phrases given so far for this code. */
  readonly wrong: number;
  /** Who has approved it, in order. */
  readonly approvedBy: readonly string[];
}

/** What an approval is held against now. */
export interface Approving extends Instant {
  /** `<host> 4` or `<host> renew`: what comes before the code. */
  readonly prefix: string;
  readonly digest: string;
  /** How many different operators have to approve. */
  readonly needed: number;
}

/** What became of a phrase. `partly`: one approval more, and another operator is needed. */
export type Redeemed =
  | { readonly kind: 'approved'; readonly approvedBy: readonly string[] }
  | { readonly kind: 'partly'; readonly offer: Offer }
  | { readonly kind: 'denied'; readonly why: string; readonly offer: Offer | null };

export const OFFER_LIFETIME_MS = 120_000;
/** Wrong phrases after which an offer is void, so that a code can't be guessed. */
const MAX_WRONG = 3;

/** Opens an offer for whoever asks, or shows them a new code for one that somebody else has approved in part and that still stands for the same. */
export function openOffer(
  before: Offer | null,
  what: Pick<Offer, 'purpose' | 'digest' | 'shownTo'> & { readonly code: string },
  now: Instant,
): Offer {
  if (before !== null && stillPartly(before, what, now))
    return { ...before, code: what.code, shownTo: what.shownTo };
  return { ...what, ...lifeFrom(now), wrong: 0, approvedBy: [] };
}

/** Tells whether an offer has approvals, wants more, and stands for the same as now. */
export function stillPartly(offer: Offer, what: Pick<Offer, 'purpose' | 'digest'>, now: Instant): boolean {
  const same = offer.purpose === what.purpose && offer.digest === what.digest;
  return same && offer.approvedBy.length > 0 && !isOver(offer, now);
}

/** Tells whether an offer's time is over, by either clock. */
export function isOver(offer: Pick<Offer, 'untilMs' | 'untilMonoMs'>, now: Instant): boolean {
  return now.nowMonoMs >= offer.untilMonoMs || now.nowMs >= offer.untilMs;
}

function lifeFrom(now: Instant): Pick<Offer, 'untilMs' | 'untilMonoMs'> {
  return { untilMs: now.nowMs + OFFER_LIFETIME_MS, untilMonoMs: now.nowMonoMs + OFFER_LIFETIME_MS };
}

/** Takes a phrase: once right, and three times wrong at most. A digest that moved uses the offer up. */
export function redeemOffer(
  offer: Offer | null,
  given: { readonly phrase: string; readonly by: Operator },
  now: Approving,
): Redeemed {
  const denied = (why: string, left: Offer | null): Redeemed => ({ kind: 'denied', why, offer: left });
  if (offer === null || offer.code === null || isOver(offer, now))
    return denied(NONE_OPEN, offer !== null && isOver(offer, now) ? null : offer);
  if (given.phrase.trim() !== `${now.prefix} ${offer.code}`) {
    const wrong = offer.wrong + 1;
    const left = wrong >= MAX_WRONG ? null : { ...offer, wrong };
    const end = left === null ? ', which is void now' : '';
    return denied(`the phrase is not "${phraseWords(offer)}" of the open confirmation${end}`, left);
  }
  if (now.digest !== offer.digest)
    return denied(`${MOVED[offer.purpose]} moved since the code was shown: look again`, null);
  const stranger = whyNotCounted(offer, given.by, now.needed);
  if (stranger !== null) return denied(stranger, offer);
  if (!isSame(offer.shownTo, given.by))
    return denied(
      `the code was shown to ${named(offer.shownTo)}, not to ${named(given.by)}: ask for one of your own`,
      offer,
    );
  const approvedBy = [...offer.approvedBy, given.by.name];
  if (approvedBy.length >= now.needed) return { kind: 'approved', approvedBy };
  return { kind: 'partly', offer: { ...offer, ...lifeFrom(now), code: null, wrong: 0, approvedBy } };
}

const NONE_OPEN =
  'there is no open confirmation, or its 2 minutes are over: ask without --confirm first and read what it shows';
const MOVED = { enter: 'settings, evidence or plan', renew: 'settings or executions' } as const;

function phraseWords({ purpose }: Offer): string {
  return purpose === 'enter' ? '<host> 4 <code>' : '<host> renew <code>';
}

function isSame(one: Operator, other: Operator): boolean {
  return one.name === other.name && one.verified === other.verified;
}

function named({ name, verified }: Operator): string {
  return verified ? `${name} (by token)` : name;
}

/** Two approvals are two only when tokens tell the operators apart. */
function whyNotCounted(offer: Offer, by: Operator, needed: number): string | null {
  if (needed < 2) return null;
  if (!by.verified)
    return `${needed} approvals are asked for, and only a token tells operators apart: give --operator-token-file`;
  return offer.approvedBy.includes(by.name)
    ? `${by.name} has approved already: another operator is needed`
    : null;
}
