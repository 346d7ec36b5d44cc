/** What a ceremony's report tells, as data: the JSON form of the report, and what the other forms are made of. */
import type { Json } from '../engine/audit-record.ts';

/** A line of the audit that a fact stands in. */
export interface At {
  readonly seq: number;
  readonly at_ms: number;
}

/** Whether the audit's chain holds; without that nothing below can be relied on. */
export interface AuditFacts {
  readonly path: string;
  readonly verified: boolean;
  readonly problem: string;
  readonly lines: number;
  readonly first_seq: number;
  readonly head_seq: number;
  readonly head_hash: string;
  /** The head record, kept apart from the audit, vouches for its end. */
  readonly anchored: boolean;
  /** Lines after the one that the head record names. */
  readonly beyond_head: number;
}

export interface Start extends At {
  readonly kind: 'start' | 'reload' | 'refused';
  readonly account: string;
  readonly version: string;
  readonly commit: string;
  readonly digest: string;
  /** Covered settings that differ from the ones loaded before. */
  readonly changes: readonly string[];
}

export interface StageMove extends At {
  readonly from: number;
  readonly to: number;
  readonly by: string;
  readonly why: string;
  /** What was asked for, when no stage moved. */
  readonly requested: number | null;
}

export interface Figure {
  readonly id: string;
  readonly verdict: string;
  readonly figure: string;
  readonly limit: string;
}

export interface EvidenceMove extends At {
  readonly stage: number;
  readonly verdict: string;
  readonly why: string;
  readonly criteria: readonly Figure[];
}

/** One criterion during one stay in a stage. */
export interface Curve {
  readonly stage: number;
  readonly entered_at_ms: number;
  readonly id: string;
  readonly limit: string;
  readonly points: readonly {
    readonly at_ms: number;
    /** The number that the figure begins with; null when it begins with none. */
    readonly value: number | null;
    readonly figure: string;
    readonly verdict: string;
  }[];
}

export interface Proof extends At {
  readonly by: string;
  readonly proven: number;
  readonly total: number;
  readonly digest: string;
  readonly gates: readonly Readonly<Record<string, string>>[];
}

/** A write: its plan, its intent, and all that was learned of it. */
export interface Execution extends At {
  readonly run_id: string;
  readonly stage: number;
  readonly action: string;
  readonly symbol: string;
  readonly intent_id: string;
  /** The line that planned it; null when there is none, which is a finding. */
  readonly plan_seq: number | null;
  readonly plan: string;
  readonly request: Json;
  readonly status: string;
  readonly outcome: string;
  readonly outcome_at_ms: number | null;
  readonly verification: string;
  /** What an UNKNOWN came to, and by whom. */
  readonly resolution: string;
}

export interface Stop extends At {
  readonly by: string;
  readonly latch_id: string;
  readonly reason: string;
  readonly durable: boolean;
  readonly verdict: string;
  readonly cleared: string;
}

/** Somebody's act: an acknowledgement or an approval. */
export interface Act extends At {
  readonly by: string;
  readonly verified: boolean;
  readonly what: string;
}

export interface Report {
  readonly schema_version: 1;
  readonly generated_at_ms: number;
  readonly generated_by: string;
  readonly audit: AuditFacts;
  readonly since_ms: number | null;
  /** First and last line told of; null when there is none. */
  readonly from_ms: number | null;
  readonly to_ms: number | null;
  readonly operators: readonly string[];
  readonly starts: readonly Start[];
  readonly covered: Readonly<Record<string, string>>;
  readonly stages: readonly StageMove[];
  readonly evidence: readonly EvidenceMove[];
  readonly curves: readonly Curve[];
  readonly proofs: readonly Proof[];
  readonly canaries: readonly Act[];
  readonly runs: {
    readonly total: number;
    readonly with_mismatch: number;
    readonly mismatches: Readonly<Record<string, number>>;
    readonly planned: number;
    readonly blocked: Readonly<Record<string, number>>;
  };
  readonly executions: readonly Execution[];
  /** Intents whose outcome was unknown at some time, and those that still are. */
  readonly unknown: readonly string[];
  readonly unresolved: readonly string[];
  readonly stops: readonly Stop[];
  readonly acknowledgements: readonly Act[];
  readonly approvals: readonly Act[];
  readonly mass_mismatches: readonly Act[];
}
