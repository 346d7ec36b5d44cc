/**
 * Whose an order is, told from its client order id alone: `{prefix}{strategy}_{symbol}_{level}_{ts_seconds}_{seq}`.
 * Only plain ASCII of the exact shape is ours; whatever merely looks like it is somebody else's.
 */

/** What makes an order ours. */
export interface Identity {
  /** Such as `grinder_`; never empty. */
  readonly prefix: string;
  readonly allowedStrategies: readonly string[];
}

/** A client order id taken apart. */
export interface ParsedClientOrderId {
  /** Never holds an underscore. */
  readonly strategy: string;
  /** May hold underscores. */
  readonly symbol: string;
  readonly level: number;
  readonly tsSeconds: number;
  readonly seq: number;
}

/** Whose an order is; `why` tells what an `ours_unparsable` one lacks. */
export type OrderClass =
  | { readonly kind: 'ours' }
  | { readonly kind: 'not_allowed_strategy' }
  | { readonly kind: 'ours_unparsable'; readonly why: string }
  /** A repair order of this program, never ours to the comparison. */
  | { readonly kind: 'repair' }
  | { readonly kind: 'foreign' };

/** The longest client order id that the exchange takes. */
export const MAX_CLIENT_ORDER_ID_LENGTH = 36;
/** What the ids of this program's own orders begin with. */
export const REPAIR_PREFIX = 'grc_';

/** Tells whose an order is. */
export function classifyOrder(
  order: { readonly clientOrderId: string; readonly symbol: string },
  identity: Identity,
): OrderClass {
  const { clientOrderId, symbol } = order;
  if (isPlainlyOurs(clientOrderId, headsOf(symbol, identity))) return OURS;
  if (clientOrderId.startsWith(REPAIR_PREFIX)) return { kind: 'repair' };
  if (identity.prefix === '' || !clientOrderId.startsWith(identity.prefix)) return FOREIGN;
  const bars = barsOf(clientOrderId, identity.prefix);
  if (bars === null) return WRONG_SHAPE;
  const symbolLength = bars.level - bars.symbol - 1;
  if (symbol.length !== symbolLength || !clientOrderId.startsWith(symbol, bars.symbol + 1))
    return WRONG_SYMBOL;
  const strategy = clientOrderId.slice(identity.prefix.length, bars.symbol);
  return identity.allowedStrategies.includes(strategy) ? OURS : NOT_ALLOWED;
}

/** Takes a client order id apart from the right; null when it has another prefix, shape or length. */
export function parseClientOrderId(clientOrderId: string, prefix: string): ParsedClientOrderId | null {
  const bars = barsOf(clientOrderId, prefix);
  if (bars === null) return null;
  return {
    strategy: clientOrderId.slice(prefix.length, bars.symbol),
    symbol: clientOrderId.slice(bars.symbol + 1, bars.level),
    level: Number(clientOrderId.slice(bars.level + 1, bars.time)),
    tsSeconds: Number(clientOrderId.slice(bars.time + 1, bars.seq)),
    seq: Number(clientOrderId.slice(bars.seq + 1)),
  };
}

const OURS: OrderClass = { kind: 'ours' };
const FOREIGN: OrderClass = { kind: 'foreign' };
const NOT_ALLOWED: OrderClass = { kind: 'not_allowed_strategy' };
const WRONG_SHAPE: OrderClass = {
  kind: 'ours_unparsable',
  why: 'the id has our prefix but not our shape',
};
const WRONG_SYMBOL: OrderClass = {
  kind: 'ours_unparsable',
  why: 'the symbol inside the id is not the symbol of the order',
};

/** What the ids of a symbol begin with up to the level, one a strategy; of the identity that was asked for last. */
const heads = { identity: null as Identity | null, bySymbol: new Map<string, readonly string[]>() };

function headsOf(symbol: string, identity: Identity): readonly string[] {
  if (heads.identity !== identity) {
    heads.identity = identity;
    heads.bySymbol.clear();
  }
  const known = heads.bySymbol.get(symbol);
  if (known !== undefined) return known;
  const { prefix, allowedStrategies } = identity;
  const made = allowedStrategies
    .filter((strategy) => prefix !== '' && STRATEGY.test(strategy) && SYMBOL.test(symbol))
    .map((strategy) => `${prefix}${strategy}_${symbol}_`)
    .filter((head) => !head.startsWith(REPAIR_PREFIX));
  heads.bySymbol.set(symbol, made);
  return made;
}

const STRATEGY = /^[A-Za-z0-9.-]+$/;
const SYMBOL = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Whether an id is a head and three short numbers, which nearly every one of ours is; false decides nothing. */
function isPlainlyOurs(id: string, all: readonly string[]): boolean {
  if (id.length > MAX_CLIENT_ORDER_ID_LENGTH) return false;
  for (const head of all) {
    if (!id.startsWith(head)) continue;
    const level = head.length + (id.charCodeAt(head.length) === MINUS ? 1 : 0);
    const time = digitsEnd(id, level);
    if (time === level || id.charCodeAt(time) !== BAR) return false;
    const seq = digitsEnd(id, time + 1);
    if (seq === time + 1 || id.charCodeAt(seq) !== BAR) return false;
    return seq + 1 < id.length && digitsEnd(id, seq + 1) === id.length;
  }
  return false;
}

/** Where at most fifteen digits end. */
function digitsEnd(id: string, start: number): number {
  const most = Math.min(id.length, start + EXACT_DIGITS);
  let index = start;
  while (index < most && isDigit(id.charCodeAt(index))) index += 1;
  return index;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Where the underscores before each part but the first are. */
interface Bars {
  readonly symbol: number;
  readonly level: number;
  readonly time: number;
  readonly seq: number;
}

/**
 * Finds the parts of an id, or null when it has another prefix, shape or length. By hand instead of by a pattern, because
 * 100,000 orders are told apart at once: strategy `[A-Za-z0-9.-]+`, symbol `[A-Za-z0-9][A-Za-z0-9._-]*`, level `-?[0-9]+`,
 * seconds and sequence `[0-9]+`, each number exact.
 */
function barsOf(id: string, prefix: string): Bars | null {
  if (prefix === '' || !id.startsWith(prefix) || id.length > MAX_CLIENT_ORDER_ID_LENGTH) return null;
  let symbol = -1;
  let [level, time, seq] = [-1, -1, -1];
  for (let index = prefix.length; index < id.length; index += 1) {
    const code = id.charCodeAt(index);
    if (code === BAR) {
      if (symbol < 0) symbol = index;
      level = time;
      time = seq;
      seq = index;
    } else if ((KINDS[code] ?? OTHER) === OTHER) return null;
  }
  const firstDigit = level + (id.charCodeAt(level + 1) === MINUS ? 2 : 1);
  const isWhole =
    symbol > prefix.length &&
    level > symbol &&
    (KINDS[id.charCodeAt(symbol + 1)] ?? OTHER) >= LETTER &&
    isExact(id, firstDigit, time) &&
    isExact(id, time + 1, seq) &&
    isExact(id, seq + 1, id.length);
  return isWhole ? { symbol, level, time, seq } : null;
}

const BAR = 95;
const MINUS = 45;
/** What an ASCII character may be: letters are ASCII letters, so that no look-alike of another script matches. */
const OTHER = 0;
const MARK = 1;
const LETTER = 2;
const DIGIT = 3;
const KINDS = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[0-9]/.test(character)) return DIGIT;
  if (/[A-Za-z]/.test(character)) return LETTER;
  return /[.-]/.test(character) ? MARK : OTHER;
});
/** Every number of so many digits is exact. */
const EXACT_DIGITS = 15;

/** Whether there are ASCII digits and nothing else, of a number that loses none of them. */
function isExact(id: string, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) if (KINDS[id.charCodeAt(index)] !== DIGIT) return false;
  return end > start && (end - start <= EXACT_DIGITS || Number.isSafeInteger(Number(id.slice(start, end))));
}
