/** What one line of the audit journal holds. Names are the contract's, so they are snake_case. */
import { z } from 'zod';
import { escapeText } from './escape.ts';

export const AUDIT_SCHEMA_VERSION = 1;

export const AUDIT_EVENT_TYPES = [
  'RECONCILE_RUN',
  'REMEDIATE_ATTEMPT',
  'REMEDIATE_RESULT',
  'STAGE_CHANGED',
  'STAGE_EVIDENCE',
  'STOP_LATCHED',
  'STOP_CLEARED',
  'ACKNOWLEDGED',
  'APPROVED',
  'CONFIG_LOADED',
  'CANARY_INJECTED',
  'CHECKPOINT',
] as const;
export type AuditEventType = (typeof AUDIT_EVENT_TYPES)[number];

export const AUDIT_STATUSES = [
  'PLANNED',
  'BLOCKED',
  'INTENT',
  'EXECUTED',
  'REJECTED',
  'UNKNOWN',
  'FAILED',
] as const;
export type AuditStatus = (typeof AUDIT_STATUSES)[number];

/** Anything JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** What a writer says; the journal adds seq, prev, hash, ts_ms and schema_version. */
export interface AuditEntry {
  readonly event_type: AuditEventType;
  /** Empty outside a run. */
  readonly run_id: string;
  readonly mode: 'dry_run' | 'live';
  readonly stage: 0 | 1 | 2 | 3 | 4;
  /** `none`, a kind of action, or the configured mode. */
  readonly action: string;
  /** Null where no status applies, as on STAGE_CHANGED. */
  readonly status: AuditStatus | null;
  readonly block_reason: string | null;
  readonly symbols: readonly string[];
  readonly mismatch_counts: { readonly [type: string]: number };
  readonly details: JsonObject;
  /** Who asked for it; null when nobody did. */
  readonly operator: string | null;
  readonly synthetic: boolean;
}

/** A line as it stands in the file. */
export interface AuditRecord extends AuditEntry {
  readonly seq: number;
  /** Hash of the line before; 64 zeros on the first. */
  readonly prev: string;
  readonly hash: string;
  readonly ts_ms: number;
  readonly schema_version: 1;
}

/** What JSON.parse gave holds JSON all the way down. */
const parsedObject = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'expected an object',
);
const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** Validates one line that JSON.parse gave; unknown keys are refused. */
export const auditRecordSchema: z.ZodType<AuditRecord> = z.strictObject({
  seq: z.number().int().positive(),
  prev: hash,
  hash,
  ts_ms: z.number(),
  schema_version: z.literal(AUDIT_SCHEMA_VERSION),
  event_type: z.enum(AUDIT_EVENT_TYPES),
  run_id: z.string(),
  mode: z.enum(['dry_run', 'live']),
  stage: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3), z.literal(4)]),
  action: z.string(),
  status: z.enum(AUDIT_STATUSES).nullable(),
  block_reason: z.string().nullable(),
  symbols: z.array(z.string()),
  mismatch_counts: z.record(z.string(), z.number()),
  details: parsedObject,
  operator: z.string().nullable(),
  synthetic: z.boolean(),
});

const MAX_STRING = 4096;

/** Escapes every string of an entry, keys included, at most 4096 characters each. */
export function escapeEntry(entry: AuditEntry): AuditEntry {
  return {
    event_type: entry.event_type,
    run_id: escapeText(entry.run_id, MAX_STRING),
    mode: entry.mode,
    stage: entry.stage,
    action: escapeText(entry.action, MAX_STRING),
    status: entry.status,
    block_reason: entry.block_reason === null ? null : escapeText(entry.block_reason, MAX_STRING),
    symbols: entry.symbols.map((symbol) => escapeText(symbol, MAX_STRING)),
    mismatch_counts: Object.fromEntries(
      Object.entries(entry.mismatch_counts).map(([type, count]) => [escapeText(type), count]),
    ),
    details: escapeObject(entry.details),
    operator: entry.operator === null ? null : escapeText(entry.operator),
    synthetic: entry.synthetic,
  };
}

function escapeObject(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [escapeText(key), escapeJson(value)]),
  );
}

/** Escapes every string of a value as escapeEntry does; what is no number becomes null. */
export function escapeJson(value: Json): Json {
  if (typeof value === 'string') return escapeText(value, MAX_STRING);
  if (typeof value === 'number' && !Number.isFinite(value)) return null;
  if (typeof value !== 'object' || value === null) return value;
  return isArray(value) ? value.map(escapeJson) : escapeObject(value);
}

function isArray(value: readonly Json[] | JsonObject): value is readonly Json[] {
  return Array.isArray(value);
}
