/** The comparison's half about positions. Pure. A position carries no id: on a whitelisted symbol all of it is ours. */
import type { CompareOptions } from './comparison.ts';
import { compareDecimals, decimal, isZero, sum } from './decimal.ts';
import type {
  Decimal,
  ExpectedPosition,
  ExpectedState,
  Mismatch,
  Observation,
  ObservedPosition,
  PositionSide,
  SymbolRules,
} from './types.ts';

/** What the positions differ in. */
export interface PositionDifferences {
  readonly mismatches: readonly Mismatch[];
  readonly matched: number;
}

/** Compares the engine's positions with an observation's, on whitelisted symbols. */
export function comparePositions(
  expected: ExpectedState,
  observed: Observation,
  options: CompareOptions,
): PositionDifferences {
  const pairs = [...new Set(options.whitelist)].flatMap((symbol) => pairSymbol(symbol, expected, observed));
  const judged = pairs.filter((pair) => isJudgeable(pair, observed));
  const mismatches = judged.flatMap((pair) => judge(pair, options.rules.get(pair.symbol)) ?? []);
  const differing = new Set(mismatches.map((mismatch) => mismatch.key.replace(/^[A-Z_]+:/, '')));
  const agreeing = judged.filter((pair) => !differing.has(`${pair.symbol}:${pair.side}`));
  return { mismatches, matched: agreeing.filter((pair) => !isZero(pair.found)).length };
}

/** What is said about one side of one symbol, on both ends. */
interface Pair {
  readonly symbol: string;
  readonly side: PositionSide;
  /** Null when the feed never mentioned it. */
  readonly believed: Decimal | null;
  /** Its 0 is one word alone: against an amount, or since the feed was broken or joined in its midst. */
  readonly doubted: boolean;
  readonly newestReadAtMonoMs: number;
  readonly found: Decimal;
  /** The row to close; null when nothing was shown or several rows were netted. */
  readonly row: ObservedPosition | null;
  /** True when the exchange said something about it. */
  readonly shown: boolean;
  /** True when one end counts by side and the other doesn't: summed up, or held by the engine the other way. */
  readonly netted: boolean;
}

function pairSymbol(symbol: string, expected: ExpectedState, observed: Observation): readonly Pair[] {
  const records = [...expected.positions.values()].filter((record) => record.symbol === symbol);
  const rows = newestRows(observed.positions.filter((row) => row.symbol === symbol));
  const held = rows.filter((row) => !isZero(row.amount));
  const engineNets = records.length > 0 && records.every((record) => record.positionSide === 'BOTH');
  const exchangeNets = held.length > 0 && held.every((row) => row.positionSide === 'BOTH');
  const engineHedges = records.length > 0 && records.every((record) => record.positionSide !== 'BOTH');
  const exchangeHedges = held.length > 0 && held.every((row) => row.positionSide !== 'BOTH');
  if ((engineNets && exchangeHedges) || (engineHedges && exchangeNets)) return [net(symbol, records, rows)];
  const sides = new Set([...records, ...rows].map((one) => one.positionSide));
  return [...sides].map((side) => {
    const record = records.find((one) => one.positionSide === side);
    const row = rows.find((one) => one.positionSide === side);
    return {
      symbol,
      side,
      believed: record?.amount ?? null,
      doubted: expected.oneWordSince !== null || record?.doubtedSince !== undefined,
      newestReadAtMonoMs: record?.readAtMonoMs ?? Number.NEGATIVE_INFINITY,
      found: row?.amount ?? '0',
      row: row ?? null,
      shown: row !== undefined,
      netted: isHeldInOtherMode(records, side),
    };
  });
}

/** The engine says that it holds the symbol, and counts it the other way: its 0 on this side may be the same position. */
function isHeldInOtherMode(records: readonly ExpectedPosition[], side: PositionSide): boolean {
  return records.some(
    ({ positionSide, amount }) => (positionSide === 'BOTH') !== (side === 'BOTH') && !isZero(amount),
  );
}

function net(symbol: string, records: readonly ExpectedPosition[], rows: readonly ObservedPosition[]): Pair {
  return {
    symbol,
    side: 'BOTH',
    believed: sum(records.map((record) => record.amount)),
    doubted: records.some((record) => record.doubtedSince !== undefined),
    newestReadAtMonoMs: Math.max(...records.map((record) => record.readAtMonoMs)),
    found: sum(rows.map((row) => row.amount)),
    row: null,
    shown: true,
    netted: true,
  };
}

/** One row a side: of several rows of one side the newest counts, whatever order they came in. */
function newestRows(rows: readonly ObservedPosition[]): readonly ObservedPosition[] {
  const bySide = new Map<PositionSide, ObservedPosition>();
  for (const row of rows) {
    const other = bySide.get(row.positionSide);
    const newer =
      other === undefined ||
      row.updatedAtMs > other.updatedAtMs ||
      (row.updatedAtMs === other.updatedAtMs && compareDecimals(row.amount, other.amount) > 0);
    if (newer) bySide.set(row.positionSide, row);
  }
  return [...bySide.values()];
}

/** A row that is not shown means zero only in a complete read; what we heard since the read began it can't judge. */
function isJudgeable(pair: Pair, observed: Observation): boolean {
  if (pair.newestReadAtMonoMs >= (pair.row?.heardAtMonoMs ?? observed.startedMonoMs)) return false;
  if (observed.complete) return true;
  const reads = observed.reads.filter(
    (read) => /position/i.test(read.endpoint) && (read.symbol === null || read.symbol === pair.symbol),
  );
  return pair.shown && reads.length > 0 && reads.every((read) => read.outcome === 'ok');
}

function judge(pair: Pair, rules: SymbolRules | undefined): Mismatch | null {
  const { believed, found } = pair;
  if (believed === null || isZero(believed)) return isZero(found) ? null : unexpected(pair, rules);
  const difference = decimal(found).minus(decimal(believed)).abs();
  if (difference.isLessThanOrEqualTo(tolerance(rules))) return null;
  const words = isCross(believed, found) ? ' (the other side)' : '';
  return {
    ...base('POSITION_SIZE_DIVERGENCE', pair),
    remediation: 'report',
    detail: `expected ${believed}, found ${found}${words}: differs by ${difference.toFixed()}`,
    reportOnlyBecause: '',
  };
}

/** A position where none is expected. No tolerance here: the smallest position is a position. */
function unexpected(pair: Pair, rules: SymbolRules | undefined): Mismatch {
  const because = reportOnly(pair, rules);
  return {
    ...base('POSITION_NONZERO_UNEXPECTED', pair),
    remediation: because === '' ? 'flatten' : 'report',
    detail: `expected ${pair.believed === null ? 'nothing said' : '0'}, found ${pair.found}`,
    reportOnlyBecause: because,
  };
}

function reportOnly(pair: Pair, rules: SymbolRules | undefined): string {
  if (pair.believed === null) return 'the feed never said 0 for it';
  if (pair.doubted) return 'one word alone says 0: a checkpoint, or a record dated before what it denies';
  if (pair.netted || pair.row === null) return 'one end counts by side and the other does not';
  if (rules === undefined) return 'the trading rules of its symbol are not known';
  const size = decimal(pair.found).abs();
  if (size.isLessThan(decimal(rules.stepSize))) return 'it is smaller than one step';
  return size.isLessThan(decimal(rules.minQuantity))
    ? `it is smaller than the exchange's smallest order of ${rules.minQuantity}`
    : '';
}

function base(
  type: Mismatch['type'],
  pair: Pair,
): Omit<Mismatch, 'remediation' | 'detail' | 'reportOnlyBecause'> {
  return {
    key: `${type}:${pair.symbol}:${pair.side}`,
    type,
    symbol: pair.symbol,
    clientOrderId: null,
    orderId: null,
    positionSide: pair.side,
    observedOrder: null,
    observedPosition: pair.row,
    synthetic: false,
  };
}

/** One step; none for symbols that trade in whole units, and none when the step is not known. */
function tolerance(rules: SymbolRules | undefined): Decimal {
  return rules === undefined || decimal(rules.stepSize).isGreaterThanOrEqualTo(1) ? '0' : rules.stepSize;
}

function isCross(a: Decimal, b: Decimal): boolean {
  return decimal(a).times(decimal(b)).isLessThan(0);
}
