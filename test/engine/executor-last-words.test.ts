/** What may still keep a write from leaving once its gates were judged: the last moments before the port is asked. */
import { describe, expect, test } from 'bun:test';
import { createExecutor } from '../../src/engine/executor.ts';
import type { Permit } from '../../src/engine/interlock.ts';
import { openLedger } from '../../src/engine/plan-ledger.ts';
import { observedOrder, observedPosition } from '../helpers/engine-world.ts';
import { scratch } from './durable.ts';
import { cancel, flatten, run, runnable, statuses, world } from './executor-world.ts';

describe('between the last judgement and the wire', () => {
  test('a stop that falls while the INTENT is being written keeps the port from being asked at all', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.orders = [observedOrder(1)];
    let asked = 0;
    w.script.onDispatch = () => {
      asked += 1;
    };
    const journal: typeof w.journal = {
      ...w.journal,
      append: (entry) => {
        // Another thread latches, in the middle of the sync.
        if (entry.status === 'INTENT') w.interlock.setLatch();
        return w.journal.append(entry);
      },
    };
    const executor = createExecutor({ ...w.tools, journal });
    const actions = [cancel(1)].map(runnable);
    const results = await executor.execute({
      run,
      actions,
      epoch: w.interlock.epoch(),
      rejudge: () => null,
      ledger: openLedger(actions),
      unplanned: () => undefined,
    });
    expect([asked, w.sent]).toEqual([0, []]);
    expect(results).toMatchObject([{ status: 'failed', text: expect.stringContaining('stop latched') }]);
    expect(w.lines().map(({ status }) => status)).toEqual(['INTENT', 'FAILED']);
    expect(w.journal.state().openIntents.size).toBe(0);
  });

  test('a permit ends after its time on both clocks', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.orders = [observedOrder(1)];
    let permit: Permit | null = null;
    w.script.onDispatch = (_write, given) => {
      permit = given;
    };
    const [nowMonoMs, nowMs] = [w.clock.monoMs(), w.clock.wallMs()];
    await w.execute([cancel(1)]);
    expect(permit).toMatchObject({ deadlineMonoMs: nowMonoMs + 2000, deadlineMs: nowMs + 2000 });
  });

  test('a permit is of the moment in which the judgement began: what moves meanwhile voids it', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.orders = [observedOrder(1)];
    const results = await w.execute([cancel(1)], {
      rejudge: () => {
        w.interlock.advance();
        return null;
      },
    });
    expect(statuses(results)).toEqual(['failed:port_error']);
    expect(results[0]?.text).toContain('permit void');
    expect(w.sent).toEqual([]);
  });
});

describe('the reads around a write', () => {
  test('send nothing for a position that one reply shows twice', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.positions = [observedPosition('0.010'), observedPosition('0.010')];
    const results = await w.execute([flatten('0.010')]);
    expect(results).toMatchObject([{ status: 'failed', text: 'targeted read: one position came twice' }]);
    expect(w.sent).toEqual([]);
  });

  test('that fail after it verify nothing, and count against nobody', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.orders = [observedOrder(1)];
    w.script.positions = [observedPosition('0.010')];
    w.script.answer = (write) => {
      w.script.order = () => ({ kind: 'failed', error: 'timeout' });
      w.script.position = () => ({ kind: 'failed', error: 'timeout' });
      const filled = write.kind === 'cancel' ? '0' : write.quantity;
      return { status: 'EXECUTED', orderId: '1', executedQuantity: filled, orderStatus: 'FILLED' };
    };
    for (const action of [cancel(1), flatten('0.010')]) {
      w.script.position = null;
      expect(await w.execute([action])).toMatchObject([
        { status: 'executed', verified: null, text: expect.stringContaining('not read: timeout') },
      ]);
    }
    expect(w.journal.state().failuresByItem.size).toBe(0);
  });

  test('that show the position as it was before say that the flatten did not work', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.positions = [observedPosition('0.010')];
    w.script.answer = () => ({
      status: 'EXECUTED',
      orderId: '1',
      executedQuantity: '0',
      orderStatus: 'EXPIRED',
    });
    expect(await w.execute([flatten('0.010')])).toMatchObject([{ status: 'executed', verified: false }]);
    expect([...w.journal.state().failuresByItem.values()]).toEqual([1]);
  });

  test('that say nothing leave what the reply said: a flatten that filled nothing did not work', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.script.positions = [observedPosition('0.010')];
    w.script.answer = () => {
      w.script.position = () => ({ kind: 'failed', error: 'timeout' });
      return { status: 'EXECUTED', orderId: '1', executedQuantity: '0', orderStatus: 'EXPIRED' };
    };
    expect(await w.execute([flatten('0.010')])).toMatchObject([{ status: 'executed', verified: null }]);
    expect([...w.journal.state().failuresByItem.values()]).toEqual([1]);
  });
});
