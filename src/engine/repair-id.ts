/** Ids of our own writes: unique, short, and never "ours" to the comparison. */
import { thisMachine } from './machine.ts';

/** Makes a client order id for a repair, `grc_<base36 time>_<random>`, at most 36 characters. */
export function newRepairClientOrderId(nowMs: number, randomHex = thisMachine.randomHex): string {
  return `grc_${stampOf(nowMs, randomHex)}`;
}

/** When a repair's id was made, wall time of whoever made it; null for what this program would not make. */
export function repairMadeAtMs(clientOrderId: string): number | null {
  const [, stamp] = /^grc_([0-9a-z]{1,9})_[0-9a-f]{16}$/.exec(clientOrderId) ?? [];
  return stamp === undefined ? null : Number.parseInt(stamp, 36);
}

/** Makes an intent's id, `int_<base36 time>_<random>`. */
export function newIntentId(nowMs: number, randomHex = thisMachine.randomHex): string {
  return `int_${stampOf(nowMs, randomHex)}`;
}

function stampOf(nowMs: number, randomHex: (bytes: number) => string): string {
  return `${Math.max(0, Math.floor(nowMs)).toString(36)}_${randomHex(8)}`;
}
