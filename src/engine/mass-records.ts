/** A mass mismatch in the audit: found (a CHECKPOINT's `mass_mismatch`), and acknowledged by name. Pure. */
import { z } from 'zod';
import type { AuditRecord, JsonObject } from './audit-record.ts';
import { EVIDENCE_MAX_AGE_MS } from './evidence.ts';

/** The name under which an operator acknowledges it. */
export const MASS_ITEM = 'mass_mismatch';

/** A mass mismatch that lowered the stage: the set as it was seen last. */
export interface MassFound {
  readonly fingerprint: string;
  readonly items: readonly string[];
  /** For people, such as "7 of 9 unexpected, 2 match". */
  readonly figure: string;
}

const found = z.object({
  fingerprint: z.string().min(1).max(64),
  items: z.array(z.string().max(64)),
  figure: z.string().max(200),
});
const acknowledged = z.object({
  item: z.literal(MASS_ITEM),
  fingerprint: z.string(),
  items: z.array(z.string()),
});

/** The details of the record that says it was found. */
export function foundDetails({ fingerprint, items, figure }: MassFound): JsonObject {
  return { mass_mismatch: { fingerprint, items, figure } };
}

/** The details of the record that says it was acknowledged. */
export function acknowledgedDetails({ fingerprint, items, figure }: MassFound): JsonObject {
  return { item: MASS_ITEM, fingerprint, items, figure };
}

/** Folds one record: what is found waits until that very set is acknowledged. What can't be understood waits too. */
export function foldMass(waiting: MassFound | null, record: AuditRecord): MassFound | null {
  const told = record.details[MASS_ITEM];
  if (record.event_type === 'CHECKPOINT' && told !== undefined) {
    const parsed = found.safeParse(told);
    return parsed.success ? parsed.data : { fingerprint: 'unknown', items: [], figure: 'not readable' };
  }
  if (record.event_type !== 'ACKNOWLEDGED' || waiting === null) return waiting;
  const parsed = acknowledged.safeParse(record.details);
  return parsed.success && parsed.data.fingerprint === waiting.fingerprint ? null : waiting;
}

/** Tells whether one acknowledgement of the last seven days holds all of these items. */
export function isAcknowledged(
  items: readonly string[],
  records: readonly AuditRecord[],
  nowMs: number,
): boolean {
  return records.some((record) => {
    if (record.event_type !== 'ACKNOWLEDGED' || nowMs - record.ts_ms > EVIDENCE_MAX_AGE_MS) return false;
    const parsed = acknowledged.safeParse(record.details);
    if (!parsed.success) return false;
    const known = new Set(parsed.data.items);
    return items.every((item) => known.has(item));
  });
}
