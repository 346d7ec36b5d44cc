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
  | { readonly kind: 'ours'; readonly parsed: ParsedClientOrderId }
  | { readonly kind: 'not_allowed_strategy'; readonly parsed: ParsedClientOrderId }
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
  if (clientOrderId.startsWith(REPAIR_PREFIX)) return { kind: 'repair' };
  if (identity.prefix === '' || !clientOrderId.startsWith(identity.prefix)) return { kind: 'foreign' };
  const parsed = parseClientOrderId(clientOrderId, identity.prefix);
  if (parsed === null) return { kind: 'ours_unparsable', why: 'the id has our prefix but not our shape' };
  if (parsed.symbol !== symbol) {
    return { kind: 'ours_unparsable', why: 'the symbol inside the id is not the symbol of the order' };
  }
  const allowed = identity.allowedStrategies.includes(parsed.strategy);
  return { kind: allowed ? 'ours' : 'not_allowed_strategy', parsed };
}

/** Takes a client order id apart from the right; null when it has another prefix, shape or length. */
export function parseClientOrderId(clientOrderId: string, prefix: string): ParsedClientOrderId | null {
  if (prefix === '' || !clientOrderId.startsWith(prefix)) return null;
  if (clientOrderId.length > MAX_CLIENT_ORDER_ID_LENGTH) return null;
  const match = SHAPE.exec(clientOrderId.slice(prefix.length));
  if (match === null) return null;
  const [, strategy = '', symbol = '', level = '', tsSeconds = '', seq = ''] = match;
  const parsed = { strategy, symbol, level: Number(level), tsSeconds: Number(tsSeconds), seq: Number(seq) };
  const exact = [parsed.level, parsed.tsSeconds, parsed.seq].every((number) => Number.isSafeInteger(number));
  return exact ? parsed : null;
}

/** Digits are ASCII digits: no `u` or `i` flag, so that no look-alike of another script matches. */
const SHAPE = /^([A-Za-z0-9.-]+)_([A-Za-z0-9][A-Za-z0-9._-]*)_(-?\d+)_(\d+)_(\d+)$/;
