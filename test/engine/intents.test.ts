import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { createIntentResolver } from '../../src/engine/intents.ts';
import { createInterlock } from '../../src/engine/interlock.ts';
import { openJournal } from '../../src/engine/journal.ts';
import { tail } from '../../src/engine/journal-scan.ts';
import { type ResolveProgress, resolveStep } from '../../src/engine/resolve-step.ts';
import type { OrderQueryResult } from '../../src/exchange/exchange.ts';
import { observedOrder, observedPosition } from '../helpers/engine-world.ts';
import { handClock, intentEntry, outcomeEntry, scratch } from './durable.ts';
import { scriptedExchange } from './scripted-exchange.ts';

const rules = { windowMs: 5000, agreeing: 3, maxReads: 6 };
const FLATTEN = {
  action: 'flatten',
  client_order_id: null,
  order_id: null,
  repair_client_order_id: 'grc_1_a',
};
const found = (change: Parameters<typeof observedOrder>[1]): OrderQueryResult => ({
  kind: 'found',
  order: observedOrder(1, change),
});
const notFound: OrderQueryResult = { kind: 'not_found' };
const failed: OrderQueryResult = { kind: 'failed', error: 'timeout' };
const live = found({ status: 'NEW' });

/** Feeds reads one a second, the first at `startMs` after the first look. */
function resolveWith(action: 'cancel' | 'flatten', reads: readonly OrderQueryResult[], startMs = 5000) {
  let progress: ResolveProgress = { firstLookMonoMs: 0, readsAfterWindow: 0, hint: null, inARow: 0 };
  for (const [index, result] of reads.entries()) {
    const step = resolveStep({ action }, progress, { result, nowMonoMs: startMs + index * 1000 }, rules);
    if (step.kind === 'resolved') return `${step.outcome} after ${index + 1}`;
    if (step.kind === 'manual') return `manual after ${index + 1}`;
    progress = step.progress;
  }
  return 'wait';
}

describe('a write of unknown outcome', () => {
  const table: readonly (readonly [string, 'cancel' | 'flatten', readonly OrderQueryResult[], string])[] = [
    ['a cancelled order', 'cancel', [found({ status: 'CANCELED' })], 'executed after 1'],
    ['an order that filled first', 'cancel', [found({ status: 'FILLED' })], 'not_executed after 1'],
    ['an order still live, three times', 'cancel', [live, live, live], 'not_executed after 3'],
    ['an order still live, twice', 'cancel', [live, live], 'wait'],
    ['an order not found three times', 'cancel', [notFound, notFound, notFound], 'executed after 3'],
    [
      'reads that contradict each other',
      'cancel',
      [live, live, notFound, notFound, live, live],
      'manual after 6',
    ],
    ['reads that fail', 'cancel', [failed, failed, failed, failed, failed, failed], 'manual after 6'],
    ['a failed read between', 'cancel', [live, failed, live, live], 'not_executed after 4'],
    ['our filled order', 'flatten', [found({ status: 'FILLED' })], 'executed after 1'],
    ['our expired order', 'flatten', [found({ status: 'EXPIRED' })], 'executed after 1'],
    ['our rejected order', 'flatten', [found({ status: 'REJECTED' })], 'not_executed after 1'],
    ['no order of ours, three times', 'flatten', [notFound, notFound, notFound], 'not_executed after 3'],
    ['our order still working', 'flatten', [notFound, notFound, live, notFound, notFound], 'wait'],
    ['our order of unknown status', 'flatten', [found({ status: 'UNKNOWN' })], 'wait'],
  ];
  for (const [what, action, reads, expected] of table)
    test(`${what} makes a ${action} ${expected}`, () => {
      expect(resolveWith(action, reads)).toBe(expected);
    });

  test('no number of denials counts while the request may still arrive', () => {
    expect(resolveWith('flatten', [notFound, notFound, notFound, notFound, notFound], 0)).toBe('wait');
    expect(resolveWith('flatten', Array(8).fill(notFound), 0)).toBe('not_executed after 8');
  });
});

function world(directory: string) {
  const clock = handClock();
  const path = join(directory, 'audit', 'a.jsonl');
  const open = () => openJournal({ path, headPath: join(directory, 'account', 'head'), clock });
  const journal = open();
  const scripted = scriptedExchange(createInterlock(), { nowMonoMs: clock.monoMs, hashRequest: () => '' });
  const logged: string[] = [];
  let inFlight: string | null = null;
  const resolver = createIntentResolver({
    exchange: scripted.exchange,
    journal,
    clock,
    rules,
    spacingMs: 1000,
    inFlight: () => inFlight,
    stamp: () => ({ runId: '', stage: 1, mode: 'live', actionMode: 'auto', configDigest: 'd' }),
    log: (event) => {
      logged.push(event);
    },
  });
  const ticks = async (count: number) => {
    for (let tick = 0; tick < count; tick += 1) {
      await resolver.tick();
      clock.advance(1000);
    }
  };
  const setInFlight = (id: string | null) => {
    inFlight = id;
  };
  return { ...scripted, clock, journal, open, path, logged, resolver, ticks, setInFlight };
}

describe('resolving intents', () => {
  test('finds out about an unknown and about one cut off by a crash, and never sends', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.journal.append(intentEntry('crashed'));
    w.journal.append(intentEntry('unknown', { ...FLATTEN, notional_usdt: '50' }));
    w.journal.append(outcomeEntry('unknown', 'UNKNOWN'));
    w.script.order = () => notFound;
    await w.ticks(12);
    expect(w.resolver.counts()).toEqual({ executed: 1, not_executed: 1 });
    expect(w.sent).toEqual([]);
    expect(new Set(w.reads)).toEqual(new Set(['grinder_1_BTCUSDT_1_1_1', 'grc_1_a']));
    const lines = tail(w.path, 2).map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { event_type: 'REMEDIATE_RESULT', status: null, details: { resolves: 'crashed', outcome: 'executed' } },
      { details: { resolves: 'unknown', outcome: 'not_executed', was: 'unknown' }, operator: null },
    ]);
    w.journal.close();
    const again = w.open();
    expect(again.state().openIntents.size).toBe(0);
    expect(again.state().dispatches.map((dispatch) => dispatch.notionalUsdt)).toEqual(['0', '50']);
  });

  describe('a flatten whose order is denied again and again', () => {
    const row = (amount: string, positionSide: 'BOTH' | 'LONG' = 'BOTH', updatedAtMs = 77) =>
      observedPosition(amount, { positionSide, updatedAtMs });
    const position = { side: 'BOTH', amount: '0.100', updated_at_ms: 77 };
    const before = { ...FLATTEN, notional_usdt: '50', position_before: position };

    test.each([
      ['stands as it stood', [row('0.1')], { executed: 0, not_executed: 1 }],
      ['shrank', [row('0.040')], { executed: 0, not_executed: 0 }],
      ['is gone', [], { executed: 0, not_executed: 0 }],
      ['has another sign', [row('-0.1')], { executed: 0, not_executed: 0 }],
      [
        'was traded meanwhile and came to stand as it stood',
        [row('0.1', 'BOTH', 78)],
        { executed: 0, not_executed: 0 },
      ],
      ['stands on another side alone', [row('0.1', 'LONG')], { executed: 0, not_executed: 0 }],
    ])('is not executed only while the position %s', async (_, positions, counts) => {
      using directory = scratch();
      const w = world(directory.path);
      w.journal.append(intentEntry('unknown', before));
      w.journal.append(outcomeEntry('unknown', 'UNKNOWN'));
      w.script.order = () => notFound;
      w.script.positions = [...positions];
      await w.ticks(20);
      expect(w.resolver.counts()).toEqual(counts);
      expect(w.resolver.manual()).toHaveLength(1 - counts.not_executed);
    });

    test('is open while the position can not be read', async () => {
      using directory = scratch();
      const w = world(directory.path);
      w.journal.append(intentEntry('unknown', before));
      w.script.order = () => notFound;
      w.script.position = () => ({ kind: 'failed', error: 'timeout' });
      await w.ticks(20);
      expect(w.resolver.manual()).toHaveLength(1);
      expect(w.resolver.counts()).toEqual({ executed: 0, not_executed: 0 });
    });

    test('keeps what it was to close over a restart', async () => {
      using directory = scratch();
      const w = world(directory.path);
      w.journal.append(intentEntry('unknown', before));
      w.journal.close();
      const [intent] = [...w.open().state().openIntents.values()];
      expect(intent?.position).toEqual({ side: 'BOTH', amount: '0.100', updatedAtMs: 77 });
    });
  });

  test('asks no more often than its spacing and leaves alone what is being sent', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.journal.append(intentEntry('i'));
    w.script.order = () => live;
    w.setInFlight('i');
    await w.resolver.tick();
    expect(w.resolver.resolveByHand('i', 'executed', 'ann').ok).toBe(false);
    expect(w.reads).toEqual([]);
    w.setInFlight(null);
    await w.resolver.tick();
    await w.resolver.tick();
    expect(w.reads).toHaveLength(1);
  });

  test('says once that it needs an operator, goes on asking, and takes the operator at their word', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.journal.append(intentEntry('i'));
    w.script.order = () => failed;
    await w.ticks(20);
    expect(w.logged).toEqual(['INTENT_UNRESOLVED']);
    expect(w.resolver.manual()).toMatchObject([{ intent: { intentId: 'i' } }]);
    expect(w.reads.length).toBe(20);
    expect(w.resolver.resolveByHand('nonsense', 'executed', 'ann').ok).toBe(false);
    expect(w.resolver.resolveByHand('i', 'not_executed', 'ann')).toEqual({ ok: true });
    expect(w.resolver.resolveByHand('i', 'executed', 'ann').ok).toBe(false);
    expect(w.resolver.manual()).toEqual([]);
    expect(tail(w.path, 1)[0]).toContain('"operator":"ann"');
    expect(w.resolver.counts()).toEqual({ executed: 0, not_executed: 1 });
  });

  test('an operator who is faster than a read is not overruled by it', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.journal.append(intentEntry('i'));
    w.script.order = () => {
      w.resolver.resolveByHand('i', 'executed', 'ann');
      return found({ status: 'FILLED' });
    };
    await w.ticks(1);
    expect(w.resolver.counts()).toEqual({ executed: 1, not_executed: 0 });
    expect(w.journal.state().lastSeq).toBe(2);
  });

  test('a read that throws proves nothing', async () => {
    using directory = scratch();
    const w = world(directory.path);
    w.journal.append(intentEntry('i'));
    w.script.order = () => {
      throw new Error('thread died');
    };
    await w.ticks(3);
    expect(w.journal.state().openIntents.size).toBe(1);
  });
});
