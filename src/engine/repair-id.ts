/** Ids of our own writes: unique, short, and never "ours" to the comparison. */
import { thisMachine } from './machine.ts';

/** Makes a client order id for a repair, `grc_<base36 time>_<random>`, at most 36 characters. */
export function newRepairClientOrderId(nowMs: number, randomHex = thisMachine.randomHex): string {
  return `grc_${stampOf(nowMs, randomHex)}`;
}

/** Makes an intent's id, `int_<base36 time>_<random>`. */
export function newIntentId(nowMs: number, randomHex = thisMachine.randomHex): string {
  return `int_${stampOf(nowMs, randomHex)}`;
}

function stampOf(nowMs: number, randomHex: (bytes: number) => string): string {
  return `${Math.max(0, Math.floor(nowMs)).toString(36)}_${randomHex(8)}`;
}
