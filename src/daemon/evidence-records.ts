/** Evidence and acknowledgements as audit records, and back. */
import { z } from 'zod';
import type { AuditEntry, AuditRecord, JsonObject } from '../engine/audit-record.ts';
import type { MachineEffect } from '../engine/ceremony-types.ts';
import { isSample } from '../engine/criteria-samples.ts';
import { DOWNTIME_MAX_MS, EVIDENCE_MAX_AGE_MS, type Evidence } from '../engine/evidence.ts';
import type { StageState } from '../engine/stage-types.ts';
import type { Criterion } from '../engine/types.ts';

const passedDetails = z.object({
  stage: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  verdict: z.literal('PASS'),
  covered: z.record(z.string(), z.string()),
  version: z.string(),
});
const withdrawnDetails = z.object({
  verdict: z.literal('WITHDRAWN'),
  from_stage: z.number().int().min(0).max(4),
});
const acknowledgedDetails = z.object({
  item: z.string(),
  why: z.string(),
  account: z.string(),
  environment: z.string(),
});

/** Folds the ceremony's records into the evidence that is left; a downtime of over 24 h voids it all. */
export function evidenceFrom(
  records: readonly AuditRecord[],
  lastAliveMs: number | null,
  nowMs: number,
): readonly Evidence[] {
  if (lastAliveMs !== null && nowMs - lastAliveMs > DOWNTIME_MAX_MS) return [];
  let evidence: readonly Evidence[] = [];
  for (const record of records) {
    // A stop withdraws evidence even when the disk took the latch and not its record: then its clearing tells.
    if (record.event_type === 'STOP_LATCHED' || record.event_type === 'STOP_CLEARED') evidence = [];
    if (record.event_type !== 'STAGE_EVIDENCE' || isSample(record)) continue;
    const passed = passedDetails.safeParse(record.details);
    if (passed.success) {
      const { stage, covered, version } = passed.data;
      evidence = [
        ...evidence.filter((one) => one.stage !== stage),
        { stage, covered, version, passedAtMs: record.ts_ms },
      ];
      continue;
    }
    // What can't be understood withdraws everything: evidence is never guessed.
    const withdrawn = withdrawnDetails.safeParse(record.details);
    const from = withdrawn.success ? withdrawn.data.from_stage : 0;
    evidence = evidence.filter((one) => one.stage < from);
  }
  return evidence;
}

/** What an acknowledgement is about: an item as it was worded then, of one account. */
export interface Acknowledged {
  readonly item: string;
  readonly why: string;
  readonly account: string;
  readonly environment: string;
  /** An action id (see fold.ts). */
  readonly clears_failures_of?: string;
}

/** Who acknowledged exactly this within the last seven days, or null. */
export function acknowledgedBy(
  records: readonly AuditRecord[],
  asked: Acknowledged,
  nowMs: number,
): string | null {
  const done = records.findLast((record) => {
    if (record.event_type !== 'ACKNOWLEDGED' || nowMs - record.ts_ms > EVIDENCE_MAX_AGE_MS) return false;
    const details = acknowledgedDetails.safeParse(record.details);
    if (!details.success) return false;
    const { item, why, account, environment } = details.data;
    const same = item === asked.item && why === asked.why;
    return same && account === asked.account && environment === asked.environment;
  });
  return done === undefined ? null : (done.operator ?? 'unknown');
}

/** The audit entry of an approval: who gave it, which it is, and what it stands for. */
export function approvalEntry(
  { purpose, by, approvedBy, needed, digest }: Extract<MachineEffect, { type: 'approved' }>,
  base: Omit<AuditEntry, 'event_type'>,
  configDigest: string,
): AuditEntry {
  return {
    ...base,
    event_type: 'APPROVED',
    operator: by.name,
    details: {
      stage: 4,
      purpose,
      approvals: approvedBy.length,
      approvals_needed: needed,
      approved_by: [...approvedBy],
      config_digest: configDigest,
      approval_digest: digest,
      operator_unverified: !by.verified,
    },
  };
}

/** The audit entry of what the machine did. */
export function entryOf(
  effect: Exclude<MachineEffect, { type: 'approved' }>,
  state: StageState,
  runId: string,
): AuditEntry {
  const base = baseEntry(state, runId);
  switch (effect.type) {
    case 'stage_changed':
      return {
        ...base,
        event_type: 'STAGE_CHANGED',
        stage: effect.to,
        operator: effect.by,
        details: { from: effect.from, to: effect.to, by: effect.by, why: effect.why },
      };
    case 'requested':
      // No stage moved, but what is asked for did, and somebody asked.
      return {
        ...base,
        event_type: 'STAGE_CHANGED',
        operator: effect.by,
        details: {
          from: state.inForce,
          to: state.inForce,
          requested: effect.stage,
          by: effect.by,
          why: effect.why,
        },
      };
    case 'evidence_passed':
      return {
        ...base,
        event_type: 'STAGE_EVIDENCE',
        stage: effect.evidence.stage,
        details: {
          stage: effect.evidence.stage,
          verdict: 'PASS',
          covered: effect.evidence.covered,
          version: effect.evidence.version,
          criteria: effect.criteria.map(criterionJson),
        },
      };
    case 'evidence_withdrawn':
      return {
        ...base,
        event_type: 'STAGE_EVIDENCE',
        details: {
          verdict: 'WITHDRAWN',
          from_stage: effect.fromStage,
          why: effect.why,
          criteria: effect.criteria.map(criterionJson),
        },
      };
  }
}

/** The fields every entry has. */
export function baseEntry(state: StageState, runId: string): Omit<AuditEntry, 'event_type'> {
  return {
    run_id: runId,
    mode: state.inForce === 4 ? 'live' : 'dry_run',
    stage: state.inForce,
    action: 'none',
    status: null,
    block_reason: null,
    symbols: [],
    mismatch_counts: {},
    details: {},
    operator: null,
    synthetic: false,
  };
}

function criterionJson(criterion: Criterion): JsonObject {
  const { id, verdict, figure, limit } = criterion;
  return { id, verdict, figure, limit };
}
