/**
 * The config file's schema: every key, its default and its bounds. Names are snake_case (the file's own);
 * load.ts maps them once to camelCase.
 */
import { z } from 'zod';
import { parseDecimal } from '../engine/decimal.ts';
import { REPAIR_PREFIX } from '../gates/identity.ts';
import { parseListen } from '../launch/places.ts';

const count = (min: number, max = 1_000_000) => z.number().int().min(min).max(max);
const ms = (min: number, max = 86_400_000) => z.number().int().min(min).max(max);
const text = z.string().min(1).max(4096);
/** Where something is; a `~` or `$` that a shell would replace is refused, for here it would be a name. */
const place = text.regex(/^(?!~)[^$]*$/, 'a path as it is: ~ and variables are not expanded');
const symbol = z.string().regex(/^[A-Z0-9_]{2,40}$/, 'a symbol such as BTCUSDT');

/** A positive, finite amount of USDT as number or text; kept as decimal text. */
const money = z
  .union([z.number(), z.string()], { error: 'an amount above zero, such as 100 or "99.50"' })
  .transform((value) => String(value))
  .refine(
    (value) => parseDecimal(value)?.isGreaterThan(0) === true,
    'an amount above zero, such as 100 or "99.50"',
  );

/** A duration such as "4h", "30m" or "90s", as milliseconds. */
const duration = z
  .string()
  .regex(/^[1-9]\d{0,5}(s|m|h)$/, 'a duration such as "4h", "30m" or "90s"')
  .transform(
    (value) =>
      Number(value.slice(0, -1)) * { s: 1000, m: 60_000, h: 3_600_000 }[value.at(-1) as 's' | 'm' | 'h'],
  );

/** Adds a section whose keys all have defaults. */
function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape).prefault({} as never);
}

export const configSchema = z.strictObject({
  exchange: section({
    environment: z.enum(['sim', 'testnet', 'mainnet']).default('sim'),
    endpoints: section({ rest: text.optional(), ws: text.optional() }),
    key_file: place.optional(),
    secret_file: place.optional(),
    recv_window_ms: ms(500, 3000).default(3000),
    request_timeout_ms: ms(1000, 60_000).default(10_000),
  }),
  identity: section({
    prefix: z
      .string()
      .regex(/^[a-z][a-z0-9]{0,10}_$/, 'lower-case letters and digits ending in "_", such as "grinder_"')
      // With it every order of the engine would pass for a repair, and no difference would ever be seen.
      .refine(
        (prefix) => prefix !== REPAIR_PREFIX,
        `anything but "${REPAIR_PREFIX}", which marks our own repair orders`,
      )
      .default('grinder_'),
    allowed_strategies: z
      .array(z.string().regex(/^[A-Za-z0-9]{1,8}$/, 'letters and digits, at most 8'))
      .min(1)
      .default(['1']),
  }),
  reconcile: section({
    interval_ms: ms(1000, 3_600_000).default(30_000),
    action: z.enum(['none', 'cancel_all', 'flatten', 'auto']).default('auto'),
    symbol_whitelist: z.array(symbol).max(50).default(['BTCUSDT']),
    cooldown_seconds: count(1, 86_400).default(60),
    max_flatten_notional_usdt: money.prefault('100'),
    max_orders_per_action: count(1, 1000).default(3),
    max_symbols_per_action: count(1, 50).default(1),
    confirm_after_ms: ms(1000, 600_000).default(10_000),
    missing_grace_ms: ms(1000, 600_000).default(10_000),
    targeted_reads_per_run: count(1, 100).default(3),
    event_debounce_ms: ms(50, 10_000).default(250),
    require_mainnet_env: z.enum(['mainnet', 'always']).default('mainnet'),
    remediate_protective_orders: z.boolean().default(false),
    hedge_groups: z.array(z.array(symbol).min(2).max(50)).max(50).default([]),
  }),
  budgets: section({
    max_calls_per_run: count(1, 1000).default(10),
    max_notional_per_run_usdt: money.prefault('1000'),
    max_calls_per_day: count(1, 100_000).default(100),
    max_notional_per_day_usdt: money.prefault('5000'),
  }),
  freshness: section({
    snapshot_max_age_ms: ms(2000, 600_000).default(120_000),
    price_max_age_ms: ms(1000, 600_000).default(60_000),
    clock_offset_max_ms: ms(50, 10_000).default(500),
    clock_measured_max_age_ms: ms(1000, 3_600_000).default(300_000),
  }),
  flatten: section({
    order_type: z.enum(['limit', 'market']).default('limit'),
    max_slippage_bps: count(1, 1000).default(50),
    in_chunks: z.boolean().default(false),
  }),
  expected_state: section({
    source: z.enum(['file', 'socket']).default('file'),
    path: place.optional(),
    account: z.string().min(1).max(64).optional(),
    stale_after_ms: ms(1000, 600_000).default(30_000),
    settle_ms: ms(0, 3_600_000).default(60_000),
    position_lag_ms: ms(0, 3_600_000).default(30_000),
  }),
  ceremony: section({
    requested_stage: count(0, 4).default(0),
    auto_canary: z.boolean().default(true),
    approvals: count(1, 2).default(1),
    operators: z
      .array(
        z.strictObject({
          name: z.string().regex(/^[A-Za-z0-9._@-]{1,64}$/, 'a name of letters, digits and . _ @ -'),
          token_sha256: z
            .string()
            .regex(/^[0-9a-f]{64}$/, "the sha256 of the operator's token, 64 hex digits"),
        }),
      )
      .max(50)
      .default([]),
    dwell_ms: ms(1000).default(600_000),
    unknown_limit_ms: ms(1000).default(300_000),
    stop_verify_ms: ms(1000, 600_000).default(60_000),
  }),
  arming: section({
    lease: duration.prefault('4h'),
    max_executions: count(1, 10_000).default(10),
  }),
  audit: section({
    enabled: z.boolean().default(true),
    path: place.default('audit/reconcile.jsonl'),
    max_file_mb: count(1, 256).default(4),
    keep_days: count(8, 3650).default(365),
  }),
  log: section({
    path: place.default('logs/app.log'),
    level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  }),
  metrics: section({
    listen: z
      .string()
      .refine((value) => parseListen(value) !== null, 'host:port, such as 127.0.0.1:9090')
      .default('127.0.0.1:9090'),
  }),
  control: section({
    socket: place.optional(),
    stop_socket: z
      .string()
      .regex(/^\/[^\0\n\r,]{1,106}$/, 'an absolute path of at most 107 bytes')
      .optional(),
    stop_group: z
      .union([z.string(), z.number().int().nonnegative()], { error: 'the name or number of a group' })
      .transform(String)
      .refine((value) => /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/.test(value), 'the name or number of a group')
      .optional(),
  }),
  state_dir: place.default('state'),
  simulator: section({
    seed: count(0, 2_147_483_647).default(1),
    trader: z.boolean().default(true),
    stray_every_ms: ms(0).default(45_000),
    position_every_ms: ms(0).default(120_000),
  }),
});

/** The file's content after defaults, still in the file's names. */
export type ConfigFile = z.output<typeof configSchema>;
