/** The port's reads: rows of the truth as of some moment, or a failure that says so. */
import { BigNumber } from 'bignumber.js';
import type { Observation, ReadReport } from '../../src/engine/types.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import type { Pause } from '../../src/exchange/pause.ts';
import type { PositionMode } from '../../src/exchange/wire.ts';
import { sawNothing } from './look-rules.ts';
import type { PortDeps } from './port.ts';
import { orderRow, positionRow } from './rows.ts';
import type { TruthView } from './truth.ts';
import type { ReadFault } from './weather.ts';
import type { RawReply } from './write-faults.ts';

type Reads = Pick<Exchange, 'rules' | 'observe' | 'queryOrder' | 'queryPosition' | 'readClock' | 'keyRights'>;

export interface PortReads {
  readonly port: Reads;
  /** The position mode as last read. */
  readonly mode: () => PositionMode | null;
}

const STALE_MS = 20_000;
/** Nothing useful comes back. */
const SPOILED: ReadonlySet<ReadFault> = new Set(['read_failed', 'F30_unparsable', 'F18_limited_read']);
const FAILED = { kind: 'failed', error: 'the exchange of the simulation says nothing' } as const;

/** Makes them for one process. */
export function createPortReads(
  deps: PortDeps & {
    readonly pause: Pause;
    readonly wait: (ms: number) => Promise<void>;
    /** What a reply says of calls that are still allowed. */
    readonly learn: (reply: RawReply) => void;
  },
): PortReads {
  const { owner, timeline, truth, weather, random, clock, pause, wait, learn, witness } = deps;
  let knownMode: PositionMode | null = null;

  /** One request: null when it must not leave or nothing useful comes back. */
  async function call<T>(serve: (fault: ReadFault | null) => T | null): Promise<T | null> {
    // Killed within its start, it goes on to its next wait as if it lived; nobody hears of it.
    if (owner.dead || pause.why() !== null) return null;
    witness.called(owner);
    await wait(weather.latencyMs());
    const fault = weather.readFault();
    const value = fault !== null && SPOILED.has(fault) ? null : serve(fault);
    await wait(weather.latencyMs());
    if (fault === 'F18_limited_read') learn({ status: 429, text: '', retryAfterS: random.whole(5, 60) });
    return value;
  }

  const viewFor = (fault: ReadFault | null): TruthView =>
    truth.view(fault === 'F29_stale_read' ? random.whole(1, STALE_MS) : 0);

  /** Read just now; the exchange may have stopped working it out. */
  const priceOf = (symbol: string) => ({
    symbol,
    markPrice: new BigNumber(truth.mark(symbol)).toFixed(),
    atMs: timeline.nowMs() - weather.priceAgeMs(),
    readAtMonoMs: clock.monoMs(),
  });

  async function observe(request: { readonly symbols: readonly string[] }): Promise<Observation> {
    const startedMonoMs = clock.monoMs();
    const hidden = weather.hides();
    const page = await call((fault) => {
      const rows = viewFor(fault).orders.map(orderRow);
      return fault === 'F28_partial_page' ? rows.slice(0, rows.length >> 1) : rows;
    });
    const read = await call((fault) => ({
      positions: viewFor(fault).positions.map(positionRow),
      mode: fault === 'F31_other_mode' ? null : truth.hedge ? ('hedge' as const) : ('one_way' as const),
      prices: request.symbols.map(priceOf),
    }));
    const orders = hidden === 'orders' ? null : page;
    const account = hidden === 'positions' ? null : read;
    const mode = account?.mode ?? null;
    if (mode !== null) knownMode = mode;
    const observation: Observation = {
      complete: orders !== null && mode !== null,
      startedMonoMs,
      endedMonoMs: clock.monoMs(),
      endedAtMs: clock.wallMs(),
      orders: orders ?? [],
      positions: account?.positions ?? [],
      prices: account?.prices ?? [],
      positionMode: mode,
      reads: [report('rest', 'openOrders', orders !== null), report('rest', 'positionRisk', mode !== null)],
      sweptAtMonoMs: orders === null ? null : startedMonoMs,
    };
    if (!owner.dead) witness.observed(owner, observation);
    return observation;
  }

  return {
    mode: () => knownMode,
    port: {
      observe,
      rules: async () => {
        const rules = await call(() => deps.rules);
        return rules === null ? FAILED : { kind: 'ok', rules };
      },
      queryOrder: async ({ symbol, clientOrderId, orderId, conditional }) => {
        const found = await call((fault) => {
          const now =
            orderId === null ? truth.byClientId(symbol, clientOrderId) : truth.order(Number(orderId));
          const agoMs = weather.copies.orderAgoMs(clientOrderId);
          const order =
            agoMs === null ? now : truth.view(agoMs).orders.find((one) => one.orderId === now?.orderId);
          const ageMs = timeline.nowMs() - (order?.createdAtMs ?? 0);
          const isNew = order?.owner === 'repair' && ageMs < weather.orderLagMs();
          if (isNew) weather.lagged();
          const lagging = isNew || fault === 'F27_lagging_read' || order?.symbol !== symbol;
          if (order === undefined || lagging || order.conditional !== conditional) return 'not_found';
          witness.toldOf(owner, `order ${order.orderId}`);
          return orderRow(order);
        });
        const isHeard = found !== null && found !== 'not_found' && !weather.isMute(clientOrderId);
        const about = `order ${isHeard ? found.orderId : orderId}`;
        const rows = { orders: isHeard ? [found] : [], positions: [] };
        if (!owner.dead) witness.looked(owner, { about, rows, price: 0 });
        if (found === null || weather.isMute(clientOrderId)) return FAILED;
        return found === 'not_found' ? { kind: 'not_found' } : { kind: 'found', order: found };
      },
      queryPosition: async (symbol) => {
        const rows = await call((fault) => {
          witness.toldOf(owner, `position ${symbol}`);
          const agoMs = weather.copies.positionAgoMs(symbol);
          const mayBeOld = agoMs === null && !weather.copies.isFresh(symbol);
          const view = mayBeOld ? viewFor(fault) : truth.view(agoMs ?? 0);
          return view.positions.filter((row) => row.symbol === symbol);
        });
        const about = `position ${symbol}`;
        if (rows === null) {
          if (!owner.dead) witness.looked(owner, sawNothing(about));
          return FAILED;
        }
        const positions = rows.map(positionRow);
        const price = priceOf(symbol);
        if (!owner.dead)
          witness.looked(owner, { about, rows: { orders: [], positions }, price: Number(price.markPrice) });
        return { kind: 'ok', positions, prices: [price] };
      },
      readClock: async () => {
        const serverMs = await call(() => timeline.nowMs());
        if (serverMs === null) return FAILED;
        const offsetMs = timeline.nowMs() - clock.wallMs();
        return { kind: 'ok', offsetMs, roundTripMs: 20 };
      },
      keyRights: async () => {
        const answer = await call(() => true);
        if (answer === null) return { kind: 'unknown', why: FAILED.error };
        return {
          kind: 'ok',
          canTradeFutures: true,
          canWithdraw: false,
          canTransfer: false,
          ipRestricted: true,
        };
      },
    },
  };
}

function report(source: ReadReport['source'], endpoint: string, isOk: boolean): ReadReport {
  return { source, endpoint, symbol: null, outcome: isOk ? 'ok' : 'failed', error: isOk ? '' : 'simulated' };
}
