/**
 * The control side under /sim, for tests and the person at the screen: JSON in, JSON out, on the same loopback port.
 *
 * GET    /sim/log?since=N    every REST request received after number N (key and signature left out)
 * GET    /sim/state          open orders, conditional orders, positions, prices, the trader's ids, armed faults
 * POST   /sim/orders         {symbol, clientOrderId?, side?, price?, quantity?, type?, timeInForce?, reduceOnly?,
 *                            positionSide?, triggerPrice?, closePosition?}; without a client id a stray order in the
 *                            identity grinder_1_…, far from the price; with a triggerPrice a conditional order
 * DELETE /sim/orders         {clientOrderId?, symbol?} or nothing: cancels what matches, everything when empty
 * POST   /sim/fills          {clientOrderId, quantity?}: fills a resting order at its price, wholly or in part
 * POST   /sim/positions      {symbol, amount, positionSide?}: sets a position, heard as an ACCOUNT_UPDATE
 * POST   /sim/price          {symbol, price?, frozen?}: sets a price and what it fills, stops or restarts its walk
 * POST   /sim/liquidity      {symbol, quantity | null}: bounds what a taker gets per order
 * POST   /sim/step           {steps?}: moves all prices by hand
 * POST   /sim/faults         see faults.ts
 * DELETE /sim/faults         disarms everything
 * POST   /sim/clock          {offsetMs}: moves the exchange's clock against the machine's
 * POST   /sim/trader         {action: pause | resume | stray | position | restart, empty?}
 */

import { BigNumber } from 'bignumber.js';
import { z } from 'zod';
import { type ControlDeps, controlOrders, decimalText } from './control-orders.ts';
import { faultSchema, isStreamFault } from './faults.ts';
import { isOpen } from './matching.ts';
import { isRejection } from './rejections.ts';
import { renderAlgo, renderOrder, renderPosition } from './render.ts';
import { findSymbol } from './symbols.ts';

/** An HTTP status and a JSON body. */
export interface ControlReply {
  readonly status: number;
  readonly body: unknown;
}

const symbol = z.string().refine((name) => findSymbol(name) !== undefined, 'a listed symbol such as BTCUSDT');
const positionSchema = z.strictObject({
  symbol,
  amount: decimalText,
  positionSide: z.enum(['BOTH', 'LONG', 'SHORT']).default('BOTH'),
});
const priceSchema = z.strictObject({ symbol, price: decimalText.optional(), frozen: z.boolean().optional() });
const liquiditySchema = z.strictObject({ symbol, quantity: decimalText.nullable() });
const stepSchema = z.strictObject({ steps: z.number().int().min(1).max(100_000).default(1) });
const clockSchema = z.strictObject({ offsetMs: z.number().int() });
const traderSchema = z.strictObject({
  action: z.enum(['pause', 'resume', 'stray', 'position', 'restart']),
  /** With restart: the new session forgets its orders and says so in its checkpoint. */
  empty: z.boolean().default(false),
});

/** Answers one control request; 400 with a reason for what it can't read, 404 for an unknown route. */
export function handleControl(deps: ControlDeps, method: string, url: URL, body: string): ControlReply {
  const input = parseBody(body);
  if (input === undefined) return { status: 400, body: { error: 'expected JSON, found something else' } };
  try {
    const result = route(deps, `${method} ${url.pathname}`, url, input);
    if (result === undefined) return { status: 404, body: { error: `no route ${method} ${url.pathname}` } };
    return isRejection(result) ? { status: 400, body: result } : { status: 200, body: result };
  } catch (error) {
    return { status: 400, body: { error: error instanceof Error ? error.message : String(error) } };
  }
}

function route(deps: ControlDeps, name: string, url: URL, input: unknown): unknown {
  const { model, faults, stream, trader } = deps;
  const nowMs = deps.exchangeNow();
  switch (name) {
    case 'GET /sim/log':
      return deps.log.since(Number(url.searchParams.get('since') ?? 0));
    case 'GET /sim/state':
      return renderState(deps);
    case 'POST /sim/orders':
      return controlOrders.place(deps, input);
    case 'DELETE /sim/orders':
      return controlOrders.cancel(deps, input);
    case 'POST /sim/fills':
      return controlOrders.fill(deps, input);
    case 'POST /sim/positions': {
      const { amount, ...rest } = positionSchema.parse(input);
      if (model.hedgeMode === (rest.positionSide === 'BOTH'))
        throw new Error('positionSide does not fit the mode');
      return renderPosition(
        model.setPosition({ ...rest, amount: new BigNumber(amount) }, nowMs),
        model.view(),
      );
    }
    case 'POST /sim/price': {
      const { symbol: name, price, frozen } = priceSchema.parse(input);
      if (frozen !== undefined) model.prices.freeze(name, frozen);
      if (price !== undefined) model.setPrice(name, new BigNumber(price), nowMs);
      return { symbol: name, price: model.prices.last(name).toFixed() };
    }
    case 'POST /sim/liquidity': {
      const { symbol: name, quantity } = liquiditySchema.parse(input);
      model.setLiquidity(name, quantity === null ? undefined : new BigNumber(quantity));
      return { symbol: name, quantity };
    }
    case 'POST /sim/step': {
      const { steps } = stepSchema.parse(input);
      for (let n = 0; n < steps; n++) model.step(nowMs);
      return { steps };
    }
    case 'POST /sim/faults': {
      const spec = faultSchema.parse(input);
      if (isStreamFault(spec)) stream.applyFault(spec, nowMs);
      else faults.arm(spec, model.view());
      return { armed: faults.list() };
    }
    case 'DELETE /sim/faults':
      faults.clear();
      stream.clearFaults();
      return { armed: [] };
    case 'POST /sim/clock': {
      const { offsetMs } = clockSchema.parse(input);
      deps.setClockOffset(offsetMs);
      return { offsetMs };
    }
    case 'POST /sim/trader': {
      if (trader === undefined) throw new Error('this simulator has no trader');
      const { action, empty } = traderSchema.parse(input);
      if (action === 'restart') trader.restart({ empty });
      else trader[action]();
      return { action };
    }
    default:
      return undefined;
  }
}

function renderState(deps: ControlDeps): unknown {
  const view = deps.model.view();
  const open = [...view.orders.values()].filter(isOpen);
  return {
    hedgeMode: deps.model.hedgeMode,
    exchangeNowMs: deps.exchangeNow(),
    orders: open.map(renderOrder),
    algoOrders: [...view.algos.values()].filter((algo) => algo.status === 'NEW').map(renderAlgo),
    positions: [...view.positions.values()]
      .filter((position) => !position.amount.isZero())
      .map((position) => renderPosition(position, view)),
    prices: Object.fromEntries([...view.prices].map(([name, price]) => [name, price.toFixed()])),
    traderClientOrderIds: deps.trader?.openClientOrderIds() ?? [],
    faults: deps.faults.list(),
    connections: deps.stream.connections(),
  };
}

function parseBody(body: string): unknown {
  if (body.trim() === '') return {};
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
