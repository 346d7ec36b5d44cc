/** Measures the comparison inside one runtime and prints samples as JSON; compare.bench.ts runs it in Deno and in Bun. */
import process from 'node:process';
import { bookOf, bookWith } from '../src/engine/book.ts';
import { compare } from '../src/engine/compare.ts';
import { createComparer } from '../src/engine/comparer.ts';
import type { CompareOptions } from '../src/engine/comparison.ts';
import type { TargetedReads } from '../src/engine/targeted.ts';
import type { ExpectedOrder, ExpectedState, Observation, ObservedOrder } from '../src/engine/types.ts';
import {
  expectedOrder,
  expectedState,
  observation,
  observedOrder,
  options,
  rules,
  START,
} from '../test/helpers/engine-world.ts';
import { plainCompare } from './plain-compare.ts';

/** Samples in milliseconds; the processor's time says more than the wall's on a machine that is busy otherwise. */
export interface Samples {
  readonly wall: readonly number[];
  readonly processor: readonly number[];
}

/** What was measured at one size. */
export interface CompareSamples {
  readonly orders: number;
  readonly mismatches: number;
  readonly full: Samples;
  readonly incremental: Samples;
  readonly specification: Samples;
  readonly plain: Samples;
  /** What the comparer keeps, in bytes an order. */
  readonly bytesPerOrder: number;
}

interface Account {
  readonly records: Map<string, ExpectedOrder>;
  readonly rows: readonly ObservedOrder[];
  readonly targeted: TargetedReads;
}

const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT'];
const CHANGED = 100;
const MISMATCHED = 0.01;
/** Drops what the runtime has compiled for another size's sake into the samples' past. */
const WARM_UP = 5;

/** One account: of every hundred orders one differs, in four ways by turns. */
function accountOf(count: number): Account {
  const records = new Map<string, ExpectedOrder>();
  const rows: ObservedOrder[] = [];
  const targeted = new Map<string, TargetedReads extends ReadonlyMap<string, infer One> ? One : never>();
  for (let seq = 0; seq < count; seq += 1) {
    const symbol = SYMBOLS[seq % SYMBOLS.length] ?? '';
    const clientOrderId = idOf(seq, symbol);
    const record = expectedOrder(seq, { clientOrderId, symbol, price: String(50_000 + (seq % 997)) });
    const row = observedOrder(seq, { clientOrderId, symbol, price: `${record.price}.00` });
    const kind = seq % (1 / MISMATCHED) === 0 ? Math.floor(seq * MISMATCHED) % 4 : -1;
    if (kind !== 0) records.set(clientOrderId, kind === 1 ? { ...record, state: 'ended' } : record);
    if (kind !== 2) rows.push(kind === 3 ? { ...row, price: '1' } : row);
    if (kind !== 2) continue;
    const latest = { clientOrderId, answer: 'not_found', status: null, readAtMonoMs: START } as const;
    targeted.set(clientOrderId, { latest, misses: 1 });
  }
  // Through JSON, so that texts are laid out as those of a parsed reply.
  const parsed: readonly ObservedOrder[] = JSON.parse(JSON.stringify(rows));
  const entries: [string, ExpectedOrder][] = JSON.parse(JSON.stringify([...records]));
  return { records: new Map(entries), rows: parsed, targeted };
}

function idOf(seq: number, symbol: string): string {
  return `grinder_1_${symbol}_1_17000000_${seq}`;
}

function measure(count: number, samples: number): CompareSamples {
  const account = accountOf(count);
  const state: ExpectedState = { ...expectedState([]), orders: bookOf(account.records) };
  const observed = observation(account.rows);
  const how = optionsWith(account.targeted);
  const expectedMismatches = compare(state, observed, how).mismatches.length;
  const full = repeat(samples, () => {
    const comparer = createComparer();
    return () => {
      const { mismatches } = comparer.compare(state, observed, how);
      if (mismatches.length !== expectedMismatches) throw new Error(`found ${mismatches.length} mismatches`);
    };
  });
  const kept = keptBytes(() => {
    const comparer = createComparer();
    comparer.compare(state, observed, how);
    return comparer;
  });
  const few = Math.max(5, Math.floor(samples / 3));
  return {
    orders: count,
    mismatches: expectedMismatches,
    full,
    incremental: incremental(account, { state, observed, how }, samples * 4),
    specification: repeat(few, () => () => {
      compare(state, observed, how);
    }),
    plain: repeat(few, () => () => {
      plainCompare(account.records.values(), account.rows, 'grinder_');
    }),
    bytesPerOrder: kept / count,
  };
}

/** Between two runs a hundred orders change: rows are filled, records are told again, some go and others come. */
function incremental(
  account: Account,
  begin: { readonly state: ExpectedState; readonly observed: Observation; readonly how: CompareOptions },
  samples: number,
): Samples {
  const comparer = createComparer();
  comparer.compare(begin.state, begin.observed, begin.how);
  const records = new Map(account.records);
  let book = bookOf(records);
  let rows = account.rows;
  let turn = 0;
  return repeat(samples, () => {
    turn += 1;
    const monoMs = START + turn * 1000;
    const next = rows.slice();
    const touched = new Set<string>();
    for (let change = 0; change < CHANGED; change += 1) {
      const place = (turn * 7919 + change * 104_729) % next.length;
      const row = next[place];
      const record = row === undefined ? undefined : records.get(row.clientOrderId);
      if (row === undefined) continue;
      if (change % 4 === 0) next.splice(place, 1);
      else if (change % 4 === 1)
        next.push({ ...row, orderId: `${row.orderId}${turn}`, clientOrderId: `web_${turn}_${change}` });
      else next[place] = { ...row, filledQuantity: '0.001', updatedAtMs: monoMs };
      if (record === undefined || change % 4 === 2) continue;
      records.set(record.clientOrderId, { ...record, filledQuantity: '0.001', readAtMonoMs: monoMs });
      touched.add(record.clientOrderId);
    }
    rows = next;
    book = bookWith(book, touched, records);
    const state = { ...begin.state, orders: book };
    const observed = observation(rows, [], { startedMonoMs: monoMs, endedMonoMs: monoMs + 100 });
    const how = { ...begin.how, now: { wallMs: 0, monoMs: monoMs + 200 } };
    return () => {
      comparer.compare(state, observed, how);
    };
  });
}

function optionsWith(targeted: TargetedReads): CompareOptions {
  return options({
    whitelist: SYMBOLS,
    rules: new Map(SYMBOLS.map((symbol) => [symbol, rules(symbol)])),
    targeted,
  });
}

/** Times what each preparation returns; the preparation itself isn't timed. */
function repeat(samples: number, prepare: () => () => void): Samples {
  const measured = Array.from({ length: WARM_UP + samples }, () => {
    const work = prepare();
    const usedBefore = process.cpuUsage();
    const startedAt = performance.now();
    work();
    const wall = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(usedBefore);
    return { wall, processor: (user + system) / 1000 };
  }).slice(WARM_UP);
  return { wall: measured.map(({ wall }) => wall), processor: measured.map(({ processor }) => processor) };
}

/** What a made thing keeps from being collected; NaN where the runtime can't be asked to collect. */
function keptBytes(make: () => unknown): number {
  const collect = Reflect.get(globalThis, 'gc');
  if (typeof collect !== 'function') return Number.NaN;
  collect();
  const before = process.memoryUsage().heapUsed;
  const made = [make()];
  collect();
  const after = process.memoryUsage().heapUsed;
  return made.length === 1 ? after - before : Number.NaN;
}

console.log(JSON.stringify([measure(1000, 60), measure(10_000, 40), measure(100_000, 20)]));
