/** What the read right before a write was answered with, and that the write is one for just that. */
import type { Fail } from './dispatch-rules.ts';
import type { Knowledge, Sent } from './knowledge.ts';
import type { Rows } from './port.ts';
import type { Scenario } from './scenario.ts';
import type { Owner } from './timeline.ts';
import { isProtective } from './truth.ts';

/** An answer to a question about one order or one symbol's position; without rows where there is none, or nothing came. */
export interface Look {
  /** `order N`, or `position SYMBOL`. */
  readonly about: string;
  readonly rows: Rows;
  /** The mark price that it told, 0 for none. */
  readonly price: number;
}

const NOTHING: Rows = { orders: [], positions: [] };
/** What fractions of two may lose of the last digit. */
const DIGITS = 1 + 1e-9;

/** The answer to a question that failed, or found nothing. */
export function sawNothing(about: string): Look {
  return { about, rows: NOTHING, price: 0 };
}

/** The last answer that a process had about this; null when it never had one. */
export function lookAt({ looks }: Pick<Knowledge, 'looks'>, owner: Owner, about: string): Look | null {
  return looks.get(owner)?.get(about) ?? null;
}

/** Keeps an answer. */
export function noteLook({ looks }: Pick<Knowledge, 'looks'>, owner: Owner, look: Look): void {
  const own = looks.get(owner) ?? new Map<string, Look>();
  looks.set(owner, own.set(look.about, look));
}

/** What a flatten costs by the price that the process was told; 0 for a cancel. */
export function costOf(write: Sent['departure']['write'], look: Look | null, mark: number): number {
  return write.kind === 'cancel' ? 0 : Number(write.quantity) * (look?.price || mark);
}

/** Judges one departure. */
export function judgeLook(
  sent: Sent,
  { knowledge, scenario }: { readonly knowledge: Knowledge; readonly scenario: Scenario },
  fail: Fail,
): void {
  const { owner, write } = sent.departure;
  const isCancel = write.kind === 'cancel';
  const look = lookAt(knowledge, owner, isCancel ? sent.item : `position ${write.symbol}`);
  if (isCancel) judgeCancelled({ sent, write, look }, fail);
  else judgeFlattened({ write, look, scenario }, fail);
}

function judgeFlattened(
  {
    write,
    look,
    scenario,
  }: {
    readonly write: Extract<Sent['departure']['write'], { kind: 'flatten' }>;
    readonly look: Look | null;
    readonly scenario: Scenario;
  },
  fail: Fail,
): void {
  const { settings, rules } = scenario;
  const { symbol, positionSide, side } = write;
  const row = look?.rows.positions.find((one) => one.positionSide === positionSide);
  const quantity = Number(write.quantity);
  const price = look?.price ?? 0;
  const amount = Number(row?.amount ?? 0);
  if (amount === 0) fail('S2', `a flatten of ${symbol} that was flat when it was read`);
  if (amount > 0 !== (side === 'SELL') || quantity > Math.abs(amount))
    fail('S6', `a flatten, ${side} ${quantity}, of ${amount} as it was read`);
  if (quantity * price > Number(settings.reconcile.maxFlattenNotionalUsdt) * DIGITS)
    fail('notional_exceeds_limit', `a flatten of ${quantity * price} USDT`);
  if (write.orderType === 'LIMIT') {
    const off = Math.abs(Number(write.price) / price - 1) * 10_000;
    if (off > settings.flatten.maxSlippageBps * DIGITS + 1e-6)
      fail('slippage', `a limit ${off} bps from the price that was read`);
  }
  const { stepSize, tickSize, minQuantity } = rules(symbol);
  if (!isWhole(quantity, stepSize) || quantity < Number(minQuantity))
    fail('filter', `a flatten of ${write.quantity} in steps of ${stepSize}, at least ${minQuantity}`);
  if (write.price !== null && !isWhole(Number(write.price), tickSize))
    fail('filter', `a limit of ${write.price} in ticks of ${tickSize}`);
}

function judgeCancelled(
  {
    sent,
    write,
    look,
  }: {
    readonly sent: Sent;
    readonly write: Extract<Sent['departure']['write'], { kind: 'cancel' }>;
    readonly look: Look | null;
  },
  fail: Fail,
): void {
  const row = look?.rows.orders.find(({ orderId }) => orderId === write.orderId);
  if (row === undefined) {
    fail('S2', `a cancel of ${sent.item}, which was not there when it was read`);
    return;
  }
  if (row.status !== 'NEW' && row.status !== 'PARTIALLY_FILLED')
    fail('S2', `a cancel of ${sent.item}, which was ${row.status} when it was read`);
  const { symbol, clientOrderId, conditional } = write;
  if (row.symbol !== symbol || row.clientOrderId !== clientOrderId || row.conditional !== conditional)
    fail('S7', `a cancel of ${sent.item} by what it was not when it was read`);
  if (isProtective(row)) fail('protective_order', `a cancel of ${sent.item}, protective when it was read`);
}

function isWhole(value: number, step: string): boolean {
  const steps = value / Number(step);
  return Math.abs(steps - Math.round(steps)) < 1e-6;
}
