/** What the demo trader believes: its own orders and what their fills add up to. Every change goes to the feed. */
import { BigNumber } from 'bignumber.js';
import type { FeedOrder, FeedPosition } from '../engine/feed-schema.ts';
import { positionKey } from './positions.ts';
import type { FeedBody } from './trader-feed.ts';
import type { ModelEvent, Order, OrderRequest, PositionSide } from './types.ts';

/** The trader's belief and the ways it changes. */
export interface TraderBook {
  /** Takes an order that is about to be sent. */
  expect(request: OrderRequest): void;
  /** Takes note that the exchange refused it. */
  refused(request: OrderRequest): void;
  /** Applies an event of the account; those of other people's orders only move the clock. */
  apply(event: ModelEvent): void;
  /** Forgets everything, as an engine that lost its state. */
  clear(): void;
  has(clientOrderId: string): boolean;
  orders(): readonly OrderRequest[];
  amount(symbol: string, positionSide: PositionSide): BigNumber;
  checkpoint(): Pick<Extract<FeedBody, { type: 'checkpoint' }>, 'orders' | 'positions' | 'applied_event_ms'>;
  /** Exchange time of the last event applied, epoch ms. */
  appliedEventMs(): number;
}

/** What the book speaks of, and where it writes. */
export interface TraderBookDeps {
  /** Every symbol the trader says something about, its reserved one too. */
  readonly symbols: readonly string[];
  readonly hedgeMode: boolean;
  readonly startedAtMs: number;
  readonly append: (body: FeedBody) => void;
}

/** Creates an empty book. */
export function createTraderBook({ symbols, hedgeMode, startedAtMs, append }: TraderBookDeps): TraderBook {
  const orders = new Map<string, { readonly request: OrderRequest; readonly filled: BigNumber }>();
  const amounts = new Map<string, BigNumber>();
  const sides: readonly PositionSide[] = hedgeMode ? ['LONG', 'SHORT'] : ['BOTH'];
  let appliedEventMs = startedAtMs;

  const amount = (symbol: string, side: PositionSide): BigNumber =>
    amounts.get(positionKey(symbol, side)) ?? new BigNumber(0);

  function applyTrade(event: Extract<ModelEvent, { kind: 'order' }>): void {
    const { order, trade } = event;
    if (trade === undefined) return;
    const signed = trade.side === 'BUY' ? trade.quantity : trade.quantity.negated();
    const next = amount(order.symbol, order.positionSide).plus(signed);
    amounts.set(positionKey(order.symbol, order.positionSide), next);
    append({ type: 'position', ...feedPosition(order.symbol, order.positionSide, next) });
    if (order.status === 'FILLED') {
      end(order, 'FILLED');
    } else {
      orders.set(order.clientOrderId, { request: order, filled: order.filled });
      append({ type: 'order', ...feedOrder(order, order.filled) });
    }
  }

  function end(order: Order, reason: 'FILLED' | 'CANCELED' | 'EXPIRED'): void {
    orders.delete(order.clientOrderId);
    append({
      type: 'order_end',
      client_order_id: order.clientOrderId,
      symbol: order.symbol,
      reason,
      filled_quantity: order.filled.toFixed(),
    });
  }

  return {
    expect(request) {
      const filled = new BigNumber(0);
      orders.set(request.clientOrderId, { request, filled });
      append({ type: 'order', ...feedOrder(request, filled) });
    },
    refused(request) {
      orders.delete(request.clientOrderId);
      append({
        type: 'order_end',
        client_order_id: request.clientOrderId,
        symbol: request.symbol,
        reason: 'REJECTED',
        filled_quantity: '0',
      });
    },
    apply(event) {
      appliedEventMs = Math.max(appliedEventMs, event.atMs);
      if (event.kind !== 'order' || !orders.has(event.order.clientOrderId)) return;
      if (event.execution === 'TRADE') applyTrade(event);
      else if (event.execution !== 'NEW') end(event.order, event.execution);
    },
    clear() {
      orders.clear();
      amounts.clear();
    },
    has: (clientOrderId) => orders.has(clientOrderId),
    orders: () => [...orders.values()].map(({ request }) => request),
    amount,
    checkpoint: () => ({
      orders: [...orders.values()].map(({ request, filled }) => feedOrder(request, filled)),
      positions: symbols.flatMap((symbol) =>
        sides.map((side) => feedPosition(symbol, side, amount(symbol, side))),
      ),
      applied_event_ms: appliedEventMs,
    }),
    appliedEventMs: () => appliedEventMs,
  };
}

function feedOrder(request: OrderRequest, filled: BigNumber): FeedOrder {
  return {
    client_order_id: request.clientOrderId,
    symbol: request.symbol,
    side: request.side,
    order_type: request.type,
    price: request.price.toFixed(),
    quantity: request.quantity.toFixed(),
    filled_quantity: filled.toFixed(),
    reduce_only: request.reduceOnly,
  };
}

function feedPosition(symbol: string, side: PositionSide, amount: BigNumber): FeedPosition {
  return { symbol, position_side: side, amount: amount.toFixed() };
}
