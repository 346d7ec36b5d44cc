/**
 * The CHECKPOINT at the head of every file of a rotated journal: the whole state before it, in as many lines as it takes.
 * Pure.
 *
 * Whoever has read the lines before it too compares; whoever begins with it takes its word, which the hash chain up to
 * the head record vouches for. So both come to the same state.
 */
import { z } from 'zod';
import {
  type AuditEntry,
  type AuditRecord,
  auditRecordSchema,
  escapeEntry,
  type Json,
  type JsonObject,
} from './audit-record.ts';
import { canonical } from './canonical.ts';
import { type CheckpointDraft, itemOf, itemText } from './checkpoint-text.ts';
import { type Dispatch, EMPTY_STATE, type JournalState, type OpenIntent } from './journal-state.ts';

/** Bytes of state a line may carry, about; far below the longest line. */
const PART_BYTES = 262_144;

/** Who adopted a journal, and what it had before. */
export type Adoption = { readonly operator: string; readonly details: JsonObject };

/** Writes a state as entries, in order; `keepsFromSeq` is the oldest line that stays on disk. */
export function checkpointEntries(
  state: JournalState,
  more: { readonly keepsFromSeq: number; readonly adoption?: Adoption },
): readonly AuditEntry[] {
  return checkpointParts(state, more).map(({ items, entry }) => entry(items));
}

/** The same as checkpointEntries, with the items apart. */
export function checkpointParts(
  state: JournalState,
  more: { readonly keepsFromSeq: number; readonly adoption?: Adoption },
): readonly CheckpointDraft[] {
  const { adoption } = more;
  const parts = chunks(itemsOf(state));
  return parts.map((held, index) => ({
    items: held,
    entry: (items) => ({
      event_type: 'CHECKPOINT',
      run_id: '',
      mode: 'dry_run',
      stage: adoption === undefined ? (state.lastStageChange?.stage ?? 0) : 0,
      action: 'none',
      status: null,
      block_reason: null,
      symbols: [],
      mismatch_counts: {},
      details: {
        state: { part: index + 1, parts: parts.length, keeps_from_seq: more.keepsFromSeq, items },
        ...(adoption === undefined ? {} : { adopted: adoption.details }),
      },
      operator: adoption?.operator ?? null,
      synthetic: false,
    }),
  }));
}

const partSchema = z.object({
  part: z.number().int().positive(),
  parts: z.number().int().positive(),
  keeps_from_seq: z.number().int().nonnegative(),
  items: z.array(z.custom<Json>((value) => typeof value === 'object' && value !== null)),
});

/** One line of a checkpoint, as read. */
export type CheckpointPart = z.infer<typeof partSchema>;

/** Tells whether a record is a line of a checkpoint. */
export function isCheckpoint({ event_type, details }: AuditRecord): boolean {
  return event_type === 'CHECKPOINT' && details['state'] !== undefined;
}

/** Reads one line of a checkpoint; null when it can't be understood. */
export function readPart({ details }: AuditRecord): CheckpointPart | null {
  const parsed = partSchema.safeParse(details['state']);
  return parsed.success ? parsed.data : null;
}

/** Reads a whole checkpoint's items; null when one can't be understood. The chain's head is not among them. */
export function stateOf(items: readonly Json[]): JournalState | null {
  const parsed = z.array(itemSchema).safeParse(items);
  return parsed.success ? assemble(parsed.data) : null;
}

/** Tells whether a checkpoint says what the lines before it came to. */
export function saysTheSame(items: readonly Json[], before: JournalState): boolean {
  const entries = checkpointEntries(before, { keepsFromSeq: 0 }).map(escapeEntry);
  const ours = entries.flatMap(({ details }) => partSchema.parse(details['state']).items);
  return canonical(ours) === canonical(items);
}

const nullableNumber = z.number().nullable();
const itemSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('facts'),
    last_record_at_ms: nullableNumber,
    backoff_until_ms: z.number(),
    lines_lost_at_ms: nullableNumber,
    mass_found: z
      .strictObject({ fingerprint: z.string(), items: z.array(z.string()), figure: z.string() })
      .nullable(),
    // Only where there is one, so that the checkpoints of earlier programs say the same.
    other_executor: z
      .strictObject({ clientOrderId: z.string(), orderId: z.string(), symbol: z.string() })
      .optional(),
  }),
  z.strictObject({
    kind: z.literal('dispatch'),
    intentId: z.string(),
    atMs: z.number(),
    notionalUsdt: z.string(),
  }),
  z.strictObject({
    kind: z.literal('intent'),
    intentId: z.string(),
    seq: z.number(),
    actionId: z.string(),
    action: z.enum(['cancel', 'flatten']),
    symbol: z.string(),
    clientOrderId: z.string().nullable(),
    orderId: z.string().nullable(),
    conditional: z.boolean(),
    repairClientOrderId: z.string().nullable(),
    position: z
      .strictObject({
        side: z.enum(['BOTH', 'LONG', 'SHORT']),
        amount: z.string(),
        updatedAtMs: z.number().nullable().default(null),
      })
      .nullable(),
    requestHash: z.string(),
    notionalUsdt: z.string(),
    runId: z.string(),
    atMs: z.number(),
    status: z.enum(['open', 'unknown']),
  }),
  z.strictObject({ kind: z.literal('failures'), action_id: z.string(), count: z.number() }),
  z.strictObject({ kind: z.literal('stage_change'), record: auditRecordSchema }),
  z.strictObject({ kind: z.literal('record'), record: auditRecordSchema }),
]);
type Item = z.infer<typeof itemSchema>;

/** What a checkpoint of a state holds, in order. */
export function itemsOf(state: JournalState): readonly JsonObject[] {
  const { massFound, otherExecutor, lastStageChange } = state;
  return [
    {
      kind: 'facts',
      last_record_at_ms: state.lastRecordAtMs,
      backoff_until_ms: state.backoffUntilMs,
      lines_lost_at_ms: state.linesLostAtMs,
      mass_found: massFound === null ? null : { ...massFound },
      ...(otherExecutor === null ? {} : { other_executor: { ...otherExecutor } }),
    },
    ...state.dispatches.map((dispatch) => itemOf(dispatch, () => ({ kind: 'dispatch', ...dispatch }))),
    ...[...state.openIntents.values()].map((intent) => ({ kind: 'intent', ...intent })),
    ...[...state.failuresByItem].map(([action_id, count]) => ({ kind: 'failures', action_id, count })),
    ...(lastStageChange === null ? [] : [{ kind: 'stage_change', record: { ...lastStageChange } }]),
    ...state.ceremonyRecords.map((record) =>
      itemOf(record, () => ({ kind: 'record', record: { ...record } })),
    ),
  ];
}

function assemble(items: readonly Item[]): JournalState {
  const dispatches: Dispatch[] = [];
  const ceremonyRecords: AuditRecord[] = [];
  const openIntents = new Map<string, OpenIntent>();
  const failuresByItem = new Map<string, number>();
  let state = EMPTY_STATE;
  for (const item of items) {
    switch (item.kind) {
      case 'facts':
        state = {
          ...state,
          lastRecordAtMs: item.last_record_at_ms,
          backoffUntilMs: item.backoff_until_ms,
          linesLostAtMs: item.lines_lost_at_ms,
          massFound: item.mass_found,
          otherExecutor: item.other_executor ?? null,
        };
        break;
      case 'dispatch':
        dispatches.push(bare(item));
        break;
      case 'intent':
        openIntents.set(item.intentId, bare(item));
        break;
      case 'failures':
        failuresByItem.set(item.action_id, item.count);
        break;
      case 'stage_change':
        state = { ...state, lastStageChange: item.record };
        break;
      case 'record':
        ceremonyRecords.push(item.record);
        break;
    }
  }
  const lastWriteRunAtMs = dispatches.at(-1)?.atMs ?? null;
  return { ...state, dispatches, lastWriteRunAtMs, openIntents, failuresByItem, ceremonyRecords };
}

function bare<T extends { readonly kind: string }>({ kind: _, ...rest }: T): Omit<T, 'kind'> {
  return rest;
}

function chunks(items: readonly JsonObject[]): readonly (readonly JsonObject[])[] {
  const parts: JsonObject[][] = [[]];
  let bytes = 0;
  for (const item of items) {
    const size = itemText(item).length;
    if (bytes > 0 && bytes + size > PART_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(item);
    bytes += size;
  }
  return parts;
}
