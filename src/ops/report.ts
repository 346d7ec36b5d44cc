/** Makes the report of a ceremony out of its audit: verified first, then read; what it says comes from nowhere else. */
import type { AuditRecord } from '../engine/audit-record.ts';
import { type Disk, realDisk } from '../engine/disk.ts';
import { readRecords } from '../engine/journal-read.ts';
import { verifyJournal } from '../engine/journal-verify.ts';
import { openCeremonyBook } from './report-ceremony.ts';
import { numberOf } from './report-lines.ts';
import type { AuditFacts, Report } from './report-model.ts';
import { isUnknown, isUnresolved, openWriteBook } from './report-writes.ts';

export interface ReportInputs {
  readonly path: string;
  /** The account's head record; null where it can't be found. */
  readonly headPath: string | null;
  readonly sinceMs: number | null;
  readonly nowMs: number;
  /** Program and version. */
  readonly by: string;
  readonly disk?: Disk;
}

/** Verifies, reads and tells. Throws when a file can't be read. */
export function makeReport(inputs: ReportInputs): Report {
  const { path, sinceMs, disk = realDisk } = inputs;
  const verdict = verifyJournal(path, { headPath: inputs.headPath, disk });
  const from = sinceMs ?? Number.NEGATIVE_INFINITY;
  const ceremony = openCeremonyBook();
  const writes = openWriteBook();
  const runs = openRunBook();
  const operators = new Set<string>();
  const span: { fromMs: number | null; toMs: number | null } = { fromMs: null, toMs: null };
  const head = readRecords(
    path,
    (record) => {
      const isShown = record.ts_ms >= from;
      ceremony.take(record, isShown);
      writes.take(record);
      if (!isShown) return;
      runs.take(record);
      if (record.operator !== null) operators.add(record.operator);
      span.fromMs ??= record.ts_ms;
      span.toMs = record.ts_ms;
    },
    disk,
  );
  const executions = writes.executions(from);
  const audit: AuditFacts = {
    path,
    verified: verdict.ok,
    problem: verdict.ok
      ? ''
      : `${verdict.file}${verdict.line === 0 ? '' : ` line ${verdict.line}`}: ${verdict.why}`,
    lines: verdict.ok ? verdict.lines : (head?.seq ?? 0),
    first_seq: verdict.ok ? verdict.firstSeq : 0,
    head_seq: head?.seq ?? 0,
    head_hash: head?.hash ?? '',
    anchored: verdict.ok && verdict.anchored,
    beyond_head: verdict.ok ? verdict.beyond : 0,
  };
  return {
    schema_version: 1,
    generated_at_ms: inputs.nowMs,
    generated_by: inputs.by,
    audit,
    since_ms: sinceMs,
    from_ms: span.fromMs,
    to_ms: span.toMs,
    operators: [...operators].sort(),
    ...ceremony.told(),
    runs: runs.told(),
    executions,
    unknown: executions.filter(isUnknown).map(({ intent_id }) => intent_id),
    unresolved: executions.filter(isUnresolved).map(({ intent_id }) => intent_id),
  };
}

function openRunBook(): {
  readonly take: (record: AuditRecord) => void;
  readonly told: () => Report['runs'];
} {
  const mismatches = new Map<string, number>();
  const blocked = new Map<string, number>();
  let total = 0;
  let withMismatch = 0;
  let planned = 0;
  return {
    take: (record) => {
      if (record.event_type === 'RECONCILE_RUN') {
        total += 1;
        if ((numberOf(record.details, 'mismatches') ?? 0) > 0) withMismatch += 1;
        for (const [type, count] of Object.entries(record.mismatch_counts)) add(mismatches, type, count);
      }
      if (record.status === 'PLANNED') planned += 1;
      if (record.status === 'BLOCKED' && record.block_reason !== null) add(blocked, record.block_reason, 1);
    },
    told: () => ({
      ...{ total, with_mismatch: withMismatch, planned },
      mismatches: Object.fromEntries(mismatches),
      blocked: Object.fromEntries(blocked),
    }),
  };
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
