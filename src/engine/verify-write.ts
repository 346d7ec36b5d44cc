/** The read after an executed write: did it do what it said? Tells, never repairs. */
import type { Exchange, WriteRequest } from '../exchange/exchange.ts';
import { decimal, parseDecimal } from './decimal.ts';
import { isLive } from './targeted.ts';
import type { Decimal, ObservedPosition } from './types.ts';

/** `verified` is null when the read said nothing either way. */
export interface Verification {
  readonly verified: boolean | null;
  readonly text: string;
}

/** Reads what a write was aimed at and compares: a cancelled order no longer rests, a position shrank and kept its sign. Rejects only when the port does. */
export function verifyWrite(
  exchange: Pick<Exchange, 'queryOrder' | 'queryPosition'>,
  write: WriteRequest,
  before: ObservedPosition | null,
): Promise<Verification> {
  return write.kind === 'cancel'
    ? verifyCancel(exchange, write)
    : verifyFlatten(exchange, write, before?.amount ?? null);
}

async function verifyCancel(
  exchange: Pick<Exchange, 'queryOrder'>,
  write: Extract<WriteRequest, { kind: 'cancel' }>,
): Promise<Verification> {
  const { symbol, clientOrderId, orderId, conditional } = write;
  const found = await exchange.queryOrder({ symbol, clientOrderId, orderId, conditional });
  if (found.kind === 'failed') return { verified: null, text: `not read: ${found.error}` };
  if (found.kind === 'not_found') return { verified: true, text: 'the order is gone' };
  if (found.order.status === 'UNKNOWN') return { verified: null, text: 'the order has an unknown status' };
  return { verified: !isLive(found.order.status), text: `the order is ${found.order.status}` };
}

async function verifyFlatten(
  exchange: Pick<Exchange, 'queryPosition'>,
  write: Extract<WriteRequest, { kind: 'flatten' }>,
  before: Decimal | null,
): Promise<Verification> {
  const read = await exchange.queryPosition(write.symbol);
  if (read.kind === 'failed') return { verified: null, text: `not read: ${read.error}` };
  const row = read.positions.find(
    (position) => position.symbol === write.symbol && position.positionSide === write.positionSide,
  );
  const after = row?.amount ?? '0';
  const left = parseDecimal(after);
  if (before === null || left === null) return { verified: null, text: `the position is ${after}` };
  const was = decimal(before);
  const change = `the position went from ${before} to ${after}`;
  if (left.isZero()) return { verified: true, text: change };
  if (left.isNegative() !== was.isNegative()) return { verified: false, text: `FLIPPED: ${change}` };
  return { verified: left.abs().isLessThan(was.abs()), text: change };
}
