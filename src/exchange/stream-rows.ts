/**
 * The user-data stream's own short field names, parsed where they enter (USD-M "Event: Order Update", "Event: Algo Order
 * Update", "Event: Balance and Position Update", read 2026-11). What doesn't fit is refused; nothing is guessed.
 */
import { z } from 'zod';
import { compareDecimals } from '../engine/decimal.ts';
import type { ObservedOrder, ObservedPosition } from '../engine/types.ts';
import {
  clientIdText,
  idText,
  positionSide,
  quantityText,
  side,
  signedText,
  status,
  symbolText,
  timeMs,
  word,
} from './rows.ts';

/** ORDER_TRADE_UPDATE. Its own times say when it changed, not when it was created. */
export const orderFrame = z
  .object({
    o: z
      .object({
        s: symbolText,
        c: clientIdText,
        S: side,
        o: word,
        q: quantityText,
        p: quantityText,
        X: status,
        i: idText,
        z: quantityText,
        T: timeMs,
        R: z.boolean(),
        ps: positionSide,
        cp: z.boolean(),
      })
      .refine((row) => compareDecimals(row.z, row.q) <= 0 || row.cp, 'filled beyond its size'),
  })
  .transform(
    ({ o }): ObservedOrder => ({
      orderId: o.i,
      clientOrderId: o.c,
      symbol: o.s,
      side: o.S,
      orderType: o.o,
      price: o.p,
      quantity: o.q,
      filledQuantity: o.z,
      status: o.X,
      reduceOnly: o.R,
      closePosition: o.cp,
      conditional: false,
      positionSide: o.ps,
      createdAtMs: o.T,
      updatedAtMs: o.T,
      synthetic: false,
    }),
  );

/** ALGO_UPDATE; the time is the frame's. */
export const algoFrame = z
  .object({
    T: timeMs,
    o: z.object({
      s: symbolText,
      caid: clientIdText,
      aid: idText,
      S: side,
      o: word,
      q: quantityText,
      p: quantityText,
      X: status,
      R: z.boolean(),
      ps: positionSide,
      cp: z.boolean(),
    }),
  })
  .transform(
    ({ T, o }): ObservedOrder => ({
      orderId: o.aid,
      clientOrderId: o.caid,
      symbol: o.s,
      side: o.S,
      orderType: o.o,
      price: o.p,
      quantity: o.q,
      filledQuantity: '0',
      status: o.X,
      reduceOnly: o.R,
      closePosition: o.cp,
      conditional: true,
      positionSide: o.ps,
      createdAtMs: T,
      updatedAtMs: T,
      synthetic: false,
    }),
  );

/** ACCOUNT_UPDATE: positions that changed; none when balances alone did. */
export const accountFrame = z
  .object({
    T: timeMs,
    a: z.object({
      P: z
        .array(z.object({ s: symbolText, pa: signedText, ep: quantityText, ps: positionSide }))
        .max(2000)
        .default([]),
    }),
  })
  .transform(({ T, a }): readonly ObservedPosition[] =>
    a.P.map(({ s, pa, ep, ps }) => ({
      symbol: s,
      positionSide: ps,
      amount: pa,
      entryPrice: ep,
      updatedAtMs: T,
    })),
  );

/** TRADE_LITE: that something was traded, without the order's state. */
export const tradeFrame = z.object({ s: symbolText });
