/**
 * The operator's variables (contract, section 1): what they ask for, where they hold the stage down, and which config
 * keys they override. An empty variable is unset; a variable that doesn't parse stops the start.
 */
import type { ActionMode, StageNumber } from '../engine/types.ts';

/** The variables of a process. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** A variable or key that can't be used, and what was expected. */
export interface ConfigProblem {
  readonly key: string;
  readonly value: string;
  readonly expected: string;
}

/** What the variables say about the stage. */
export interface StageWishes {
  /** Highest stage a variable asks for; null when none does. */
  readonly request: { readonly stage: StageNumber; readonly because: string } | null;
  /** Lowest stage a variable holds at; null when none does. */
  readonly hold: { readonly stage: StageNumber; readonly because: string } | null;
  /** ALLOW_MAINNET_TRADE, read only from here (two-key rule). */
  readonly mainnetTrade: boolean;
}

/** The variables, understood. `overrides` has config paths as keys and raw values, checked later by the schema. */
export interface EnvironmentReading {
  readonly wishes: StageWishes;
  readonly overrides: ReadonlyMap<string, { readonly variable: string; readonly value: unknown }>;
  readonly problems: readonly ConfigProblem[];
}

const BOOLEAN_TEXT = '1, 0, true, false, yes or no';

/** Reads every variable we know; never throws. */
export function readEnvironment(env: Variables): EnvironmentReading {
  const problems: ConfigProblem[] = [];
  const overrides = new Map<string, { variable: string; value: unknown }>();
  const get = (name: string) =>
    env[name] === undefined || env[name]?.trim() === '' ? null : (env[name] ?? '').trim();
  const bool = (name: string) => {
    const value = get(name);
    if (value === null) return null;
    const parsed = parseBoolean(value);
    if (parsed === null) problems.push({ key: name, value, expected: BOOLEAN_TEXT });
    return parsed;
  };
  for (const [variable, path, kind] of OVERRIDES) {
    const value = get(variable);
    if (value === null) continue;
    const parsed = kind === 'text' ? value : kind === 'list' ? parseList(value) : parseNumber(value);
    if (parsed === null)
      problems.push({
        key: variable,
        value,
        expected: kind === 'list' ? 'a JSON list or a comma list of symbols' : 'a number',
      });
    else overrides.set(path, { variable, value: parsed });
  }
  const auditEnabled = bool('GRINDER_AUDIT_ENABLED');
  if (auditEnabled !== null)
    overrides.set('audit.enabled', { variable: 'GRINDER_AUDIT_ENABLED', value: auditEnabled });
  const action = get('RECONCILE_ACTION');
  if (action !== null && !isAction(action))
    problems.push({ key: 'RECONCILE_ACTION', value: action, expected: 'none, cancel_all, flatten or auto' });
  // `none` is a hold, not a change of what was configured (contract, section 6: "`none` is no change").
  if (action !== null && isAction(action) && action !== 'none')
    overrides.set('reconcile.action', { variable: 'RECONCILE_ACTION', value: action });
  const flags = {
    enabled: bool('RECONCILE_ENABLED'),
    dryRun: bool('RECONCILE_DRY_RUN'),
    allow: bool('ALLOW_ACTIVE_REMEDIATION'),
    armed: bool('ARMED'),
    action,
  };
  return {
    wishes: { ...wishesOf(flags), mainnetTrade: bool('ALLOW_MAINNET_TRADE') === true },
    overrides,
    problems,
  };
}

/** Parses a boolean as the contract writes them; null for anything else. */
export function parseBoolean(text: string): boolean | null {
  const lower = text.trim().toLowerCase();
  if (['1', 'true', 'yes'].includes(lower)) return true;
  if (['0', 'false', 'no'].includes(lower)) return false;
  return null;
}

const OVERRIDES: readonly (readonly [variable: string, path: string, kind: 'number' | 'list' | 'text'])[] = [
  ['RECONCILE_INTERVAL_MS', 'reconcile.interval_ms', 'number'],
  ['RECONCILE_SYMBOL_WHITELIST', 'reconcile.symbol_whitelist', 'list'],
  ['MAX_FLATTEN_NOTIONAL_USDT', 'reconcile.max_flatten_notional_usdt', 'text'],
  ['RECONCILE_COOLDOWN_SECONDS', 'reconcile.cooldown_seconds', 'number'],
  ['MAX_ORDERS_PER_ACTION', 'reconcile.max_orders_per_action', 'number'],
  ['MAX_SYMBOLS_PER_ACTION', 'reconcile.max_symbols_per_action', 'number'],
  ['MAX_CALLS_PER_RUN', 'budgets.max_calls_per_run', 'number'],
  ['MAX_NOTIONAL_PER_RUN', 'budgets.max_notional_per_run_usdt', 'text'],
  ['MAX_CALLS_PER_DAY', 'budgets.max_calls_per_day', 'number'],
  ['MAX_NOTIONAL_PER_DAY', 'budgets.max_notional_per_day_usdt', 'text'],
];

interface StageFlags {
  readonly enabled: boolean | null;
  readonly dryRun: boolean | null;
  readonly allow: boolean | null;
  readonly armed: boolean | null;
  readonly action: string | null;
}

function wishesOf(flags: StageFlags): Pick<StageWishes, 'request' | 'hold'> {
  const asks: { stage: StageNumber; because: string }[] = [];
  const holds: { stage: StageNumber; because: string }[] = [];
  if (flags.enabled === true) asks.push({ stage: 1, because: 'RECONCILE_ENABLED=1' });
  if (flags.action !== null && flags.action !== 'none')
    asks.push({ stage: 2, because: `RECONCILE_ACTION=${flags.action}` });
  if (flags.dryRun === false) asks.push({ stage: 3, because: 'RECONCILE_DRY_RUN=false' });
  if (flags.armed === true) asks.push({ stage: 4, because: 'ARMED=1' });
  if (flags.enabled === false) holds.push({ stage: 0, because: 'RECONCILE_ENABLED=0' });
  if (flags.action === 'none') holds.push({ stage: 1, because: 'RECONCILE_ACTION=none' });
  if (flags.allow === false) holds.push({ stage: 1, because: 'ALLOW_ACTIVE_REMEDIATION=false' });
  if (flags.dryRun === true) holds.push({ stage: 2, because: 'RECONCILE_DRY_RUN=true' });
  if (flags.armed === false) holds.push({ stage: 3, because: 'ARMED=0' });
  return {
    request: asks.reduce<(typeof asks)[number] | null>(
      (best, ask) => (best === null || ask.stage > best.stage ? ask : best),
      null,
    ),
    hold: holds.reduce<(typeof holds)[number] | null>(
      (best, hold) => (best === null || hold.stage < best.stage ? hold : best),
      null,
    ),
  };
}

function isAction(text: string): text is ActionMode {
  return text === 'none' || text === 'cancel_all' || text === 'flatten' || text === 'auto';
}

function parseNumber(text: string): number | null {
  return /^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : null;
}

function parseList(text: string): readonly unknown[] | null {
  if (!text.startsWith('['))
    return text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list : null;
  } catch {
    return null;
  }
}
