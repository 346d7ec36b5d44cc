/**
 * Who gives a command. A name alone is what somebody typed. A token proves that whoever typed it can read that operator's
 * token file, and nothing more: operators who share a user account, or root, can read each other's.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Settings } from '../config/load.ts';
import type { Operator } from '../engine/approval.ts';
import { escapeText } from '../engine/escape.ts';

/** What a command says about who gives it. */
export interface Claim {
  readonly operator: string;
  readonly token?: string | undefined;
}

const MIN_TOKEN = 32;

/** Names the operator; with a token the name is the token's. A token that is nobody's is a refusal, never a plain name. */
export function identify(
  settings: Pick<Settings, 'ceremony'>,
  claim: Claim,
): { readonly ok: true; readonly operator: Operator } | { readonly ok: false; readonly why: string } {
  if (claim.token === undefined)
    return { ok: true, operator: { name: escapeText(claim.operator, 64), verified: false } };
  const { operators } = settings.ceremony;
  if (claim.token.length < MIN_TOKEN)
    return { ok: false, why: `the token is shorter than ${MIN_TOKEN} characters` };
  const digest = createHash('sha256').update(claim.token).digest();
  const found = operators.filter(({ tokenSha256 }) =>
    timingSafeEqual(Buffer.from(tokenSha256, 'hex'), digest),
  );
  const [one] = found;
  if (one === undefined)
    return { ok: false, why: "the token is no operator's (ceremony.operators lists the sha256 of each)" };
  return { ok: true, operator: { name: one.name, verified: true } };
}
