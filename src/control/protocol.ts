/**
 * What crosses the control socket: versioned JSON, snake_case, every text already escaped.
 *
 * HTTP over a unix socket: GET /v1/status (one StatusDocument), GET /v1/stream (one StatusDocument a line, at most 4 a
 * second, at least one a second), POST /v1/<command> (CommandReply). See COMMANDS for the bodies.
 */
import { z } from 'zod';
import {
  confirmationSchema,
  criterion,
  event,
  gate,
  mismatch,
  openWrite,
  proofSchema,
  source,
  unresolved,
} from './protocol-rows.ts';

/** Version of every document on the socket and of every `--json`. */
export const SCHEMA_VERSION = 1;

const version = z.literal(SCHEMA_VERSION);
const ageMs = z.number().nullable();
const stageNumber = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3), z.literal(4)]);

/** Everything a screen or a script may know about a daemon, as of `at_ms`. */
export const statusSchema = z.object({
  schema_version: version,
  /** Rises with every document of this daemon. */
  seq: z.number(),
  at_ms: z.number(),
  daemon: z.object({
    pid: z.number(),
    host: z.string(),
    version: z.string(),
    commit: z.string(),
    runtime: z.string(),
    packaging: z.string(),
    environment: z.enum(['sim', 'testnet', 'mainnet']),
    account: z.string(),
    embedded_simulator: z.boolean(),
    /** True when the terminal that shows it also owns it: quitting ends the engine. */
    owned_by_terminal: z.boolean(),
    uptime_ms: z.number(),
    /** Started, and every prerequisite looked at once. */
    ready: z.boolean(),
    config_path: z.string().nullable(),
    config_digest: z.string(),
    socket: z.string(),
    state_dir: z.string(),
    audit_path: z.string(),
    log_path: z.string(),
    metrics: z.string(),
  }),
  stage: z.object({
    in_force: stageNumber,
    name: z.string(),
    since_ms: z.number(),
    requested: stageNumber,
    requested_by: z.string(),
    earned: stageNumber,
    /** A variable that keeps the stage down, such as "ARMED=0 holds at 3". */
    hold: z.object({ stage: stageNumber, because: z.string() }).nullable(),
    /** The next stage up: time left and criteria passed. */
    next: z
      .object({
        stage: stageNumber,
        left_ms: z.number().nullable(),
        passed: z.number(),
        total: z.number(),
        missing: z.array(z.string()),
      })
      .nullable(),
    /** What to do next, for people. */
    next_step: z.string(),
    criteria: z.array(criterion),
  }),
  switches: z.object({
    loop: z.boolean(),
    action: z.string(),
    dry_run: z.boolean(),
    allow_active_remediation: z.boolean(),
    armed: z.boolean(),
    mainnet_trade: z.boolean(),
  }),
  arming: z.object({
    armed: z.boolean(),
    lease_left_ms: z.number().nullable(),
    executions_left: z.number().nullable(),
  }),
  /** Approvals that stage 4, or more time in it, is waiting for; null while nothing is asked. */
  approval: z
    .object({
      purpose: z.enum(['enter', 'renew']),
      done_by: z.array(z.string()),
      needed: z.number(),
      expires_in_ms: z.number(),
    })
    .nullable()
    .optional(),
  latch: z.object({
    latched: z.boolean(),
    id: z.string().nullable(),
    by: z.string(),
    reason: z.string(),
    at_ms: z.number().nullable(),
    durable: z.boolean(),
    /** LATCHED, or LATCHED, NOT DURABLE, DO NOT RESTART; empty when not latched. */
    text: z.string(),
    /** STOPPED OK, STOPPED with what is open, or null while it is being verified. */
    verdict: z.string().nullable(),
  }),
  snapshot: z.object({
    age_ms: ageMs,
    max_age_ms: z.number(),
    complete: z.boolean(),
    open_orders: z.number(),
  }),
  stream: z.object({
    /** How often the user stream and a complete read disagreed since the start, all and by kind. */
    disagreements: z.number(),
    by_kind: z.record(z.string(), z.number()),
    last_disagreement: z.object({ text: z.string(), at_ms: z.number() }).nullable(),
    /** Age of the last complete sweep over all symbols. */
    swept_age_ms: ageMs,
    /** How old it may get while the exchange answers. */
    sweep_every_ms: z.number(),
    /** They disagreed lately: there is an alarm until reads have agreed for a while. */
    disagrees: z.boolean(),
  }),
  sources: z.array(source),
  run: z.object({
    id: z.string().nullable(),
    count: z.number(),
    interval_ms: z.number(),
    last_at_ms: z.number().nullable(),
    last_age_ms: z.number().nullable().optional(),
    last_duration_ms: z.number().nullable(),
  }),
  gates: z.array(gate),
  counters: z.object({
    planned: z.number(),
    blocked: z.number(),
    executed: z.number(),
    failed: z.number(),
    unknown: z.number(),
    /** The same, last run alone. */
    last_run: z.object({
      planned: z.number(),
      blocked: z.number(),
      executed: z.number(),
      failed: z.number(),
      unknown: z.number(),
    }),
    planned_per_minute: z.number(),
    blocked_by_reason: z.record(z.string(), z.number()),
  }),
  mismatches: z.array(mismatch),
  /** May be larger than the list, which is cut at 200. */
  mismatch_count: z.number(),
  foreign_orders: z.record(z.string(), z.number()),
  unresolved: z.array(unresolved),
  budgets: z.object({
    calls_used_day: z.number(),
    calls_limit_day: z.number(),
    notional_used_day: z.string(),
    notional_limit_day: z.string(),
  }),
  acknowledgements: z.array(z.object({ item: z.string(), why: z.string(), done_by: z.string().nullable() })),
  /** What the ceremony starts from, as judged last; empty before the first look. */
  prerequisites: z.array(criterion),
  kill_switch: z.boolean(),
  canary: z.boolean(),
  alarms: z.array(z.string()),
  events: z.array(event),
  covered: z.record(z.string(), z.string()),
});

/** A daemon's state as one document. */
export type StatusDocument = z.infer<typeof statusSchema>;

/** What is asked before stage 4, as shown. */
export type Confirmation4 = z.infer<typeof confirmationSchema>;

/** The answer to a command. `exit_code` is what the CLI exits with. */
export const commandReplySchema = z.object({
  schema_version: version,
  ok: z.boolean(),
  exit_code: z.number().int(),
  message: z.string(),
  /** Only for stop: how the latch is kept. */
  latch: z.object({ id: z.string(), durable: z.boolean(), text: z.string() }).optional(),
  /** Only for resolve: the writes whose outcome is not known. */
  unresolved: z.array(openWrite).optional(),
  /** Only for `stage 4` without confirmation. */
  confirmation: confirmationSchema.optional(),
  /** Only for prove: what each gate did in the shadow. */
  proof: proofSchema.optional(),
});
export type CommandReply = z.infer<typeof commandReplySchema>;

const operator = z.string().min(1).max(64).default('unknown');
const empty = { operator };
/** An operator's own token, from a file that only they can read; it makes the name theirs. Never logged or kept. */
const token = z.string().max(256).optional();
/** `daemon.config_digest` as the operator saw it; a raise is refused without it and when it moved, a lowering never. */
const seen = { config_digest: z.string().max(128).optional(), token };
/** What was shown is typed back: `<host> 4 <code>`, or `<host> renew <code>`. */
const confirm = z.string().max(200).optional();

/** The commands and their bodies. A raise (stage) carries the digest it saw; lowering and stop never do. */
export const COMMANDS = {
  stop: z.strictObject({ ...empty, reason: z.string().max(200).default('') }),
  'clear-stop': z.strictObject({ ...empty, latch_id: z.string().min(1).max(64) }),
  stage: z.strictObject({ ...empty, ...seen, stage: stageNumber, confirm }),
  advance: z.strictObject({ ...empty, ...seen }),
  approve: z.strictObject({ ...empty, ...seen, confirm }),
  renew: z.strictObject({ ...empty, ...seen, confirm }),
  disarm: z.strictObject({ ...empty }),
  shutdown: z.strictObject({ ...empty }),
  ack: z.strictObject({ ...empty, token, item: z.string().min(1).max(100) }),
  /** Without `intent_id` a list, without `as` a look at what the exchange shows. */
  resolve: z.strictObject({
    ...empty,
    token,
    intent_id: z.string().min(1).max(100).optional(),
    as: z.enum(['executed', 'not_executed']).optional(),
  }),
  /** Acknowledges what is marked UNACK on the screen; opens nothing. With `shown_at_ms` what came later stays marked. */
  seen: z.strictObject({ ...empty, shown_at_ms: z.number().optional() }),
  'inject-mismatch': z.strictObject({ ...empty, real: z.boolean().default(false) }),
  prove: z.strictObject({ ...empty }),
} as const;

export type CommandName = keyof typeof COMMANDS;
export type CommandBody<N extends CommandName> = z.input<(typeof COMMANDS)[N]>;
export type ParsedBody<N extends CommandName> = z.output<(typeof COMMANDS)[N]>;
