/** `GET /v1/plan`: what the last run planned, with what every gate said of each action. */
import { z } from 'zod';

const verdict = z.object({
  gate: z.string(),
  open: z.boolean(),
  value: z.string(),
  limit: z.string(),
});

export const planSchema = z.object({
  schema_version: z.literal(1),
  at_ms: z.number(),
  /** The run that planned it; null before the first. */
  run_id: z.string().nullable(),
  /** How old the decision is; null before the first. */
  age_ms: z.number().nullable(),
  stage: z.number(),
  /** False: the exchange was read in part, and what was not seen is not planned. Absent before the first read. */
  complete: z.boolean().optional(),
  /** In the contract's order; at most 200. */
  actions: z.array(
    z.object({
      action: z.enum(['cancel', 'flatten']),
      symbol: z.string(),
      /** Client order id, or position side. */
      id: z.string(),
      order_id: z.string().nullable(),
      side: z.enum(['BUY', 'SELL']).nullable(),
      quantity: z.string().nullable(),
      notional_usdt: z.string().nullable(),
      mismatch: z.string(),
      detail: z.string(),
      synthetic: z.boolean(),
      /** The first closed gate, in the contract's order; null: all are open. */
      reason: z.string().nullable(),
      verdicts: z.array(verdict),
    }),
  ),
  /** May be larger than the list. */
  action_count: z.number(),
});

/** A plan as one document. */
export type PlanDocument = z.infer<typeof planSchema>;
