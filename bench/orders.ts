/** Accounts full of orders, for the pure core and as an exchange's answers. */
import { compare } from '../src/engine/compare.ts';
import { advanceConfirmations, confirmationOf, NOTHING_SEEN } from '../src/engine/confirm.ts';
import { type Decision, decide } from '../src/engine/decide.ts';
import type { ExpectedState, Observation } from '../src/engine/types.ts';
import {
  clientId,
  expectedOrder,
  expectedState,
  observation,
  observedOrder,
  openWorld,
  options,
  rules,
} from '../test/helpers/engine-world.ts';

/** One picture for the engine: so many matched orders, and so many that nobody expects. */
export interface Picture {
  readonly expected: ExpectedState;
  readonly observed: Observation;
}

/** Builds a picture in which every gate is open but the caps. */
export function picture(size: { readonly matched: number; readonly unexpected: number }): Picture {
  const seqs = Array.from({ length: size.matched + size.unexpected }, (_, index) => index + 1);
  const id = (seq: number) => ({ clientOrderId: clientId(seq) });
  return {
    expected: expectedState(seqs.slice(0, size.matched).map((seq) => expectedOrder(seq, id(seq)))),
    observed: observation(seqs.map((seq) => observedOrder(seq, id(seq)))),
  };
}

/** What a run computes between reading and writing: compare, confirm, plan, judge by every gate. */
export function engineRun({ expected, observed }: Picture): Decision {
  const { mismatches } = compare(expected, observed, options());
  const confirm = advanceConfirmations(NOTHING_SEEN, mismatches, observed, {
    trusted: true,
    maxGapMs: 90_000,
  });
  return decide({
    mismatches,
    world: openWorld(),
    rules: new Map([['BTCUSDT', rules()]]),
    confirmationOf: (key) => confirmationOf(confirm, key),
    history: new Map(),
  });
}

/** A checkpoint's orders and the same orders as rows of openOrders. */
export function accountOf(count: number, unexpected: number) {
  const seqs = Array.from({ length: count + unexpected }, (_, index) => index + 1);
  return {
    feedOrders: seqs.slice(0, count).map((seq) => ({
      client_order_id: clientId(seq),
      symbol: 'BTCUSDT',
      side: 'BUY',
      price: '30000.0',
      quantity: '0.010',
    })),
    rows: seqs.map((seq) => ({
      orderId: 8_000_000_000 + seq,
      symbol: 'BTCUSDT',
      status: 'NEW',
      clientOrderId: clientId(seq),
      price: '30000.0',
      avgPrice: '0.00',
      origQty: '0.010',
      executedQty: '0.000',
      cumQuote: '0.00',
      timeInForce: 'GTC',
      type: 'LIMIT',
      reduceOnly: false,
      closePosition: false,
      side: 'BUY',
      positionSide: 'BOTH',
      stopPrice: '0',
      workingType: 'CONTRACT_PRICE',
      priceProtect: false,
      origType: 'LIMIT',
      priceMatch: 'NONE',
      selfTradePreventionMode: 'EXPIRE_MAKER',
      goodTillDate: 0,
      time: 1_700_000_000_000,
      updateTime: 1_700_000_000_000,
    })),
  };
}
