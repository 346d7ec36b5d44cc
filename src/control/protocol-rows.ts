/** Rows of the status document. */
import { z } from 'zod';

export const criterion = z.object({
  id: z.string(),
  title: z.string(),
  verdict: z.enum(['PASS', 'FAIL', 'INCONCLUSIVE']),
  figure: z.string(),
  limit: z.string(),
  /** Time that has to pass at least; null where time alone does nothing. */
  left_ms: z.number().nullable().optional(),
  /** What would make it pass; empty when it does. */
  to_pass: z.string().optional(),
});

export const gate = z.object({
  gate: z.string(),
  state: z.enum(['open', 'closed', 'stale']),
  value: z.string(),
  limit: z.string(),
  /** What the gate protects against, one sentence. */
  rule: z.string(),
  changed_at_ms: z.number(),
  /** Closed and open again since somebody looked. */
  unacknowledged: z.boolean(),
});

export const mismatch = z.object({
  key: z.string(),
  type: z.string(),
  symbol: z.string(),
  /** Client order id or position side. */
  id: z.string(),
  remediation: z.enum(['cancel', 'flatten', 'report']),
  /** First closed gate of its planned action; null when none or not planned. */
  reason: z.string().nullable(),
  planned: z.boolean(),
  synthetic: z.boolean(),
  detail: z.string(),
});

export const event = z.object({
  seq: z.number(),
  at_ms: z.number(),
  level: z.enum(['info', 'warn', 'alarm']),
  text: z.string(),
  unacknowledged: z.boolean(),
});

/** A source of what is compared, and how it did last. */
export const source = z.object({
  source: z.enum(['rest', 'ws', 'price', 'expected']),
  up: z.boolean().nullable(),
  age_ms: z.number().nullable(),
  detail: z.string(),
});

/** A write whose outcome is not known, on the screen. */
export const unresolved = z.object({
  intent_id: z.string(),
  symbol: z.string(),
  action: z.string(),
  age_ms: z.number(),
  state: z.string(),
});

/** What `prove` found: one row a gate, in the order in which they are asked. */
export const proofSchema = z.object({
  proven: z.number().int(),
  total: z.number().int(),
  gates: z.array(
    z.object({
      gate: z.string(),
      verdict: z.enum(['PASS', 'FAIL']),
      /** What the canary was blocked with; null when it was not. */
      reason: z.string().nullable(),
      aim: z.enum(['cancel', 'flatten']),
      value: z.string(),
      limit: z.string(),
      also: z.array(z.string()),
      /** The gate outside the shadow. */
      now: z.enum(['open', 'closed']),
      why: z.string(),
    }),
  ),
});

/** The same, in the answer to resolve. */
export const openWrite = z.object({
  intent_id: z.string(),
  action: z.string(),
  symbol: z.string(),
  at_ms: z.number(),
  /** Only these wait for an operator; the others are still being asked about. */
  needs_operator: z.boolean(),
  text: z.string(),
});

/** What is asked before stage 4: shown, then confirmed with `<host> 4 <code>`. */
export const confirmationSchema = z.object({
  host: z.string(),
  code: z.string(),
  /** The phrase to type in a shell; the screen asks for `<host> 4` and adds the code itself. */
  phrase: z.string(),
  expires_in_ms: z.number(),
  plan: z.array(z.string()),
  covered: z.record(z.string(), z.string()),
  unacknowledged: z.array(z.object({ item: z.string(), why: z.string() })),
  digest: z.string(),
  purpose: z.enum(['enter', 'renew']).optional(),
  /** Who has approved it already, and how many have to. */
  approvals: z.object({ done_by: z.array(z.string()), needed: z.number() }).optional(),
  /** Only for a renewal: what was sent since the arming, the newest in words, and the time that is left and asked for. */
  executions: z.object({ sent: z.number(), lines: z.array(z.string()) }).optional(),
  lease_left_ms: z.number().optional(),
  lease_ms: z.number().optional(),
});
