/** Ids of our own writes: unique, short, and never "ours" to the comparison. */
import { randomBytes } from 'node:crypto';

/** Makes a client order id for a repair, `grc_<base36 time>_<random>`, at most 36 characters. */
export function newRepairClientOrderId(nowMs: number): string {
  return `grc_${stampOf(nowMs)}`;
}

/** Makes an intent's id, `int_<base36 time>_<random>`. */
export function newIntentId(nowMs: number): string {
  return `int_${stampOf(nowMs)}`;
}

function stampOf(nowMs: number): string {
  return `${Math.max(0, Math.floor(nowMs)).toString(36)}_${randomBytes(8).toString('hex')}`;
}
