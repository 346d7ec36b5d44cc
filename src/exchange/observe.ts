/** One picture of the account: independent reads go out together, and each says how it ended. */
import { z } from 'zod';
import type { Clock } from '../engine/clock.ts';
import type { MarkPrice, Observation, ObservedPosition, ReadReport } from '../engine/types.ts';
import type { ObserveRequest } from './exchange.ts';
import type { PositionModeCache } from './position-mode.ts';
import { planReads } from './read-plan.ts';
import type { Reader } from './reader.ts';
import { positionRow, priceRow } from './rows.ts';
import type { Sweeper } from './sweep.ts';

export interface ObserveDeps {
  readonly read: Reader;
  readonly clock: Clock;
  readonly mode: PositionModeCache;
  readonly sweeper: Sweeper;
}

/**
 * Reads open and conditional orders (see sweep.ts), positions, position mode and the prices asked for.
 * `complete` needs every account read; a missing price leaves the picture complete, since only what needs that price
 * is affected.
 */
export async function observe(deps: ObserveDeps, request: ObserveRequest): Promise<Observation> {
  const { read, clock, mode } = deps;
  const startedMonoMs = clock.monoMs();
  const [orders, positions, known, prices] = await Promise.all([
    deps.sweeper.read(request.symbols, startedMonoMs),
    read('positionRisk', {}, z.array(positionRow)),
    mode.get(),
    readPrices(read, request.symbols),
  ]);
  const confirmed = await mode.confirm(known, positions.value ?? []);
  const reads = [...orders.reports, positions.report, ...confirmed.reports, ...prices.reports];
  const account = reads.filter((report) => report.source === 'rest');
  return {
    complete: confirmed.mode !== null && account.every((report) => report.outcome === 'ok'),
    startedMonoMs,
    endedMonoMs: clock.monoMs(),
    endedAtMs: clock.wallMs(),
    orders: orders.orders,
    sweptAtMonoMs: orders.sweptAtMonoMs,
    positions: (positions.value ?? []).filter(isShown(confirmed.mode)),
    prices: prices.value,
    positionMode: confirmed.mode,
    reads,
  };
}

/** Reads the mark prices of these symbols; a symbol that is absent from the reply makes its read partial. */
export async function readPrices(
  read: Reader,
  symbols: readonly string[],
): Promise<{ readonly value: readonly MarkPrice[]; readonly reports: readonly ReadReport[] }> {
  if (planReads(symbols).prices === 'all') return readAllPrices(read, new Set(symbols));
  const results = await Promise.all(
    symbols.map(async (symbol) => {
      const { report, value, endedMonoMs } = await read('premiumIndex', { symbol }, priceRow);
      if (value === null) return { report, price: null };
      if (value.symbol !== symbol)
        return { report: partial(report, 'a price of another symbol'), price: null };
      return { report, price: { ...value, readAtMonoMs: endedMonoMs } };
    }),
  );
  return {
    value: results.flatMap(({ price }) => price ?? []),
    reports: results.map(({ report }) => report),
  };
}

async function readAllPrices(read: Reader, wanted: ReadonlySet<string>) {
  // Rows of other symbols, such as one that is delisted at price 0, must not spoil ours.
  const anyRow = z.looseObject({ symbol: z.string() });
  const { report, value, endedMonoMs } = await read('premiumIndex', {}, z.array(anyRow));
  if (value === null) return { value: [], reports: [report] };
  const prices = value
    .filter((row) => wanted.has(row.symbol))
    .flatMap((row) => priceRow.safeParse(row).data ?? [])
    .map((price) => ({ ...price, readAtMonoMs: endedMonoMs }));
  const missing = wanted.size - prices.length;
  return {
    value: prices,
    reports: [missing === 0 ? report : partial(report, `${missing} symbols without a price`)],
  };
}

function partial(report: ReadReport, error: string): ReadReport {
  return { ...report, outcome: 'partial', error };
}

/** In hedge mode the exchange may still list the BOTH row of a symbol; it is always flat and no position there. */
function isShown(mode: Observation['positionMode']): (position: ObservedPosition) => boolean {
  return (position) => mode !== 'hedge' || position.positionSide !== 'BOTH' || Number(position.amount) !== 0;
}
