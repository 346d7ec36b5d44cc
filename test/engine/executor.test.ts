import { describe, expect, test } from 'bun:test';
import { appendFileSync, readFileSync } from 'node:fs';
import { type Disk, realDisk } from '../../src/engine/disk.ts';
import { createExecutor } from '../../src/engine/executor.ts';
import { flattenTerms } from '../../src/engine/flatten.ts';
import type { Journal } from '../../src/engine/journal.ts';
import { openLedger } from '../../src/engine/plan-ledger.ts';
import type { DispatchResult } from '../../src/exchange/exchange.ts';
import { observedOrder, observedPosition, rules } from '../helpers/engine-world.ts';
import { faultyDisk, scratch } from './durable.ts';
import { cancel, flatten, hashRequest, run, runnable, statuses, world } from './executor-world.ts';

describe('the executor', () => {
  test('cancels: targeted read, INTENT on disk, dispatch with its hash, OUTCOME, read after', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.orders = [observedOrder(1)];
    let onDisk: unknown;
    w.script.onDispatch = (write, permit) => {
      expect(w.executor.inFlight()).toBe(permit.intentId);
      onDisk = JSON.parse(readFileSync(w.path, 'utf8').trim());
      expect(onDisk).toMatchObject({
        event_type: 'REMEDIATE_ATTEMPT',
        status: 'INTENT',
        symbols: ['BTCUSDT'],
        details: {
          intent_id: permit.intentId,
          request_hash: hashRequest(write),
          config_digest: 'digest',
          order_id: '9001',
          permit_epoch: permit.epoch,
        },
      });
    };
    const [result] = await w.execute([cancel(1)]);
    expect(onDisk).toBeDefined();
    expect(result).toMatchObject({ status: 'executed', reason: null, verified: true });
    expect(w.sent).toEqual([
      {
        kind: 'cancel',
        symbol: 'BTCUSDT',
        orderId: '9001',
        clientOrderId: observedOrder(1).clientOrderId,
        conditional: false,
      },
    ]);
    expect(w.lines().map((line) => line.status)).toEqual(['INTENT', 'EXECUTED', null]);
    expect(w.journal.state().openIntents.size).toBe(0);
    expect(w.executor.inFlight()).toBeNull();
    expect(w.logged).toEqual(['REMEDIATION_EXECUTED']);
  });

  test('flattens with the smaller of planned and found, under an id of its own', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.positions = [observedPosition('0.004')];
    const [result] = await w.execute([flatten('0.010')]);
    expect(result).toMatchObject({ status: 'executed', verified: true });
    expect(w.sent).toMatchObject([{ kind: 'flatten', side: 'SELL', quantity: '0.004', price: '59700' }]);
    const [write] = w.sent;
    expect(write?.clientOrderId).toMatch(/^grc_[0-9a-z]+_[0-9a-z]+$/);
    expect(write?.clientOrderId.length).toBeLessThanOrEqual(36);
    expect(w.lines()[0].details).toMatchObject({
      repair_client_order_id: write?.clientOrderId,
      notional_usdt: '240',
    });
  });

  const found = (change: Parameters<typeof observedOrder>[1]) => () =>
    ({ kind: 'found', order: observedOrder(1, change) }) as const;
  for (const [what, order] of [
    ['gone', () => ({ kind: 'not_found' }) as const],
    ['filled', found({ status: 'FILLED' })],
    ['of unknown status', found({ status: 'UNKNOWN' })],
    ['reduce-only now', found({ reduceOnly: true })],
    ['close-position now', found({ closePosition: true })],
    ['on another symbol', found({ symbol: 'ETHUSDT' })],
    ['another order under the same client id', found({ orderId: '1' })],
    ['under another client id', found({ clientOrderId: 'x' })],
    ['of another price', found({ price: '60001' })],
    ['of another quantity', found({ quantity: '0.011' })],
    ['on the other side', found({ side: 'SELL' })],
  ] as const) {
    test(`sends nothing when the order is ${what} in the targeted read`, async () => {
      using directory = scratch();
      const w = world(directory.path);
      w.script.order = order;
      expect(statuses(await w.execute([cancel(1)]))).toEqual(['blocked:not_confirmed']);
      expect(w.sent).toEqual([]);
      expect(w.lines()).toMatchObject([{ status: 'BLOCKED', block_reason: 'not_confirmed' }]);
    });
  }

  test('cancels an order that was partly filled since', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.orders = [observedOrder(1, { status: 'PARTIALLY_FILLED', filledQuantity: '0.004' })];
    expect(statuses(await w.execute([cancel(1)]))).toEqual(['executed']);
  });

  for (const [what, amount] of [
    ['flipped', '-0.010'],
    ['grown', '0.011'],
    ['flat', '0'],
  ] as const) {
    test(`sends nothing when the position is ${what} in the targeted read`, async () => {
      using directory = scratch();
      const w = world(directory.path);
      w.script.positions = [observedPosition(amount)];
      expect(statuses(await w.execute([flatten('0.010')]))).toEqual(['blocked:not_confirmed']);
      expect(w.sent).toEqual([]);
    });
  }

  test('sends no more than is there, whatever made the terms', async () => {
    using directory = scratch();
    const w = world(directory.path);
    for (const wrong of [{ quantity: '0.011' }, { side: 'BUY' }, { quantity: '0' }] as const) {
      const executor = createExecutor({
        ...w,
        hashRequest,
        log: () => undefined,
        permitMs: 2000,
        flattenTerms: (input) => {
          const result = flattenTerms({
            ...input,
            positionMode: 'one_way',
            rules: rules(),
            maxSlippageBps: 50,
            orderType: 'limit',
          });
          return result.kind === 'ok' ? { ...result, terms: { ...result.terms, ...wrong } } : result;
        },
      });
      w.script.positions = [observedPosition('0.010')];
      const results = await executor.execute({
        run,
        actions: [runnable(flatten('0.010'))],
        epoch: w.interlock.epoch(),
        rejudge: () => null,
        ledger: openLedger([runnable(flatten('0.010'))]),
        unplanned: () => undefined,
      });
      expect(statuses(results)).toEqual(['failed:port_error']);
    }
    expect(w.sent).toEqual([]);
  });

  test('sends no more than is left of what was planned, whatever made the terms', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.positions = [observedPosition('0.004')];
    const executor = createExecutor({
      ...w.tools,
      flattenTerms: (input) => {
        const result = w.tools.flattenTerms(input);
        return result.kind === 'ok' ? { ...result, terms: { ...result.terms, quantity: '0.010' } } : result;
      },
    });
    const actions = [runnable(flatten('0.010'))];
    const results = await executor.execute({
      run,
      actions,
      epoch: w.interlock.epoch(),
      rejudge: () => null,
      ledger: openLedger(actions),
      unplanned: () => undefined,
    });
    expect(results).toMatchObject([{ status: 'failed', text: 'terms for 0.010, planned 0.01 of 0.004' }]);
    expect(w.sent).toEqual([]);
  });

  test('sends nothing on a targeted read from before the machine slept, while the monotonic clock stood still', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.order = () => {
      w.clock.advance(10_001);
      return { kind: 'found', order: observedOrder(1) };
    };
    const actions = [runnable(cancel(1))];
    const request = { run, actions, epoch: w.interlock.epoch(), ledger: openLedger(actions) };
    const slept = createExecutor({ ...w.tools, clock: { ...w.clock, monoMs: () => 0 } });
    const done = await slept.execute({ ...request, unplanned: () => undefined, rejudge: () => null });
    expect(statuses(done)).toEqual(['blocked:not_confirmed']);
    expect(w.sent).toEqual([]);
  });

  test('sends nothing on a targeted read from before the thread stood still', async () => {
    for (const [standsMs, sent] of [
      [10_000, 1],
      [10_001, 0],
    ] as const) {
      using directory = scratch();
      const w = world(directory.path);
      w.script.order = () => {
        w.clock.advance(standsMs);
        return { kind: 'found', order: observedOrder(1) };
      };
      const [result] = await w.execute([cancel(1)]);
      expect(w.sent).toHaveLength(sent);
      if (sent > 0) continue;
      expect(result).toMatchObject({ status: 'blocked', reason: 'not_confirmed' });
      expect(w.lines()).toMatchObject([{ status: 'BLOCKED', block_reason: 'not_confirmed' }]);
    }
  });

  test('a failed, throwing or priceless targeted read sends nothing', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.order = () => ({ kind: 'failed', error: 'timeout' });
    expect(statuses(await w.execute([cancel(1)]))).toEqual(['failed:port_error']);
    w.script.order = () => {
      throw new Error('bug');
    };
    expect(statuses(await w.execute([cancel(1)]))).toEqual(['failed:port_error']);
    w.script.positions = [observedPosition('0.010')];
    w.script.markPrice = null;
    expect(statuses(await w.execute([flatten('0.010')]))).toEqual(['blocked:price_unavailable']);
    expect(w.sent).toEqual([]);
    expect(w.journal.state().dispatches).toEqual([]);
  });

  const refused = { httpStatus: 400, code: -2011, message: 'm' } as const;
  const answers: readonly (readonly [DispatchResult, string, readonly string[], number, number])[] = [
    [{ status: 'REJECTED', ...refused }, 'failed:port_error', ['INTENT', 'REJECTED'], 1, 0],
    [{ status: 'UNKNOWN', ...refused }, 'unknown:port_error', ['INTENT', 'UNKNOWN'], 1, 1],
    [{ status: 'NOT_SENT', message: 'permit expired' }, 'failed:port_error', ['INTENT', 'FAILED'], 0, 0],
  ];
  for (const [answer, status, journaled, calls, open] of answers) {
    test(`a dispatch that is ${answer.status} ends as ${status} and takes ${calls} calls`, async () => {
      using directory = scratch();
      const w = world(directory.path);
      w.script.orders = [observedOrder(1)];
      w.script.answer = () => answer;
      expect(statuses(await w.execute([cancel(1)]))).toEqual([status]);
      expect(w.lines().map((line) => line.status)).toEqual([...journaled]);
      expect(w.journal.state().dispatches).toHaveLength(calls);
      expect(w.journal.state().openIntents.size).toBe(open);
      expect(w.logged).toEqual(['REMEDIATION_FAILED']);
      expect(w.reads).toHaveLength(1);
    });
  }

  test('a port that rejects leaves an unknown, sent once', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.orders = [observedOrder(1), observedOrder(2)];
    w.script.answer = () => Promise.reject(new Error('thread died'));
    const results = await w.execute([cancel(1), cancel(2)]);
    expect(statuses(results)).toEqual(['unknown:port_error', 'blocked:unresolved_intent']);
    expect(w.sent).toHaveLength(1);
  });

  test('a dispatch that never returns is given up as unknown, and what it says later changes nothing', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.orders = [observedOrder(1), observedOrder(2)];
    let answer: (result: DispatchResult) => void = () => undefined;
    w.script.answer = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const executor = createExecutor({ ...w.tools, dispatchLimitMs: 20 });
    const actions = [cancel(1), cancel(2)].map(runnable);
    const results = await executor.execute({
      run,
      actions,
      epoch: w.interlock.epoch(),
      rejudge: () => null,
      ledger: openLedger(actions),
      unplanned: () => undefined,
    });
    expect(statuses(results)).toEqual(['unknown:port_error', 'blocked:unresolved_intent']);
    expect(results[0]?.text).toContain('no answer within 20 ms');
    expect(executor.inFlight()).toBeNull();
    answer({ status: 'EXECUTED', orderId: '1', executedQuantity: '0', orderStatus: 'CANCELED' });
    await Promise.resolve();
    expect(w.lines().map((line) => line.status)).toEqual(['INTENT', 'UNKNOWN', 'BLOCKED']);
    expect(w.journal.state().openIntents.size).toBe(1);
    expect(w.sent).toHaveLength(1);
  });

  test('a run given while another one is executed sends nothing, and the next one does', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.orders = [observedOrder(1), observedOrder(2, { symbol: 'ETHUSDT' })];
    const [first, second] = await Promise.all([w.execute([cancel(1)]), w.execute([cancel(2, 'ETHUSDT')])]);
    expect([...statuses(first), ...statuses(second)]).toEqual(['executed', 'blocked:cooldown_not_elapsed']);
    expect(w.sent).toHaveLength(1);
    expect(statuses(await w.execute([cancel(2, 'ETHUSDT')]))).toEqual(['executed']);
  });

  test('an unknown freezes its symbol in this run and the next, not the others', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.orders = [observedOrder(1), observedOrder(2), observedOrder(3, { symbol: 'ETHUSDT' })];
    w.script.answer = (write) =>
      write.symbol === 'BTCUSDT'
        ? { status: 'UNKNOWN', ...refused }
        : { status: 'EXECUTED', orderId: '1', executedQuantity: '0', orderStatus: 'CANCELED' };
    const results = await w.execute([cancel(1), cancel(2), cancel(3, 'ETHUSDT')]);
    expect(statuses(results)).toEqual(['unknown:port_error', 'blocked:unresolved_intent', 'executed']);
    expect(statuses(await w.execute([cancel(2)]))).toEqual(['blocked:unresolved_intent']);
    w.journal.close();
    expect([...w.open().state().openIntents.values()]).toMatchObject([
      { symbol: 'BTCUSDT', status: 'unknown' },
    ]);
  });

  test('24 cancel-all whose first call fails still cancels the rest', async () => {
    for (const first of [
      { status: 'REJECTED', ...refused },
      { status: 'NOT_SENT', message: 'm' },
    ] as const) {
      using directory = scratch();
      const w = world(directory.path);
      w.script.orders = [observedOrder(1), observedOrder(2), observedOrder(3)];
      let calls = 0;
      w.script.answer = () => {
        calls += 1;
        return calls === 1
          ? first
          : { status: 'EXECUTED', orderId: '1', executedQuantity: '0', orderStatus: 'CANCELED' };
      };
      const results = await w.execute([cancel(1), cancel(2), cancel(3)]);
      expect(statuses(results)).toEqual(['failed:port_error', 'executed', 'executed']);
      expect(calls).toBe(3);
    }
  });

  test('after a stop nothing more begins, wherever it falls', async () => {
    for (const step of ['before', 'read', 'dispatch', 'answer'] as const) {
      using directory = scratch();
      const w = world(directory.path);
      w.script.orders = [observedOrder(1), observedOrder(2)];
      if (step === 'before') w.interlock.setLatch();
      if (step === 'read') w.script.onRead = w.interlock.setLatch;
      if (step === 'dispatch') w.script.onDispatch = w.interlock.setLatch;
      if (step === 'answer')
        w.script.answer = () => {
          w.interlock.setLatch();
          return { status: 'EXECUTED', orderId: '1', executedQuantity: '0', orderStatus: 'CANCELED' };
        };
      const results = await w.execute([cancel(1), cancel(2)]);
      expect(w.sent).toHaveLength(step === 'answer' ? 1 : 0);
      expect(statuses(results)[1]).toBe('blocked:stop_latched');
      expect(statuses(results)[0]).toBe(
        {
          before: 'blocked:stop_latched',
          read: 'blocked:stop_latched',
          dispatch: 'failed:port_error',
          answer: 'executed',
        }[step],
      );
      expect(w.journal.state().openIntents.size).toBe(0);
    }
  });

  test('when the epoch moved the gates are asked again, and what they say holds', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.orders = [observedOrder(1), observedOrder(2), observedOrder(3)];
    const epoch = w.interlock.epoch();
    w.script.answer = (write) => {
      w.interlock.advance();
      w.judge.answer = 'snapshot_stale';
      w.script.orders = w.script.orders.filter((order) => order.clientOrderId !== write.clientOrderId);
      return { status: 'EXECUTED', orderId: '1', executedQuantity: '0', orderStatus: 'CANCELED' };
    };
    const results = await w.execute([cancel(1), cancel(2)], { epoch });
    expect(statuses(results)).toEqual(['executed', 'blocked:snapshot_stale']);
    w.judge.answer = null;
    expect(statuses(await w.execute([cancel(3)], { epoch }))).toEqual(['executed']);
    const throwing = await w.execute([cancel(2)], {
      epoch,
      rejudge: () => {
        throw new Error('bug');
      },
    });
    expect(statuses(throwing)).toEqual(['blocked:not_confirmed']);
  });

  test('an epoch that moves during the dispatch voids the permit', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.orders = [observedOrder(1)];
    w.script.onDispatch = () => w.interlock.advance();
    expect(statuses(await w.execute([cancel(1)]))).toEqual(['failed:port_error']);
    expect(w.sent).toEqual([]);
    expect(w.journal.state().dispatches).toEqual([]);
  });

  test('a permit lasts only as long as it says', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.orders = [observedOrder(1)];
    w.script.onDispatch = () => w.clock.advance(2000);
    expect(statuses(await w.execute([cancel(1)]))).toEqual(['failed:port_error']);
    expect(w.sent).toEqual([]);
  });

  test('sends nothing on what was judged before the disk stalled over the INTENT', async () => {
    for (const [stallsMs, sent] of [
      [1900, 1],
      [2000, 0],
      [60_000, 0],
    ] as const) {
      using directory = scratch();
      const disk = stallingDisk();
      const w = world(directory.path, disk);
      w.script.orders = [observedOrder(1)];
      disk.atNextSync(() => w.clock.advance(stallsMs));
      expect(statuses(await w.execute([cancel(1)]))).toEqual([sent === 1 ? 'executed' : 'failed:port_error']);
      expect(w.sent).toHaveLength(sent);
      expect(w.journal.state().dispatches).toHaveLength(sent);
      expect(w.journal.state().openIntents.size).toBe(0);
    }
  });

  test('a stop that waited while the disk took the INTENT goes first', async () => {
    using directory = scratch();
    const disk = stallingDisk();
    const w = world(directory.path, disk);
    w.script.orders = [observedOrder(1)];
    // It came at the socket; the thread sees it in its next turn.
    disk.atNextSync(() => void setTimeout(() => w.interlock.setLatch(), 0));
    expect(statuses(await w.execute([cancel(1)]))).toEqual(['failed:port_error']);
    expect(w.sent).toEqual([]);
    expect(w.lines().map(({ status }) => status)).toEqual(['INTENT', 'FAILED']);
    expect(w.journal.state()).toMatchObject({ dispatches: [], openIntents: new Map() });
  });

  test('right before every write the gates are asked again, with what the run has taken so far', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.orders = [observedOrder(1), observedOrder(2), observedOrder(3)];
    w.script.answer = (write) => {
      // As when the feed, read for the first action, says that the second is expected after all; no epoch tells of it.
      if (write.clientOrderId === observedOrder(2).clientOrderId) w.judge.answer = 'not_confirmed';
      return { status: 'EXECUTED', orderId: '1', executedQuantity: '0', orderStatus: 'CANCELED' };
    };
    const results = await w.execute([cancel(1), cancel(2), cancel(3)]);
    expect(statuses(results)).toEqual(['executed', 'executed', 'blocked:not_confirmed']);
    expect(w.sent).toHaveLength(2);
    expect(w.usedBefore.map(({ calls, cancels }) => [calls, cancels])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
  });

  test('a flatten whose notional rose since it was judged is judged again', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.positions = [observedPosition('0.010')];
    w.script.markPrice = '61000';
    w.judge.answer = 'notional_exceeds_limit';
    expect(statuses(await w.execute([flatten('0.010')]))).toEqual(['blocked:notional_exceeds_limit']);
    expect(w.asked).toMatchObject([{ notionalUsdt: '610' }]);
    expect(w.sent).toEqual([]);
  });

  for (const [price, sent] of [
    ['63000', 1],
    ['63010', 0],
    ['57000', 1],
    ['56990', 0],
    ['1', 0],
    ['60000000', 0],
  ] as const)
    test(`a flatten planned at 60000 is ${sent === 1 ? '' : 'not '}sent at ${price}`, async () => {
      using directory = scratch();
      const w = world(directory.path);
      w.script.positions = [observedPosition('0.010')];
      w.script.markPrice = price;
      const expected = sent === 1 ? 'executed' : 'blocked:price_unavailable';
      expect(statuses(await w.execute([flatten('0.010')]))).toEqual([expected]);
      expect(w.sent).toHaveLength(sent);
    });

  test('with a journal that breaks nothing is sent any more, not even what comes next', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.orders = [observedOrder(1), observedOrder(2, { symbol: 'ETHUSDT' })];
    w.script.onRead = () => appendFileSync(w.path, 'x');
    const results = await w.execute([cancel(1), cancel(2, 'ETHUSDT')]);
    expect(statuses(results)).toEqual(['failed:port_error', 'blocked:audit_unavailable']);
    expect(w.sent).toEqual([]);
  });

  const broken = async (w: ReturnType<typeof world>): Promise<Journal> => {
    w.script.orders = [observedOrder(1), observedOrder(2, { symbol: 'ETHUSDT' })];
    const results = await w.execute([cancel(1), cancel(2, 'ETHUSDT')]);
    expect(statuses(results)).toEqual(['executed', 'blocked:audit_unavailable']);
    expect(w.sent).toHaveLength(1);
    expect(w.journal.healthy()).toBe(false);
    w.journal.close();
    return w.open();
  };

  test('a journal that breaks after the dispatch keeps the outcome in its reserve and sends nothing else', async () => {
    using directory = scratch();
    const disk = faultyDisk({ call: 1, fault: 'EIO', after: 'heals' });
    const w = world(directory.path, disk);
    w.script.onDispatch = disk.arm;
    const again = await broken(w);
    expect([again.problem(), again.state().openIntents.size]).toEqual(['', 0]);
    again.close();
  });

  test('a journal that somebody else writes to after the dispatch leaves the outcome to be found out, and sends nothing else', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.onDispatch = () => appendFileSync(w.path, 'x');
    const again = await broken(w);
    expect([again.problem(), again.state().openIntents.size]).toEqual(['', 1]);
    again.close();
  });

  test('sends nothing that the plan of the run does not hold, tells of it, and goes on with nothing else', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.orders = [observedOrder(1), observedOrder(2), observedOrder(3)];
    const ledger = openLedger([cancel(1), cancel(3)].map(runnable));
    const results = await w.execute([cancel(1), cancel(2), cancel(3)], { ledger });
    expect(statuses(results)).toEqual(['executed', 'failed:port_error', 'blocked:not_armed']);
    expect(w.sent).toHaveLength(1);
    expect(w.unplanned).toEqual([expect.stringContaining('is not in the plan of this run')]);
    expect(w.lines().filter(({ status }) => status === 'INTENT')).toHaveLength(1);
  });

  test('sends what was planned once no second time', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.orders = [observedOrder(1)];
    const ledger = openLedger([runnable(cancel(1))]);
    expect(statuses(await w.execute([cancel(1)], { ledger }))).toEqual(['executed']);
    w.script.orders = [observedOrder(1)];
    expect(statuses(await w.execute([cancel(1)], { ledger }))).toEqual(['failed:port_error']);
    expect(w.sent).toHaveLength(1);
    expect(w.unplanned).toHaveLength(1);
  });

  test('without writes, for a synthetic action, and for one that a gate closed it sends nothing', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.orders = [observedOrder(1)];
    expect(statuses(await w.execute([{ ...cancel(1), synthetic: true }]))).toEqual(['blocked:synthetic']);
    const closed = { ...runnable(cancel(1)), reason: 'cooldown_not_elapsed' } as const;
    expect(statuses(await w.execute([], { actions: [closed] }))).toEqual(['blocked:cooldown_not_elapsed']);
    w.interlock.allowWrites(false);
    expect(statuses(await w.execute([cancel(1)]))).toEqual(['blocked:not_armed']);
    expect(w.sent).toEqual([]);
    expect(w.journal.state().dispatches).toEqual([]);
  });

  test('the read after tells when a cancel or flatten did not do what it said', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.orders = [observedOrder(1)];
    w.script.positions = [observedPosition('0.010')];
    w.script.answer = (write) => {
      if (write.kind === 'flatten') w.script.positions = [observedPosition('-0.001')];
      return { status: 'EXECUTED', orderId: '1', executedQuantity: '0', orderStatus: 'CANCELED' };
    };
    const results = await w.execute([cancel(1), flatten('0.010')]);
    expect(results.map((result) => result.verified)).toEqual([false, false]);
    expect(results[1]?.text).toContain('FLIPPED');
    expect([...w.journal.state().failuresByItem.values()]).toEqual([1, 1]);
  });
});

/** A real disk beside which something happens while it syncs, once. */
function stallingDisk(): Disk & { readonly atNextSync: (happens: () => void) => void } {
  let next = (): void => undefined;
  return {
    ...realDisk,
    atNextSync: (happens) => {
      next = happens;
    },
    fdatasync: (fd) => {
      realDisk.fdatasync(fd);
      const happens = next;
      next = () => undefined;
      happens();
    },
  };
}
