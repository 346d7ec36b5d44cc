/**
 * The model trading engine: places, cancels and gets fills, and writes what it believes. Orders are written before they
 * are sent; the record of a position comes up to 30 s late while heartbeats claim that everything is applied.
 */
import type { Side } from '../../src/engine/types.ts';
import { createClientIds } from './client-ids.ts';
import { type FeedOrder, feedOrder } from './feed-orders.ts';
import { thousandths } from './rows.ts';
import { createStopOrders } from './stop-orders.ts';
import type { Trader, TraderDeps } from './trader-types.ts';
import { isOpen, type TruthOrder } from './truth.ts';

/** What a checkpoint that was made too early does not hold. */
interface Missed {
  readonly order: string | null;
  readonly position: string | null;
}

const NOTHING_MISSED: Missed = { order: null, position: null };
const CHECKPOINT_MS = 120_000;
/** However slow its world is: after a break one checkpoint alone leads to nothing. */
const CHECKPOINT_AT_LEAST_MS = 1_800_000;
const PLACE_MS = 45_000;
const FILL_MS = 100_000;
const STOP_MS = 50_000;

/** Starts trading. */
export function createTrader(deps: TraderDeps): Trader {
  const { timeline, truth, feed, random, coverage, symbols, lagMs, factor, heartbeatMs } = deps;
  const positionSide = truth.hedge ? 'LONG' : 'BOTH';
  const wanted = new Map<number, TruthOrder>();
  const ended = new Map<number, number>();
  const tookBack = new Map<number | string, number>();
  /** Ids of conditional orders: one that fired, ended and still rests is a person's, and so is any other of its id. */
  const stops = new Set<string>();
  /** Written, and on their way. */
  const sending = new Set<FeedOrder>();
  /** How often a record comes late: an engine is well or busy. */
  /** A market is quiet or not, and an engine writes its records in time or late. */
  const [fillShare, lateShare] = [random.pick([0.1, 0.5, 0.5]), random.pick([0.1, 0.3, 0.9])];
  const said = new Map(symbols.map((symbol) => [symbol, { amount: 0, atMs: 0 }]));
  const due = new Set<string>();
  let silentUntilMs = 0;
  let restsUntilMs = 0;
  let speaksTooSoon = false;

  const isSilent = (): boolean => timeline.nowMs() < silentUntilMs;
  const nextClientId = createClientIds({
    ...{ truth, coverage, random: random.fork('again') },
    isStop: (id) => stops.has(id),
    isSending: (id) => [...sending].some(({ clientOrderId }) => clientOrderId === id),
  });
  const every = (ms: number, run: () => void): void => {
    const asleepMs = Math.max(0, restsUntilMs - timeline.nowMs());
    timeline.after(asleepMs + ms + random.whole(0, 500), null, () => {
      if (timeline.nowMs() >= restsUntilMs) run();
      every(ms, run);
    });
  };

  function place(): void {
    const symbol = random.pick(symbols);
    const side: Side = truth.hedge ? 'BUY' : random.pick(['BUY', 'SELL']);
    const clientOrderId = nextClientId(symbol);
    const quantity = random.chance(0.5) ? random.whole(1, 3) : random.whole(1, 20);
    const price = Math.round(truth.mark(symbol) * (side === 'BUY' ? 0.95 : 1.05));
    const reduceOnly = !truth.hedge && random.chance(0.05);
    const order = {
      clientOrderId,
      symbol,
      side,
      positionSide,
      type: 'LIMIT',
      price,
      quantity,
      reduceOnly,
    } as const;
    feed.line({ ...feedOrder(order), type: 'order' });
    sending.add(order);
    timeline.after(random.whole(1, 200), null, () => {
      sending.delete(order);
      const placed = truth.place({ ...order, conditional: false, owner: 'engine' });
      wanted.set(placed.orderId, placed);
    });
  }

  function end(order: TruthOrder, reason: 'CANCELED' | 'FILLED'): void {
    const now = truth.order(order.orderId) ?? order;
    wanted.delete(order.orderId);
    ended.set(order.orderId, timeline.nowMs());
    const { clientOrderId, symbol } = order;
    feed.line({
      type: 'order_end',
      client_order_id: clientOrderId,
      symbol,
      reason,
      filled_quantity: thousandths(now.filled),
    });
  }

  function sayPosition(symbol: string): void {
    due.delete(symbol);
    const amount = truth.position(symbol, positionSide).engineAmount;
    said.set(symbol, { amount, atMs: timeline.nowMs() });
    feed.line({ type: 'position', symbol, position_side: positionSide, amount: thousandths(amount) });
  }

  function oweRecord(symbol: string): void {
    due.add(symbol);
    const late = random.chance(lateShare)
      ? random.whole(1000, Math.max(1000, lagMs - 1000))
      : random.whole(5, 500);
    timeline.after(late, null, () => {
      if (due.has(symbol) && !isSilent()) sayPosition(symbol);
    });
  }

  truth.subscribe(({ order }) => {
    if (order === null || order.owner !== 'engine' || order.filled === 0) return;
    if (order.status === 'FILLED' && wanted.has(order.orderId))
      timeline.after(random.whole(5, 300), null, () => {
        if (wanted.has(order.orderId) && !isSilent()) end(order, 'FILLED');
      });
    oweRecord(order.symbol);
  });

  /** What became due in silence comes before anything else. */
  function catchUp(): void {
    for (const order of wanted.values()) {
      const now = truth.order(order.orderId);
      if (now?.status === 'FILLED') end(order, 'FILLED');
    }
    for (const symbol of due) sayPosition(symbol);
  }

  function checkpoint(empty = false, without: Missed = NOTHING_MISSED): void {
    const own = empty ? [] : [...wanted.values(), ...sending];
    const orders = own.filter(({ clientOrderId }) => clientOrderId !== without.order).map(feedOrder);
    const positions = [...said].map(([symbol, { amount }]) => ({
      symbol,
      position_side: positionSide,
      amount: thousandths(symbol === without.position ? 0 : amount),
    }));
    feed.line({
      type: 'checkpoint',
      account: 'sim',
      environment: 'sim',
      orders,
      positions: empty ? [] : positions,
      applied_event_ms: timeline.nowMs(),
    });
  }

  every(heartbeatMs, () => {
    if (isSilent()) return;
    if (silentUntilMs !== 0) {
      silentUntilMs = 0;
      catchUp();
    }
    feed.line({ type: 'heartbeat', applied_event_ms: timeline.nowMs() + feed.clockOffsetMs() });
  });
  every(Math.min(CHECKPOINT_MS * factor, CHECKPOINT_AT_LEAST_MS), () => {
    if (!isSilent() && silentUntilMs === 0) checkpoint();
  });
  every(PLACE_MS * factor, () => {
    if (isSilent() || silentUntilMs !== 0) return;
    const open = [...wanted.values()].filter(
      ({ orderId, conditional }) => !conditional && truth.order(orderId)?.status !== 'FILLED',
    );
    const [first] = open;
    if (open.length < 6 && random.chance(0.6)) place();
    else if (first !== undefined && random.chance(0.5) && truth.cancel(first.orderId) !== null)
      end(first, 'CANCELED');
  });
  const stopOrders = createStopOrders({
    ...{ timeline, truth, feed, coverage, symbols, positionSide, nextClientId, wanted, ended, stops },
    random: random.fork('stops'),
    isSilent: () => isSilent() || silentUntilMs !== 0,
  });
  every(STOP_MS * factor, () => {
    if (!isSilent() && silentUntilMs === 0) stopOrders();
  });
  every(FILL_MS * factor, () => {
    const open = [...wanted.values()].filter(({ conditional }) => !conditional);
    if (open.length === 0 || !random.chance(fillShare)) return;
    const order = random.pick(open);
    truth.fill(order.orderId, random.whole(1, order.quantity));
    if (random.chance(0.6)) closeOwn(order.symbol);
  });

  /** Trades back to flat, so that it often says an explicit 0. */
  function closeOwn(symbol: string): void {
    const { engineAmount } = truth.position(symbol, positionSide);
    if (engineAmount === 0 || isSilent()) return;
    const side = engineAmount > 0 ? 'SELL' : 'BUY';
    const clientOrderId = nextClientId(symbol);
    const quantity = Math.abs(engineAmount);
    const price = truth.mark(symbol);
    const order = { clientOrderId, symbol, side, positionSide, type: 'MARKET', price, quantity } as const;
    feed.line({ ...feedOrder({ ...order, reduceOnly: false }), type: 'order' });
    const placed = truth.place({ ...order, reduceOnly: false, conditional: false, owner: 'engine' });
    wanted.set(placed.orderId, placed);
    truth.fill(placed.orderId, quantity);
  }

  feed.newSession();
  checkpoint();
  for (let index = 0; index < 5; index++) place();

  const beSilent = (ms: number): void => {
    catchUp();
    silentUntilMs = timeline.nowMs() + ms;
  };

  return {
    wants: (orderId) => wanted.has(orderId),
    endedMs: (orderId) => ended.get(orderId) ?? 0,
    tookBackMs: (what) => tookBack.get(what) ?? 0,
    takeBack: (orderId) => {
      const order = truth.order(orderId);
      // Of a line that is lost nobody knows before the next one.
      if (order === undefined || !isOpen(order) || isSilent() || feed.losesNext()) return false;
      truth.adopt(orderId);
      wanted.set(orderId, { ...order, owner: 'engine' });
      tookBack.set(orderId, timeline.nowMs());
      feed.line({ ...feedOrder(order), type: 'order' });
      return true;
    },
    claim: (symbol) => {
      if (isSilent() || feed.losesNext() || truth.position(symbol, positionSide).amount === 0) return false;
      truth.claim(symbol, positionSide);
      tookBack.set(symbol, timeline.nowMs());
      sayPosition(symbol);
      return true;
    },
    said: (symbol) => said.get(symbol)?.amount ?? null,
    saidAtMs: (symbol) => said.get(symbol)?.atMs ?? 0,
    restart: (empty) => {
      feed.newSession();
      checkpoint(empty);
      if (empty) timeline.after(random.whole(2000, 40_000), null, () => checkpoint());
    },
    checkpoint: () => checkpoint(),
    speakTooSoon: () => {
      const own = [...wanted.values(), ...sending];
      const held = symbols.filter((symbol) => said.get(symbol)?.amount !== 0);
      if (own.length + held.length === 0 || speaksTooSoon || isSilent()) return null;
      const denied = held.length > 0 && (own.length === 0 || random.chance(0.8)) ? random.pick(held) : null;
      speaksTooSoon = true;
      checkpoint(false, { order: denied === null ? random.pick(own).clientOrderId : null, position: denied });
      timeline.after(random.whole(1000, 200_000), null, () => {
        speaksTooSoon = false;
        checkpoint();
      });
      return denied === null ? 'order' : 'position';
    },
    beSilent,
    rest: (ms) => {
      beSilent(ms);
      restsUntilMs = timeline.nowMs() + ms;
    },
    isSilent: () => isSilent() || silentUntilMs !== 0,
    abandon: () => {
      const [first] = [...wanted.values()].filter(
        ({ orderId, clientOrderId }) => truth.order(orderId)?.status === 'NEW' && !stops.has(clientOrderId),
      );
      if (first === undefined || isSilent()) return false;
      end(first, 'CANCELED');
      return true;
    },
    nextClientId,
    positionSide,
  };
}
