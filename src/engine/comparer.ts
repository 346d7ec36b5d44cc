/**
 * Compares as compare.ts does, from what changed since it was last asked. It tells by identity what changed, so
 * whatever it was given must never be changed in place; what time alone changes waits in lists ordered by when.
 *
 * Invariant: whatever the sequence of questions, each answer equals that of `compare` to the same question.
 */
import { asBook } from './book.ts';
import { comparePositions } from './compare-positions.ts';
import type { CompareOptions, Comparison } from './comparison.ts';
import { byContract } from './contract-order.ts';
import { createDueList } from './due-list.ts';
import { createFindings } from './findings.ts';
import { changesOf, continues, type Known } from './known.ts';
import { changedKeys, type Versioned } from './map-diff.ts';
import { ALIKE, type GroupContext, type GroupVerdict, judgeGroup, SILENT, SLACK_MS } from './order-group.ts';
import { createOrderGroups, type Group } from './order-groups.ts';
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

/** Orders looked at between two pauses: some 5 ms. */
const PIECE_ORDERS = 5000;

/** Makes one that knows nothing yet; it pauses after so many orders. */
export function createComparer(pieceOrders = PIECE_ORDERS): Comparer {
  const groups = createOrderGroups();
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
      oneWord: expected.oneWordSince !== null,
    };
    const known = last;
    const rows = known === null ? null : diffRows(known.rows, observed.orders);
    // Records that are no version of those before have other places.
    const book = asBook(expected.orders);
    const records = known === null ? null : book.changedSince(known.records);
    // While it is worked on nothing is known: an error on the way must not leave half an answer behind.
    last = null;
    const isLittle = changesOf(rows, records) <= observed.orders.length / 2 + PIECE_ORDERS;
    if (known === null || rows === null || records === null || !isLittle || !continues(known, context))
      yield* startOver(book, observed, context);
    else {
      const changed = new Set<string>(records);
      for (const row of rows.removed) takeOut(row);
      for (const row of rows.added) putIn(row, ALIKE);
      for (const row of [...rows.removed, ...rows.added]) changed.add(row.clientOrderId);
      for (const id of changedKeys(known.targeted, options.targeted ?? NOTHING_ASKED)) changed.add(id);
      for (const id of wake(context)) changed.add(id);
      if (known.complete !== context.complete || known.swept !== context.swept)
        for (const id of absent) changed.add(id);
      yield* judgeAll(changed, book, context);
    }
    last = {
      rows: observed.orders,
      records: book,
      targeted: options.targeted ?? NOTHING_ASKED,
      ...context,
    };
    return told(question);
  }

  function* startOver(
    records: Versioned<ExpectedOrder>,
    observed: Observation,
    context: GroupContext,
  ): Steps<void> {
    groups.clear(records);
    findings.clear();
    absent.clear();
    dueByStart.clear();
    dueByNow.clear();
    for (let first = 0; first < observed.orders.length; first += pieceOrders) {
      placeAll(observed.orders.slice(first, first + pieceOrders), records);
      yield;
    }
    yield* judgeAll(groups.ids(), records, context);
    for (let first = 0; first < records.places(); first += pieceOrders) {
      judgeRecords(first, records, context);
      yield;
    }
  }

  /** Puts in rows: those without a record, or with an id that another one has, as groups. */
  function placeAll(rows: readonly ObservedOrder[], records: Versioned<ExpectedOrder>): void {
    for (const row of rows) {
      const place = records.placeOf(row.clientOrderId);
      const isExpected = place !== undefined && records.at(place) !== undefined;
      if (!isExpected || !groups.place(row, place)) putIn(row, SILENT);
    }
  }

  /** Judges one piece of the records, each with its row if it has one and no more. */
  function judgeRecords(first: number, records: Versioned<ExpectedOrder>, context: GroupContext): void {
    let alike = 0;
    for (let place = first; place < first + pieceOrders; place += 1) {
      const record = records.at(place);
      const row = groups.at(place) ?? null;
      if (record === undefined || (row === null && groups.kept(record.clientOrderId) !== undefined)) continue;
      if (judgeFirst(record.clientOrderId, row, record, context)) alike += 1;
    }
    findings.addAlike(alike);
  }

  /** Judges an id of which nothing was known; true when it is alike, which is still to be counted. */
  function judgeFirst(
    id: string,
    row: ObservedOrder | null,
    record: ExpectedOrder,
    context: GroupContext,
  ): boolean {
    const verdict = judgeGroup(row, NO_ROWS, record, context);
    if (verdict === ALIKE) return true;
    if (verdict !== SILENT || row !== null) settle(id, groups.open(id, SILENT), verdict);
    return false;
  }

  function* judgeAll(
    ids: Iterable<string>,
    records: ReadonlyMap<string, ExpectedOrder>,
    context: GroupContext,
  ): Steps<void> {
    let judged = 0;
    for (const id of ids) {
      const group = groups.open(id, ALIKE);
      settle(id, group, judgeGroup(group.row, group.more, records.get(id), context));
      judged += 1;
      if (judged % pieceOrders === 0) yield;
    }
  }

  function settle(id: string, group: Group, verdict: GroupVerdict): void {
    const before = group.verdict;
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
    groups.close(id, group);
  }

  /** What the passing of time alone may have changed. */
  function wake({ startedMonoMs, options }: GroupContext): readonly string[] {
    const started = dueByStart.take(startedMonoMs + SLACK_MS);
    for (const id of started) {
      const group = groups.kept(id);
      if (group !== undefined) group.dueStartMonoMs = Number.POSITIVE_INFINITY;
    }
    const passed = dueByNow.take(options.now.monoMs + SLACK_MS);
    for (const id of passed) {
      const group = groups.kept(id);
      if (group !== undefined) group.dueNowMonoMs = Number.POSITIVE_INFINITY;
    }
    return [...started, ...passed];
  }

  function putIn(row: ObservedOrder, alike: GroupVerdict): void {
    const group = groups.open(row.clientOrderId, alike);
    if (group.row === null) group.row = row;
    else group.more.push(row);
  }

  function takeOut(row: ObservedOrder): void {
    const group = groups.open(row.clientOrderId, ALIKE);
    if (group.row === row) group.row = group.more.pop() ?? null;
    else group.more.splice(group.more.indexOf(row), 1);
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
const NO_ROWS: readonly ObservedOrder[] = [];

/** Every mismatch of a position comes after those of orders. */
function inOrder(orders: readonly Mismatch[], positions: readonly Mismatch[]): readonly Mismatch[] {
  return positions.length === 0 ? orders : [...orders, ...positions.toSorted(byContract)];
}
