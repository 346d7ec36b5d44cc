/** All there is about one client order id, and what the rules say about it until something about it changes. Pure. */
import { classifyOrder } from '../gates/identity.ts';
import type { CompareOptions, UnparsableOrder } from './comparison.ts';
import { type Asked, isNewerRow } from './contract-order.ts';
import { compareDecimals } from './decimal.ts';
import { isDenied, judgeShown, mayAsk, missingOrder } from './order-rules.ts';
import { isLive } from './targeted.ts';
import type { ExpectedOrder, Mismatch, ObservedOrder } from './types.ts';

/** What one client order id comes to. */
export interface GroupVerdict {
  readonly mismatches: readonly Mismatch[];
  readonly matched: number;
  readonly ours: number;
  /** Symbol of each foreign order. */
  readonly foreign: readonly string[];
  readonly unparsable: readonly UnparsableOrder[];
  readonly asked: Asked | null;
  /** Expected live and not shown. */
  readonly absent: boolean;
  /** It may come to something else once a read begins after this; Infinity when it can't by that alone. */
  readonly untilStartMonoMs: number;
  /** The same for the time at which is compared. */
  readonly untilNowMonoMs: number;
}

/** What the verdict depends on besides the orders. */
export interface GroupContext {
  readonly options: CompareOptions;
  readonly complete: boolean;
  readonly swept: boolean;
  readonly startedMonoMs: number;
  /** The engine's picture rests on one checkpoint alone. */
  readonly oneWord: boolean;
}

/** Judges all rows with one client order id, the first and `more`, beside the engine's record of it. */
export function judgeGroup(
  row: ObservedOrder | null,
  more: readonly ObservedOrder[],
  record: ExpectedOrder | undefined,
  context: GroupContext,
): GroupVerdict {
  if (row === null) return judgeAbsent(record, context);
  if (more.length === 0 && (record?.state !== 'live' || row.symbol === record.symbol))
    return judgeRow(row, record, context);
  const rows = [row, ...more];
  const verdicts = [...newestRows(rows)].map((one) => judgeRow(one, record, context));
  const isAbsent = !rows.some(({ symbol }) => symbol === record?.symbol);
  return joined(isAbsent ? [...verdicts, judgeAbsent(record, context)] : verdicts);
}

const FOREVER = Number.POSITIVE_INFINITY;
/** What nothing is to be said about. */
export const SILENT: GroupVerdict = {
  mismatches: [],
  matched: 0,
  ours: 0,
  foreign: [],
  unparsable: [],
  asked: null,
  absent: false,
  untilStartMonoMs: FOREVER,
  untilNowMonoMs: FOREVER,
};
/** Nearly all of them: expected, shown, and alike. */
export const ALIKE: GroupVerdict = { ...SILENT, matched: 1, ours: 1 };
const OURS: GroupVerdict = { ...SILENT, ours: 1 };
const ABSENT: GroupVerdict = { ...SILENT, absent: true };

function judgeRow(
  order: ObservedOrder,
  record: ExpectedOrder | undefined,
  { options, startedMonoMs, oneWord }: GroupContext,
): GroupVerdict {
  const whose = classifyOrder(order, options.identity);
  if (whose.kind !== 'ours') {
    if (whose.kind === 'repair' || (!isLive(order.status) && order.status !== 'UNKNOWN')) return SILENT;
    if (whose.kind !== 'ours_unparsable') return { ...SILENT, foreign: [order.symbol] };
    const { clientOrderId, orderId, symbol } = order;
    return { ...SILENT, unparsable: [{ clientOrderId, orderId, symbol, why: whose.why }] };
  }
  const fixedMonoMs = order.heardAtMonoMs ?? order.sweptAtMonoMs;
  const asOf = fixedMonoMs ?? startedMonoMs;
  const { mismatch, matched } = judgeShown(order, record, { startedMonoMs: asOf, options, oneWord });
  // A row without a time of its own is as old as the read, which moves past the record and past its grace.
  const untilStartMonoMs =
    fixedMonoMs === undefined && record !== undefined
      ? soonest(record.readAtMonoMs, options.statusGraceMs ?? 0, startedMonoMs)
      : FOREVER;
  if (mismatch === null && untilStartMonoMs === FOREVER && !order.synthetic) return matched ? ALIKE : OURS;
  return {
    ...SILENT,
    mismatches: mismatch === null ? [] : [mismatch],
    matched: matched ? 1 : 0,
    ours: order.synthetic ? 0 : 1,
    untilStartMonoMs,
  };
}

/** An order that is expected live and not shown: too young, denied, to be asked for, or asked for a moment ago. */
function judgeAbsent(record: ExpectedOrder | undefined, context: GroupContext): GroupVerdict {
  if (record?.state !== 'live') return SILENT;
  const { options, startedMonoMs } = context;
  const isJudged = context.complete && (context.swept || options.whitelist.includes(record.symbol));
  if (!isJudged || compareDecimals(record.filledQuantity, record.quantity) >= 0) return ABSENT;
  const { clientOrderId, readAtMonoMs } = record;
  const nowMonoMs = options.now.monoMs;
  const latest = options.targeted?.get(clientOrderId)?.latest;
  const requeryAfterMs = options.requeryAfterMs ?? options.missingGraceMs;
  const mayAskAgain =
    latest === undefined ? FOREVER : soonest(latest.readAtMonoMs, requeryAfterMs, nowMonoMs);
  const verdict = {
    ...ABSENT,
    untilStartMonoMs: soonest(readAtMonoMs, 0, startedMonoMs),
    untilNowMonoMs: Math.min(soonest(readAtMonoMs, options.missingGraceMs, nowMonoMs), mayAskAgain),
  };
  if (readAtMonoMs >= startedMonoMs || nowMonoMs - readAtMonoMs <= options.missingGraceMs) return verdict;
  if (isDenied(record, options)) return { ...verdict, mismatches: [missingOrder(record, options)] };
  return mayAsk(record, options) ? { ...verdict, asked: { clientOrderId, readAtMonoMs } } : verdict;
}

/** So near to a limit it is looked at again each time, because sums and differences of times are rounded. */
export const SLACK_MS = 1;

/** Of a moment and the end of the grace after it the first that a time has not certainly passed. */
function soonest(momentMs: number, graceMs: number, timeMs: number): number {
  if (momentMs + SLACK_MS >= timeMs) return momentMs;
  return momentMs + graceMs + SLACK_MS >= timeMs ? momentMs + graceMs : FOREVER;
}

/** One row an order: of several the newest counts. */
function newestRows(rows: readonly ObservedOrder[]): Iterable<ObservedOrder> {
  const newest = new Map<string, ObservedOrder>();
  for (const row of rows) {
    const id = `${row.symbol} ${row.conditional} ${row.orderId}`;
    const other = newest.get(id);
    if (other === undefined || isNewerRow(row, other)) newest.set(id, row);
  }
  return newest.values();
}

function joined(verdicts: readonly GroupVerdict[]): GroupVerdict {
  const total = (of: (one: GroupVerdict) => number): number =>
    verdicts.reduce((sum, one) => sum + of(one), 0);
  return {
    mismatches: verdicts.flatMap(({ mismatches }) => mismatches),
    matched: total(({ matched }) => matched),
    ours: total(({ ours }) => ours),
    foreign: verdicts.flatMap(({ foreign }) => foreign),
    unparsable: verdicts.flatMap(({ unparsable }) => unparsable),
    asked: verdicts.find(({ asked }) => asked !== null)?.asked ?? null,
    absent: verdicts.some(({ absent }) => absent),
    untilStartMonoMs: Math.min(...verdicts.map(({ untilStartMonoMs }) => untilStartMonoMs)),
    untilNowMonoMs: Math.min(...verdicts.map(({ untilNowMonoMs }) => untilNowMonoMs)),
  };
}
