/**
 * The prerequisites that daemon and `doctor` judge alike (contract, section 6). Pure: what was found out in, criteria out.
 * Absent, zero or unlimited FAILs; what nobody could tell is INCONCLUSIVE.
 */
import type { ClockReading, KeyRights } from '../exchange/exchange.ts';
import { type Identity, MAX_CLIENT_ORDER_ID_LENGTH } from '../gates/identity.ts';
import { compareDecimals, parseDecimal } from './decimal.ts';
import type { Criterion, CriterionVerdict, Decimal } from './types.ts';

/** What was found out; null where nobody has asked yet. */
export interface PrerequisiteFacts {
  readonly identity: Identity;
  readonly whitelist: readonly string[];
  /** Symbols that are not to be flattened, since they hedge each other. */
  readonly hedgedSymbols: readonly string[];
  /** Symbols that the exchange trades. */
  readonly symbols:
    | { readonly kind: 'ok'; readonly names: ReadonlySet<string> }
    | { readonly kind: 'unknown'; readonly why: string };
  readonly flattenCapUsdt: Decimal;
  readonly cooldownSeconds: number;
  /** Caps and budgets by name, as text for people. */
  readonly limits: readonly (readonly [name: string, value: string])[];
  /** Why the audit takes no line; null when it does. */
  readonly auditProblem: string | null;
  readonly clock: ClockReading | null;
  readonly clockLimitMs: number;
  readonly keyRights: KeyRights | null;
  /** The account's mode; null when the exchange didn't tell, absent when nobody has asked. */
  readonly positionMode?: 'one_way' | 'hedge' | null;
  /** Free bytes where the audit lies, or why that can't be told. */
  readonly disk: { readonly freeBytes: number } | { readonly why: string };
  /** What others can write to, or why that can't be told. */
  readonly modes: { readonly open: readonly string[] } | { readonly why: string };
}

const CAP_TO_ACKNOWLEDGE_USDT = '100';
const COOLDOWN_TO_ACKNOWLEDGE_S = 60;
const DISK_MIN_BYTES = 100 * 2 ** 20;

/** Judges every prerequisite. */
export function judgePrerequisites(facts: PrerequisiteFacts): readonly Criterion[] {
  return [
    ...settings(facts),
    audit(facts),
    ...exchange(facts),
    disk(facts),
    modes(facts),
    ...byPeople(facts),
  ];
}

/** A prerequisite with its verdict. */
export function prerequisite(
  id: string,
  title: string,
  verdict: CriterionVerdict,
  figure: string,
): Criterion {
  return { id, title, verdict, figure, limit: '' };
}

function settings(facts: PrerequisiteFacts): readonly Criterion[] {
  const { identity, flattenCapUsdt, cooldownSeconds } = facts;
  const named = identity.prefix !== '' && identity.allowedStrategies.length > 0;
  const cap = parseDecimal(flattenCapUsdt);
  const capOk = cap?.isGreaterThan(0) === true;
  const highCap = capOk && compareDecimals(flattenCapUsdt, CAP_TO_ACKNOWLEDGE_USDT) > 0;
  const cooling = Number.isFinite(cooldownSeconds) && cooldownSeconds > 0;
  const short = cooldownSeconds < COOLDOWN_TO_ACKNOWLEDGE_S;
  return [
    prerequisite(
      'identity',
      'prefix and strategies',
      named ? 'PASS' : 'FAIL',
      named ? `${identity.prefix} ${identity.allowedStrategies.join(' ')}` : 'prefix or strategies missing',
    ),
    prerequisite('whitelist', 'symbol whitelist', ...whitelist(facts)),
    prerequisite(
      'flatten_cap',
      'cap of a flatten, USDT',
      !capOk ? 'FAIL' : highCap ? 'INCONCLUSIVE' : 'PASS',
      flattenCapUsdt,
    ),
    budgets(facts),
    prerequisite(
      'cooldown',
      'cooldown, seconds',
      !cooling ? 'FAIL' : short ? 'INCONCLUSIVE' : 'PASS',
      String(cooldownSeconds),
    ),
  ];
}

function whitelist({
  whitelist: listed,
  hedgedSymbols,
  identity,
  symbols,
}: PrerequisiteFacts): readonly [CriterionVerdict, string] {
  if (listed.length === 0) return ['FAIL', 'empty'];
  const tooLong = listed.filter((symbol) => !idsFit(identity, symbol));
  if (tooLong.length > 0)
    return ['FAIL', `ids of ${MAX_CLIENT_ORDER_ID_LENGTH} characters can't hold ${tooLong.join(' ')}`];
  if (symbols.kind === 'unknown') return ['INCONCLUSIVE', symbols.why];
  const unknown = listed.filter((symbol) => !symbols.names.has(symbol));
  const why = 'unknown to the exchange, or not priced in USDT or USDC:';
  if (unknown.length > 0) return ['FAIL', `${why} ${unknown.join(' ')}`];
  // The other leg may be traded elsewhere; or it is misspelled, and what it means is flattened like any other.
  const legs = hedgedSymbols.filter((symbol) => !symbols.names.has(symbol));
  return legs.length > 0
    ? ['INCONCLUSIVE', `hedge_groups names what is ${why} ${legs.join(' ')}`]
    : ['PASS', listed.join(' ')];
}

/** Whether the shortest id of every strategy fits: one digit of level and of number, ten of seconds. */
function idsFit(identity: Identity, symbol: string): boolean {
  const rest = `_${symbol}_0_1000000000_0`;
  return identity.allowedStrategies.every(
    (strategy) => `${identity.prefix}${strategy}${rest}`.length <= MAX_CLIENT_ORDER_ID_LENGTH,
  );
}

function budgets({ limits }: PrerequisiteFacts): Criterion {
  const unbounded = limits.filter(([, value]) => parseDecimal(value)?.isGreaterThan(0) !== true);
  const shown = (unbounded.length === 0 ? limits : unbounded).map(([name, value]) => `${name} ${value}`);
  const isBounded = limits.length > 0 && unbounded.length === 0;
  return prerequisite(
    'budgets',
    'caps and budgets finite',
    isBounded ? 'PASS' : 'FAIL',
    shown.join(', ') || 'none',
  );
}

/** An audit that is off or broken holds at stage 1; it is not a reason to see nothing at all. */
function audit({ auditProblem }: PrerequisiteFacts): Criterion {
  const verdict = auditProblem === null ? 'PASS' : 'INCONCLUSIVE';
  return prerequisite('audit', 'audit writable and synced', verdict, auditProblem ?? 'ok');
}

function exchange({ clock, clockLimitMs, keyRights, positionMode }: PrerequisiteFacts): readonly Criterion[] {
  const offset =
    clock === null || clock.kind === 'failed'
      ? prerequisite('clock', 'clock offset', 'INCONCLUSIVE', clock?.error ?? 'not measured yet')
      : prerequisite(
          'clock',
          'clock offset',
          Math.abs(clock.offsetMs) <= clockLimitMs ? 'PASS' : 'FAIL',
          `${Math.round(clock.offsetMs)} ms (limit ${clockLimitMs} ms)`,
        );
  const mode = prerequisite(
    'position_mode',
    'position mode of the account',
    positionMode === null ? 'INCONCLUSIVE' : 'PASS',
    positionMode ?? 'the exchange did not tell',
  );
  return [
    offset,
    prerequisite('key_rights', 'rights of the key', ...rights(keyRights)),
    ...(positionMode === undefined ? [] : [mode]),
  ];
}

function rights(key: KeyRights | null): readonly [CriterionVerdict, string] {
  if (key?.kind === 'refused') return ['FAIL', key.why];
  if (key === null || key.kind === 'unknown') return ['INCONCLUSIVE', key?.why ?? 'not read yet'];
  const bad = [
    ...(key.canTradeFutures ? [] : ['cannot trade futures']),
    ...(key.canWithdraw ? ['may withdraw'] : []),
    ...(key.canTransfer ? ['may transfer'] : []),
  ];
  if (bad.length > 0) return ['FAIL', bad.join(', ')];
  return key.ipRestricted
    ? ['PASS', 'futures only, bound to addresses']
    : ['INCONCLUSIVE', 'futures only, not bound to addresses'];
}

function disk({ disk: found }: PrerequisiteFacts): Criterion {
  if ('why' in found) return prerequisite('disk', 'free disk space', 'INCONCLUSIVE', found.why);
  const verdict = found.freeBytes >= DISK_MIN_BYTES ? 'PASS' : 'FAIL';
  const figure = `${Math.floor(found.freeBytes / 2 ** 20)} MiB (at least 100)`;
  return prerequisite('disk', 'free disk space', verdict, figure);
}

function modes({ modes: found }: PrerequisiteFacts): Criterion {
  const title = 'state and socket directories';
  if ('why' in found) return prerequisite('file_modes', title, 'INCONCLUSIVE', found.why);
  const isPrivate = found.open.length === 0;
  const figure = isPrivate ? 'private' : `writable by others: ${found.open.join(' ')}`;
  return prerequisite('file_modes', title, isPrivate ? 'PASS' : 'FAIL', figure);
}

function byPeople({ whitelist: listed }: PrerequisiteFacts): readonly Criterion[] {
  return [
    prerequisite('team_notified', 'team aware of the go-live', 'INCONCLUSIVE', 'only people can tell'),
    prerequisite(
      'whole_position',
      "whole positions are the engine's own",
      'INCONCLUSIVE',
      `on ${listed.join(' ')}: positions carry no id`,
    ),
  ];
}
