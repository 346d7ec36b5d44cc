/**
 * A small grid trader that lives on the simulated account: it quotes far from the price, now and then close to it, and
 * writes what it believes to the expected-state feed, each order before it is placed.
 */
import { BigNumber } from 'bignumber.js';
import type { Model } from './model.ts';
import { createRandom } from './random.ts';
import { isRejection } from './rejections.ts';
import { clientIdOf, floorTo, smallQuantity, strayRequest } from './stray.ts';
import { findSymbol } from './symbols.ts';
import { createTraderBook } from './trader-book.ts';
import { openTraderFeed, type WriteText } from './trader-feed.ts';
import type { ModelEvent, OrderRequest, Side } from './types.ts';

/** How the demo trader behaves. */
export interface TraderOptions {
  /** JSON lines are appended here; the file is created with mode 0600. */
  readonly feedPath: string;
  /** With two or more, the last one is not traded: the feed says 0 for it. */
  readonly symbols: readonly string[];
  readonly strategy: string;
  readonly prefix: string;
  /** Resting orders a side, 3 by default. */
  readonly levels?: number;
  /** Places an order the feed does not know, at this pace; 0 is never (default). */
  readonly strayEveryMs?: number;
  /** Opens a small position the feed denies, at this pace; 0 is never (default). */
  readonly positionEveryMs?: number;
  /** 1000 by default. */
  readonly heartbeatMs?: number;
  /** Pace of looking at the grid, 3000 by default. */
  readonly requoteMs?: number;
}

/** A running demo trader. */
export interface Trader {
  /** Falls silent: no heartbeat, no order; what happens meanwhile is applied on resume. */
  pause(): void;
  resume(): void;
  stray(): void;
  position(): void;
  /** Starts a new feed session; an empty one has forgotten its orders and positions. */
  restart(options: { readonly empty: boolean }): void;
  openClientOrderIds(): readonly string[];
  close(): void;
}

/** The account to trade on, and both clocks in epoch ms. */
export interface TraderDeps {
  readonly model: Model;
  readonly options: TraderOptions;
  readonly seed: number;
  readonly now: () => number;
  readonly exchangeNow: () => number;
  /** How the feed is written; to its file. */
  readonly write?: WriteText;
}

/** Distance of the first level from the price, and between levels. */
const FIRST_LEVEL = 0.02;
const LEVEL_STEP = 0.005;
const NEAR = 0.0003;
const NEAR_PATIENCE_MS = 30_000;
const REPLACE_SHARE = 0.15;
const NEAR_SHARE = 0.1;
const MAX_STRAYS = 2;
/** Notional of an unexpected position, in USDT: below the usual limit of 100. */
const POSITION_USDT = 60;

/** Starts trading and writing at once. Throws when an id can't fit a symbol or the feed can't be opened. */
export function startTrader({ model, options, seed, now, exchangeNow, write }: TraderDeps): Trader {
  const { symbols, prefix, strategy } = options;
  const reserved = symbols.at(-1);
  const traded = symbols.length > 1 ? symbols.slice(0, -1) : symbols;
  const levels = options.levels ?? 3;
  const random = createRandom(seed ^ 0x5eed);
  const feed = openTraderFeed(options.feedPath, now, write);
  const { hedgeMode } = model;
  const startedAtMs = exchangeNow();
  const book = createTraderBook({ symbols, hedgeMode, startedAtMs, append: feed.append });
  const strayIds = new Set<string>();
  const missed: ModelEvent[] = [];
  let paused = false;
  let sessions = 0;
  let seq = 0;

  const nextId = (symbol: string, level: number): string => {
    seq += 1;
    return clientIdOf({ prefix, strategy, symbol, level, tsMs: now(), seq });
  };

  function newSession(): void {
    sessions += 1;
    feed.newSession(`sim-${seed}-${startedAtMs}-${sessions}`);
    feed.append({
      type: 'checkpoint',
      account: 'sim',
      environment: 'sim',
      kill_switch: false,
      ...book.checkpoint(),
    });
  }

  function place(symbol: string, side: Side, level: number, distance: number): void {
    const spec = findSymbol(symbol);
    if (spec === undefined) return;
    const away = side === 'BUY' ? 1 - distance : 1 + distance;
    const price = floorTo(model.prices.last(symbol).times(away.toFixed(6)), spec.tickSize);
    const held = book.amount(symbol, hedgeMode ? 'LONG' : 'BOTH');
    const opensShort = level > 0 && side === 'SELL';
    const request: OrderRequest = {
      clientOrderId: nextId(symbol, level),
      symbol,
      side,
      positionSide: hedgeMode ? (opensShort ? 'SHORT' : 'LONG') : 'BOTH',
      type: 'LIMIT',
      timeInForce: 'GTC',
      price,
      quantity: level === 0 && side === 'SELL' ? held : smallQuantity(symbol, price),
      reduceOnly: false,
    };
    book.expect(request);
    // What couldn't be told isn't sent.
    if (feed.failed() || isRejection(model.place(request, exchangeNow()))) book.refused(request);
  }

  function cancel(request: OrderRequest): void {
    const order = [...model.view().orders.values()].findLast(
      (candidate) => candidate.clientOrderId === request.clientOrderId,
    );
    if (order !== undefined) model.cancel(order.orderId, exchangeNow());
  }

  function requoteSymbol(symbol: string): void {
    const own = book.orders().filter((request) => request.symbol === symbol);
    const near = own.find((request) => levelOf(request) === 0);
    if (near !== undefined && now() - placedAtMs(near) > NEAR_PATIENCE_MS) cancel(near);
    if (random() < REPLACE_SHARE) {
      const old = own[Math.floor(random() * own.length)];
      if (old !== undefined && old !== near) cancel(old);
    }
    for (const side of ['BUY', 'SELL'] as const) {
      for (let level = 1; level <= levels; level++) {
        const quoted = book
          .orders()
          .some((each) => each.symbol === symbol && each.side === side && levelOf(each) === level);
        if (!quoted) place(symbol, side, level, FIRST_LEVEL + (level - 1) * LEVEL_STEP);
      }
    }
    if (near === undefined && random() < NEAR_SHARE) {
      const long = book.amount(symbol, hedgeMode ? 'LONG' : 'BOTH').gt(0);
      place(symbol, long ? 'SELL' : 'BUY', 0, NEAR);
    }
  }

  function stray(): void {
    for (const id of strayIds) if (!isResting(model, id)) strayIds.delete(id);
    const symbol = traded[Math.floor(random() * traded.length)];
    if (symbol === undefined || strayIds.size >= MAX_STRAYS) return;
    const side = random() < 0.5 ? 'BUY' : 'SELL';
    seq += 1;
    const request = strayRequest(model, { symbol, side, nowMs: now(), seq, prefix, strategy });
    strayIds.add(request.clientOrderId);
    model.place(request, exchangeNow());
  }

  function position(): void {
    const spec = findSymbol(reserved ?? '');
    if (spec === undefined) return;
    const side = hedgeMode ? 'LONG' : 'BOTH';
    const size = floorTo(new BigNumber(POSITION_USDT).div(model.prices.last(spec.symbol)), spec.stepSize);
    const amount = hedgeMode || random() < 0.5 ? size : size.negated();
    if (!amount.isZero())
      model.setPosition({ symbol: spec.symbol, positionSide: side, amount }, exchangeNow());
  }

  const unsubscribe = model.subscribe((event) => {
    if (paused) missed.push(event);
    else book.apply(event);
  });
  const whenAwake = (run: () => void) => (): void => {
    if (!paused) run();
  };
  const requote = whenAwake(() => {
    if (!feed.failed()) traded.forEach(requoteSymbol);
  });
  const heartbeat = whenAwake(() => {
    if (feed.failed()) newSession();
    feed.append({ type: 'heartbeat', applied_event_ms: book.appliedEventMs() });
  });
  newSession();
  if (feed.failed()) throw new Error(`${options.feedPath} can't be written`);
  requote();
  heartbeat();
  const timers = [
    every(options.requoteMs ?? 3000, requote),
    every(options.heartbeatMs ?? 1000, heartbeat),
    every(options.strayEveryMs ?? 0, whenAwake(stray)),
    every(symbols.length > 1 ? (options.positionEveryMs ?? 0) : 0, whenAwake(position)),
  ];

  return {
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
      for (const event of missed.splice(0)) book.apply(event);
      heartbeat();
    },
    stray,
    position,
    restart({ empty }) {
      if (empty) book.clear();
      newSession();
      heartbeat();
    },
    openClientOrderIds: () => book.orders().map((request) => request.clientOrderId),
    close() {
      for (const timer of timers) clearInterval(timer);
      unsubscribe();
      feed.close();
    },
  };
}

function every(delayMs: number, run: () => void): ReturnType<typeof setInterval> | undefined {
  return delayMs > 0 ? setInterval(run, delayMs) : undefined;
}

function levelOf(request: OrderRequest): number {
  return Number(request.clientOrderId.split('_').at(-3));
}

function placedAtMs(request: OrderRequest): number {
  return Number(request.clientOrderId.split('_').at(-2)) * 1000;
}

function isResting(model: Model, clientOrderId: string): boolean {
  return [...model.view().orders.values()].some(
    (order) =>
      order.clientOrderId === clientOrderId &&
      (order.status === 'NEW' || order.status === 'PARTIALLY_FILLED'),
  );
}
