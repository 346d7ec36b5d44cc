/** What must hold of every write, by the numbers of the invariants: S6, S7, S17, S18, S24. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { sendStageEvent } from '../../src/daemon/ceremony.ts';
import { stop } from '../../src/daemon/stopping.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { compare } from '../../src/engine/compare.ts';
import { decimal } from '../../src/engine/decimal.ts';
import { flattenTerms } from '../../src/engine/flatten.ts';
import { createInterlock } from '../../src/engine/interlock.ts';
import { plan } from '../../src/engine/plan.ts';
import type { ObservedOrder, StageNumber } from '../../src/engine/types.ts';
import { createWriteGuard, guardReads } from '../../src/exchange/guard.ts';
import { hashWire, refuseWrite, wireRequest } from '../../src/exchange/wire.ts';
import { parseClientOrderId } from '../../src/gates/identity.ts';
import { firstClosed, judgeAll } from '../../src/gates/index.ts';
import { permitFor } from '../exchange/world.ts';
import {
  expectedState,
  observation,
  observedOrder,
  observedPosition,
  openInput,
  openWorld,
  rules,
} from '../helpers/engine-world.ts';
import { type HandCore, handCore } from './hand-core.ts';
import { liveOrder, liveWorld } from './live-world.ts';

describe('S6 a flatten never increases a position and never flips its sign', () => {
  test('whatever was planned, found, and asked for', () => {
    const steps = fc.integer({ min: -5000, max: 5000 });
    fc.assert(
      fc.property(
        steps,
        fc.option(fc.integer({ min: 0, max: 9000 }), { nil: null }),
        fc.constantFrom('BOTH', 'LONG', 'SHORT'),
        fc.constantFrom('one_way', 'hedge', null),
        fc.constantFrom('BUY', 'SELL'),
        fc.constantFrom('limit', 'market'),
        (amount, planned, positionSide, positionMode, side, orderType) => {
          const position = observedPosition(decimal('0.001').times(amount).toFixed(), { positionSide });
          const quantity = planned === null ? null : decimal('0.001').times(planned).toFixed();
          const result = flattenTerms({
            action: { symbol: 'BTCUSDT', side, positionSide, quantity },
            position,
            positionMode,
            markPrice: '60000',
            rules: rules(),
            maxSlippageBps: 50,
            orderType,
          });
          if (result.kind === 'impossible') return;
          const { terms } = result;
          const left = decimal(position.amount).plus(
            terms.side === 'BUY' ? terms.quantity : `-${terms.quantity}`,
          );
          expect(left.abs().isLessThan(Math.abs(amount) / 1000)).toBe(true);
          expect(left.isZero() || left.isNegative() === amount < 0).toBe(true);
          const write = { ...terms, clientOrderId: 'grc_1' };
          expect(refuseWrite(write, positionMode)).toBeNull();
          const { params } = wireRequest(write, positionMode);
          // The exchange holds it too: by the flag in one-way mode, by the side in hedge mode.
          if (positionMode === 'one_way') expect(params).toMatchObject({ reduceOnly: 'true' });
          else
            expect([params['positionSide'], params['side']]).toEqual([
              positionSide,
              amount > 0 ? 'SELL' : 'BUY',
            ]);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('S7 a cancel only ever hits an order in our identity, on a whitelisted symbol', () => {
  const part = fc.constantFrom(
    'grinder_',
    'grinder',
    'Grinder_',
    'grc_',
    'x_',
    '',
    '1_',
    '2_',
    'BTCUSDT_',
    'ETHUSDT_',
    '1_1_1',
  );
  const shapeless = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
  const shaped = fc
    .tuple(
      fc.constantFrom('grinder_', 'grinder_', 'Grinder_', 'grc_'),
      fc.constantFrom('1', '2', '3'),
      fc.constantFrom('BTCUSDT', 'ETHUSDT', 'XUSDT', 'X_USDT'),
    )
    .map(([prefix, strategy, symbol]) => `${prefix}${strategy}_${symbol}_1_1700000000_1`);
  const id = fc.oneof(shaped, shaped, shapeless);
  test('of all that an account may show, with every other gate open', () => {
    let cancelled = 0;
    fc.assert(
      fc.property(
        fc.array(fc.record({ clientOrderId: id, symbol: fc.constantFrom('BTCUSDT', 'ETHUSDT', 'XUSDT') }), {
          maxLength: 6,
        }),
        fc.subarray(['BTCUSDT', 'ETHUSDT', 'XUSDT']),
        fc.subarray(['1', '2']),
        (shown, whitelist, allowedStrategies) => {
          const orders = shown.map(
            (one, index): ObservedOrder => observedOrder(index, { ...one, orderId: String(index) }),
          );
          const identity = { prefix: 'grinder_', allowedStrategies };
          const found = compare(expectedState([]), observation(orders), {
            identity,
            whitelist,
            rules: new Map(),
            missingGraceMs: 1,
            now: { wallMs: 0, monoMs: 0 },
            remediateProtective: true,
          });
          for (const action of plan(found.mismatches, { prices: new Map(), rules: new Map() })) {
            const world = openWorld({ whitelist, identity });
            if (firstClosed(judgeAll(openInput({ action, world }))) !== null) continue;
            cancelled += 1;
            const parsed = parseClientOrderId(action.clientOrderId ?? '', 'grinder_');
            expect(whitelist).toContain(action.symbol);
            expect(parsed?.symbol).toBe(action.symbol);
            expect(allowedStrategies).toContain(parsed?.strategy ?? '');
            const order = orders.find(({ orderId }) => orderId === action.orderId);
            expect(order).toMatchObject({ clientOrderId: action.clientOrderId ?? '', symbol: action.symbol });
          }
        },
      ),
      { numRuns: 4000, seed: 7 },
    );
    expect(cancelled).toBeGreaterThan(20);
  });
});

describe('S17 below stage 4 no write transport exists', () => {
  const has = ({ core, bench }: HandCore) => [core.interlock.writesAllowed(), bench.writer];

  for (const stage of [0, 1, 2, 3] as const)
    test(`in stage ${stage}`, () => {
      using hand = handCore();
      if (stage > 0) hand.raiseTo(stage);
      expect(has(hand)).toEqual([false, false]);
    });

  const ways: readonly (readonly [string, (hand: HandCore) => void])[] = [
    ...([0, 1, 2, 3] as const).map(
      (stage: StageNumber) =>
        [
          `asking for stage ${stage}`,
          (hand: HandCore) => sendStageEvent(hand.core, { type: 'request', stage, by: 'x' }),
        ] as const,
    ),
    ['a breach', (hand) => sendStageEvent(hand.core, { type: 'breach', why: 'x' })],
    ['a stop', (hand) => stop(hand.core, hand.latch, { by: 'x', reason: 'x' })],
    [
      'the end of the lease',
      (hand) => {
        hand.clock.mono += 13 * 3_600_000;
        hand.clock.wall += 13 * 3_600_000;
        sendStageEvent(hand.core, { type: 'tick' });
      },
    ],
    [
      'a lost lock',
      (hand) => {
        hand.bench.leader = false;
        sendStageEvent(hand.core, { type: 'tick' });
      },
    ],
  ];
  for (const [what, act] of ways)
    test(`after ${what} it is taken away at once`, () => {
      using hand = handCore();
      hand.raiseTo(4);
      expect(has(hand)).toEqual([true, true]);
      const epoch = hand.core.interlock.epoch();
      act(hand);
      expect(has(hand)).toEqual([false, false]);
      expect(hand.core.interlock.epoch()).toBeGreaterThan(epoch);
    });
});

describe('S18 a clock that is off sends nothing', () => {
  for (const offsetMs of [501, -501, 3_600_000, Number.NaN])
    test(`by ${offsetMs} ms, seen only while the last read is under way`, async () => {
      using world = liveWorld('reconcile: {interval_ms: 5000}');
      await world.pass(20);
      world.account.onRead = () => {
        world.core.vitals.clock = {
          kind: 'ok',
          offsetMs,
          roundTripMs: 1,
          atMs: world.hand.clock.wall,
          atMonoMs: world.hand.clock.mono,
        };
      };
      world.account.orders = [...world.account.orders, liveOrder(world, 3)];
      await world.pass(60);
      expect(world.sent).toEqual([]);
      expect(world.core.journal.state().dispatches).toEqual([]);
    });
});

describe('S24 nothing but the three order requests and the listen key leaves as a non-GET', () => {
  const method = fc.constantFrom(
    'GET',
    'POST',
    'PUT',
    'DELETE',
    'PATCH',
    'HEAD',
    'OPTIONS',
    'get',
    'delete',
    'post',
    '',
  );
  const path = fc.oneof(
    fc
      .constantFrom(
        'order',
        'algoOrder',
        'listenKey',
        'allOpenOrders',
        'batchOrders',
        'algoOpenOrders',
        'leverage',
        'order/test',
        'Order',
        'order/',
        'order//',
        'marginType',
        'countdownCancelAll',
      )
      .map((name) => `/fapi/v1/${name}`),
    fc.constantFrom(
      '/fapi/v2/order',
      '/fapi/v3/order',
      '/dapi/v1/order',
      '/sapi/v1/order',
      '/papi/v1/um/order',
      '/fapi/v1',
      '',
      '/',
    ),
    fc.string(),
  );
  const params = fc.option(fc.dictionary(fc.string(), fc.string()), { nil: null });
  const WRITES = ['POST /fapi/v1/order', 'DELETE /fapi/v1/order', 'DELETE /fapi/v1/algoOrder'];
  const KEYS = ['POST /fapi/v1/listenKey', 'PUT /fapi/v1/listenKey'];

  test('through either transport, with a permit for exactly that request', () => {
    const interlock = createInterlock();
    interlock.clearLatch();
    interlock.allowWrites(true);
    const passed = new Set<string>();
    const guard = createWriteGuard(interlock, systemClock, new Set());
    fc.assert(
      fc.property(method, path, params, (name, where, given) => {
        const request = {
          method: name,
          path: where,
          params: given === null ? null : { ...given, recvWindow: '3000' },
        };
        const word = `${name} ${where}`;
        const permit = permitFor(interlock, hashWire({ ...request, params: request.params ?? {} }));
        if (guardReads(request, permit) === null) expect(name === 'GET' || KEYS.includes(word)).toBe(true);
        if (guard(request, permit) === null) {
          passed.add(word);
          expect(WRITES).toContain(word);
        }
        expect(guard(request, null)).not.toBeNull();
      }),
      { numRuns: 20_000, seed: 24 },
    );
    expect([...passed].sort()).toEqual([...WRITES].sort());
  });
});
