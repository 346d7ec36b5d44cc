/** The status document's word on the user stream: how it agrees with the reads, and how old the last sweep is. */
import type { StatusDocument } from '../control/protocol.ts';
import { escapeText } from '../engine/escape.ts';
import { SWEEP_EVERY_MS } from '../exchange/sweep.ts';
import type { Core } from './core.ts';

/** Presents it as of a monotonic time. */
export function streamOf({ vitals }: Core, nowMonoMs: number): StatusDocument['stream'] {
  const { counts, last, stands } = vitals.disagreements;
  const sweptAtMonoMs = vitals.complete?.sweptAtMonoMs ?? null;
  return {
    disagreements: Object.values(counts).reduce((total, count) => total + count, 0),
    by_kind: { ...counts },
    last_disagreement: last === null ? null : { text: escapeText(last.text, 300), at_ms: last.atMs },
    swept_age_ms: sweptAtMonoMs === null ? null : nowMonoMs - sweptAtMonoMs,
    sweep_every_ms: SWEEP_EVERY_MS,
    disagrees: stands,
  };
}
