/**
 * Compares as compare.ts does, from what changed since it was last asked. It tells by identity what changed, so
 * whatever it was given must never be changed in place; what time alone changes waits in lists ordered by when.
 *
 * Invariant: whatever the sequence of questions, each answer equals that of `compare` to the same question.
 */
import type { CompareOptions, Comparison } from './compare.ts';
import { comparePositions } from './compare-positions.ts';
import { byContract } from './contract-order.ts';
import { createDueList } from './due-list.ts';
import { createFindings } from './findings.ts';
import { changesOf, continues, type Known } from './known.ts';
import { changedKeys, partsOf } from './map-diff.ts';
import { type GroupContext, type GroupVerdict, judgeGroup, SILENT, SLACK_MS } from './order-group.ts';
import { isSwept } from './order-rules.ts';
import { createPiecework, type Steps } from './piecework.ts';
import { diffRows } from './row-diff.ts';
import type { TargetedReads } from './targeted.ts';
import type { ExpectedOrder, ExpectedState, Mismatch, Observation, ObservedOrder } from './types.ts';

/** A comparison that remembers. */
export interface Comparer {
  readonly compare: (expected: ExpectedState, observed: Observation, options: CompareOptions) => Comparison;
  /**
   * The same, with a pause after each few thousand orders where much has changed. A question asked in a pause is
   * answered once this one is.
   */
  readonly compareInPieces: (question: Question, pause: () => Promise<void>) => Promise<Comparison>;
}

/** What is compared, and how. */
export interface Question {
  readonly expected: ExpectedState;
  readonly observed: Observation;
  readonly options: CompareOptions;
}

/** What is known about one client order id. Nearly all have a record and one row: there may be 100,000. */
interface Group {
  record: ExpectedOrder | undefined;
  row: ObservedOrder | null;
  /** Further rows with this id. */
  more: ObservedOrder[];
  verdict: GroupVerdict;
  /** When it is in the lists of what is due; Infinity when it is not. */
  dueStartMonoMs: number;
  dueNowMonoMs: number;
}

/** Orders looked at between two pauses: some 5 ms. */
const PIECE_ORDERS = 5000;

/** Makes one that knows nothing yet; it pauses after so many orders. */
export function createComparer(pieceOrders = PIECE_ORDERS): Comparer {
  const groups = new Map<string, Group>();
  const findings = createFindings();
  const absent = new Set<string>();
  const dueByStart = createDueList();
  const dueByNow = createDueList();
  let last: Known | null = null;
  const pieces = createPiecework<Comparison>();

  function* answer(question: Question): Steps<Comparison> {
    const { expected, observed, options } = question;
    const context: GroupContext = {
      options,
      complete: observed.complete,
      swept: isSwept(observed),
      startedMonoMs: observed.startedMonoMs,
    };
    const known = last;
    const rows = known === null ? null : diffRows(known.rows, observed.orders);
    const records = known === null ? null : changedKeys(known.records, expected.orders);
    // While it is worked on nothing is known: an error on the way must not leave half an answer behind.
    last = null;
    const isLittle = changesOf(rows, records) <= observed.orders.length / 2 + PIECE_ORDERS;
    if (known === null || rows === null || records === null || !isLittle || !continues(known, context))
      yield* startOver(expected, observed, context);
    else {
      const changed = new Set<string>(records);
      for (const row of rows.removed) takeOut(row);
      for (const row of rows.added) putIn(row);
      for (const row of [...rows.removed, ...rows.added]) changed.add(row.clientOrderId);
      for (const id of changedKeys(known.targeted, options.targeted ?? NOTHING_ASKED)) changed.add(id);
      for (const id of wake(context)) changed.add(id);
      if (known.complete !== context.complete || known.swept !== context.swept)
        for (const id of absent) changed.add(id);
      yield* judgeAll(changed, expected, context);
    }
    last = {
      rows: observed.orders,
      records: expected.orders,
      targeted: options.targeted ?? NOTHING_ASKED,
      ...context,
    };
    return told(question);
  }

  function* startOver(expected: ExpectedState, observed: Observation, context: GroupContext): Steps<void> {
    groups.clear();
    findings.clear();
    absent.clear();
    dueByStart.clear();
    dueByNow.clear();
    let taken = 0;
    for (const part of partsOf(expected.orders)) {
      for (const [id, record] of part) groups.set(id, newGroup(record));
      taken += part.size;
      // A part is a few entries, or all of them.
      if (taken % pieceOrders < part.size) yield;
    }
    for (const row of observed.orders) {
      judge(row.clientOrderId, putIn(row), context);
      taken += 1;
      if (taken % pieceOrders === 0) yield;
    }
    for (const [id, group] of groups) {
      if (group.row === null) judge(id, group, context);
      taken += 1;
      if (taken % pieceOrders === 0) yield;
    }
  }

  function* judgeAll(ids: Iterable<string>, expected: ExpectedState, context: GroupContext): Steps<void> {
    let judged = 0;
    for (const id of ids) {
      judgeAnew(id, expected.orders.get(id), context);
      judged += 1;
      if (judged % pieceOrders === 0) yield;
    }
  }

  function judgeAnew(id: string, record: ExpectedOrder | undefined, context: GroupContext): void {
    const known = groups.get(id);
    const group = known ?? newGroup(undefined);
    group.record = record;
    judge(id, group, context);
    const isKept = group.row !== null || record !== undefined;
    if (known === undefined && isKept) groups.set(id, group);
    if (known !== undefined && !isKept) groups.delete(id);
  }

  function judge(id: string, group: Group, context: GroupContext): void {
    const before = group.verdict;
    const verdict = judgeGroup(group, context);
    if (verdict === before) return;
    group.verdict = verdict;
    findings.replace(before, verdict);
    if (verdict.absent) absent.add(id);
    else if (before.absent) absent.delete(id);
    if (verdict.untilStartMonoMs < group.dueStartMonoMs) {
      group.dueStartMonoMs = verdict.untilStartMonoMs;
      dueByStart.add(id, verdict.untilStartMonoMs);
    }
    if (verdict.untilNowMonoMs < group.dueNowMonoMs) {
      group.dueNowMonoMs = verdict.untilNowMonoMs;
      dueByNow.add(id, verdict.untilNowMonoMs);
    }
  }

  /** What the passing of time alone may have changed. */
  function wake({ startedMonoMs, options }: GroupContext): readonly string[] {
    const started = dueByStart.take(startedMonoMs + SLACK_MS);
    for (const id of started) {
      const group = groups.get(id);
      if (group !== undefined) group.dueStartMonoMs = Number.POSITIVE_INFINITY;
    }
    const passed = dueByNow.take(options.now.monoMs + SLACK_MS);
    for (const id of passed) {
      const group = groups.get(id);
      if (group !== undefined) group.dueNowMonoMs = Number.POSITIVE_INFINITY;
    }
    return [...started, ...passed];
  }

  function putIn(row: ObservedOrder): Group {
    const known = groups.get(row.clientOrderId);
    const group = known ?? newGroup(undefined);
    if (group.row === null) group.row = row;
    else if (group.more === NO_ROWS) group.more = [row];
    else group.more.push(row);
    if (known === undefined) groups.set(row.clientOrderId, group);
    return group;
  }

  function takeOut(row: ObservedOrder): void {
    const group = groups.get(row.clientOrderId);
    if (group?.row === row) group.row = group.more.pop() ?? null;
    else group?.more.splice(group.more.indexOf(row), 1);
  }

  function told({ expected, observed, options }: Question): Comparison {
    const isKnown = expected.checkpoint !== null;
    const positions = isKnown ? comparePositions(expected, observed, options) : null;
    const orders = findings.told();
    return {
      mismatches: positions === null ? [] : inOrder(orders.mismatches, positions.mismatches),
      foreignBySymbol: orders.foreignBySymbol,
      unparsable: orders.unparsable,
      matchedOrders: isKnown ? orders.matched : 0,
      matchedPositions: positions?.matched ?? 0,
      ours: orders.ours,
      queries: isKnown ? orders.queries : [],
    };
  }

  return {
    compare: (expected, observed, options) => pieces.atOnce(answer({ expected, observed, options })),
    compareInPieces: (question, pause) => pieces.withPauses(answer(question), pause),
  };
}

const NOTHING_ASKED: TargetedReads = new Map();

/** Stands for no further rows; never changed. */
const NO_ROWS: ObservedOrder[] = [];

function newGroup(record: ExpectedOrder | undefined): Group {
  const never = Number.POSITIVE_INFINITY;
  return { record, row: null, more: NO_ROWS, verdict: SILENT, dueStartMonoMs: never, dueNowMonoMs: never };
}

/** Every mismatch of a position comes after those of orders. */
function inOrder(orders: readonly Mismatch[], positions: readonly Mismatch[]): readonly Mismatch[] {
  return positions.length === 0 ? orders : [...orders, ...positions.toSorted(byContract)];
}
