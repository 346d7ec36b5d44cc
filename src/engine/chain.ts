/**
 * The audit's hash chain: how a line is written, hashed and checked. Pure, but for the digest of node:crypto.
 *
 * A line is the JSON of its record with sorted keys and nothing else; `hash` is the sha256 of that text without the
 * `hash` member; `prev` is the hash of the line before. So a changed byte anywhere breaks its line.
 */
import { createHash } from 'node:crypto';
import {
  AUDIT_SCHEMA_VERSION,
  type AuditEntry,
  type AuditRecord,
  auditRecordSchema,
  escapeEntry,
} from './audit-record.ts';
import { canonical, canonicalMembers } from './canonical.ts';

/** Where a chain stands: the last line's number and hash. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** `prev` of the first line. */
export const GENESIS: ChainHead = { seq: 0, hash: '0'.repeat(64) };

/** What a check of one line says. `unparsable` may be a torn write; `broken` and `newer` (than this program) never are. */
export type LineCheck =
  | { readonly kind: 'ok'; readonly record: AuditRecord }
  | { readonly kind: 'unparsable' | 'broken' | 'newer'; readonly why: string };

/** Makes the record that follows `head`; strings are escaped. `tsMs` is wall time. */
export function nextRecord(head: ChainHead, entry: AuditEntry, tsMs: number): AuditRecord {
  const { record, line } = nextFilled(head, entry, tsMs, (text) => text);
  LINES.set(record, line);
  return record;
}

const LINES = new WeakMap<AuditRecord, string>();

/**
 * The same with its line, where part of the text of the details is known: `fill` puts it into what was written without it, so
 * that the record is without it too.
 */
export function nextFilled(
  head: ChainHead,
  entry: AuditEntry,
  tsMs: number,
  fill: (text: string) => string,
): { readonly record: AuditRecord; readonly line: string } {
  const { action, block_reason, details, event_type, ...others } = escapeEntry(entry);
  const first = { action, block_reason, details, event_type };
  const rest = {
    ...others,
    seq: head.seq + 1,
    prev: head.hash,
    ts_ms: tsMs,
    schema_version: AUDIT_SCHEMA_VERSION,
  } as const;
  const [before, after] = [fill(canonicalMembers(first)), canonicalMembers(rest)];
  const hash = sha256(`{${before},${after}}`);
  // By their names the members stand on both sides of the hash, and need not be written twice.
  return { record: { ...first, hash, ...rest }, line: `{${before},"hash":"${hash}",${after}}` };
}

/** Writes a record as its line, without the newline. */
export function formatLine(record: AuditRecord): string {
  return LINES.get(record) ?? canonical(record);
}

/** Checks one line's bytes (without newline) against the line before it. */
export function checkLine(bytes: Uint8Array, head: ChainHead): LineCheck {
  const text = decode(bytes);
  const parsed = text === null ? undefined : parse(text);
  if (text === null || parsed === undefined) return { kind: 'unparsable', why: 'not a line of JSON' };
  const version = schemaVersion(parsed);
  if (version !== AUDIT_SCHEMA_VERSION) {
    return {
      kind: typeof version === 'number' && version > AUDIT_SCHEMA_VERSION ? 'newer' : 'broken',
      why: `schema_version is ${JSON.stringify(version)}, this program reads ${AUDIT_SCHEMA_VERSION}`,
    };
  }
  const result = auditRecordSchema.safeParse(parsed);
  if (!result.success) return { kind: 'broken', why: `not an audit record: ${firstIssue(result.error)}` };
  const record = result.data;
  if (record.seq !== head.seq + 1)
    return { kind: 'broken', why: `seq is ${record.seq}, expected ${head.seq + 1}` };
  if (record.prev !== head.hash) return { kind: 'broken', why: 'prev is not the hash of the line before' };
  // Once the text is the record's own, it is hashed as it stands, without the hash.
  if (text !== formatLine(record) || record.hash !== sha256(text.replace(`"hash":"${record.hash}",`, '')))
    return { kind: 'broken', why: 'hash does not match the line' };
  return { kind: 'ok', record };
}

/** What a line says of the line before it, unchecked; null when it is no record. */
export function headBefore(bytes: Uint8Array): ChainHead | null {
  const result = auditRecordSchema.safeParse(parse(decode(bytes) ?? ''));
  return result.success ? { seq: result.data.seq - 1, hash: result.data.prev } : null;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function schemaVersion(parsed: unknown): unknown {
  return typeof parsed === 'object' && parsed !== null && 'schema_version' in parsed
    ? parsed.schema_version
    : null;
}

function firstIssue(error: {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}): string {
  const issue = error.issues[0];
  return issue === undefined ? 'unknown' : `${issue.path.map(String).join('.')}: ${issue.message}`;
}
