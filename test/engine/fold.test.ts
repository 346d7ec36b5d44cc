import { describe, expect, test } from 'bun:test';
import type { AuditEntry } from '../../src/engine/audit-record.ts';
import { nextRecord } from '../../src/engine/chain.ts';
import { EMPTY_STATE, fold, type JournalState } from '../../src/engine/fold.ts';
import { entry, intentEntry, outcomeEntry } from './durable.ts';

const HOUR = 3_600_000;
const replay = (entries: readonly AuditEntry[], at: (index: number) => number = (index) => 1000 + index) =>
  entries.reduce<JournalState>(
    (state, next, index) => fold(state, nextRecord(state.head, next, at(index))),
    EMPTY_STATE,
  );
const flatten = intentEntry('i1', { notional_usdt: '40' });
const resolved = (id: string) =>
  entry({ event_type: 'REMEDIATE_RESULT', details: { resolves: id, outcome: 'executed' } });

describe('the fold of the journal', () => {
  test('an intent reserves a call and its notional before anything is sent', () => {
    const state = replay([flatten]);
    expect(state.dispatches).toEqual([{ intentId: 'i1', atMs: 1000, notionalUsdt: '40' }]);
    expect(state.openIntents.get('i1')).toMatchObject({ status: 'open', symbol: 'BTCUSDT' });
    expect(state.lastWriteRunAtMs).toBe(1000);
  });

  const table = [
    ['EXECUTED', {}, ['40'], [], 0],
    ['REJECTED', {}, ['0'], [], 1],
    ['UNKNOWN', {}, ['40'], ['i1'], 1],
    ['FAILED', { sent: false }, [], [], 0],
    ['FAILED', {}, ['40'], [], 1],
  ] as const;
  for (const [status, details, reserved, open, failures] of table) {
    test(`${status} ${JSON.stringify(details)} keeps ${JSON.stringify(reserved)} of the budget`, () => {
      const state = replay([flatten, outcomeEntry('i1', status, details)]);
      expect(state.dispatches.map((dispatch) => dispatch.notionalUsdt)).toEqual([...reserved]);
      expect([...state.openIntents.keys()]).toEqual([...open]);
      expect(state.failuresByItem.get('cancel:i1') ?? 0).toBe(failures);
      expect(state.lastWriteRunAtMs).toBe(reserved.length === 0 ? null : 1000);
    });
  }

  test('an outcome never changes: what comes after EXECUTED, REJECTED or UNKNOWN gives nothing back', () => {
    for (const first of ['EXECUTED', 'REJECTED', 'UNKNOWN'] as const) {
      const once = replay([flatten, outcomeEntry('i1', first)]);
      for (const second of ['EXECUTED', 'REJECTED', 'UNKNOWN', 'FAILED'] as const) {
        const twice = replay([
          flatten,
          outcomeEntry('i1', first),
          outcomeEntry('i1', second, { sent: false }),
        ]);
        const { head, lastSeq, lastRecordAtMs } = twice;
        expect(twice).toEqual({ ...once, head, lastSeq, lastRecordAtMs });
      }
    }
  });

  test('an unknown intent stays open until it is resolved, and keeps its budget then', () => {
    const state = replay([flatten, outcomeEntry('i1', 'UNKNOWN'), resolved('i1')]);
    expect(state.openIntents.size).toBe(0);
    expect(state.dispatches).toHaveLength(1);
  });

  test('a dispatch stays counted for 25 hours by the wall clock, and longer after the clock jumped ahead and back', () => {
    const days = replay([intentEntry('a'), intentEntry('b')], (index) => index * 1000 * HOUR);
    expect(days.dispatches).toHaveLength(2);
    const many = Array.from({ length: 2500 }, (_, index) => intentEntry(`i${index}`));
    expect(replay(many, (index) => index * 1000).dispatches).toHaveLength(2500);
    expect(replay(many, (index) => index * HOUR).dispatches).toHaveLength(2000);
  });

  test('failures of an item add up until a read shows that it succeeded', () => {
    const again = (id: string, status: 'EXECUTED' | 'REJECTED') => [
      intentEntry(id, { action_id: 'item' }),
      outcomeEntry(id, status),
    ];
    const read = (id: string, verified: boolean | null) =>
      entry({ event_type: 'REMEDIATE_RESULT', details: { verifies: id, verified, action_id: 'item' } });
    const failures = (entries: Parameters<typeof replay>[0]) =>
      replay(entries).failuresByItem.get('item') ?? 0;
    const failing = [...again('a', 'REJECTED'), ...again('b', 'REJECTED')];
    expect(failures(failing)).toBe(2);
    expect(failures([...failing, ...again('c', 'EXECUTED'), read('c', true)])).toBe(0);
    expect(failures([...failing, ...again('c', 'EXECUTED'), read('c', null)])).toBe(2);
    // A flatten that fills nothing, time after time, is for a person in the end.
    const unfilled = ['c', 'd', 'e'].flatMap((id) => [...again(id, 'EXECUTED'), read(id, false)]);
    expect(failures(unfilled)).toBe(3);
  });

  test('a write whose process died on it counts as a failure of its item when it turns out not to have been executed', () => {
    const died = (outcome: 'executed' | 'not_executed', before: readonly AuditEntry[] = []) =>
      replay([
        intentEntry('a', { action_id: 'item' }),
        ...before,
        entry({ event_type: 'REMEDIATE_RESULT', details: { resolves: 'a', outcome } }),
      ]).failuresByItem.get('item') ?? 0;
    expect(died('not_executed')).toBe(1);
    expect(died('executed')).toBe(0);
    const unfilled = { resolves: 'a', outcome: 'executed', unfilled: true };
    const inVain = replay([
      intentEntry('a', { action_id: 'item' }),
      entry({ event_type: 'REMEDIATE_RESULT', details: unfilled }),
    ]);
    expect(inVain.failuresByItem.get('item')).toBe(1);
    // Counted when it became unknown, and not twice.
    expect(died('not_executed', [outcomeEntry('a', 'UNKNOWN')])).toBe(1);
  });

  test('a flatten whose reply says that it filled nothing is one failure, whatever the read after it tells', () => {
    const sent = [
      intentEntry('a', { action_id: 'item', action: 'flatten' }),
      outcomeEntry('a', 'EXECUTED', { executed_quantity: '0.000' }),
    ];
    const read = (verified: boolean | null) =>
      entry({
        event_type: 'REMEDIATE_RESULT',
        details: { verifies: 'a', verified, action_id: 'item', unfilled: true },
      });
    const failures = (entries: Parameters<typeof replay>[0]) =>
      replay(entries).failuresByItem.get('item') ?? 0;
    expect(failures(sent)).toBe(1);
    expect(failures([...sent, read(null)])).toBe(1);
    expect(failures([...sent, read(false)])).toBe(1);
    expect(failures([...sent, read(true)])).toBe(0);
  });

  test('a ban is remembered and never shortened', () => {
    const until = (ms: number) => entry({ details: { backoff_until_ms: ms } });
    expect(replay([until(500), until(300)]).backoffUntilMs).toBe(500);
  });

  test('the ceremony keeps its records whole, and the last change of stage longest', () => {
    const changed = entry({ event_type: 'STAGE_CHANGED', stage: 2 });
    const many = Array.from({ length: 1200 }, () => entry({ event_type: 'ACKNOWLEDGED' }));
    const state = replay([changed, entry(), ...many]);
    expect(state.lastRecordAtMs).toBe(1000 + 1201);
    expect(state.lastStageChange?.stage).toBe(2);
    expect(state.ceremonyRecords).toHaveLength(1000);
    expect(replay([changed, entry(), entry({ event_type: 'APPROVED' })]).ceremonyRecords).toHaveLength(2);
  });

  test('an INTENT that can not be understood is a problem, not a zero', () => {
    for (const notional of ['-1', 'NaN', 'x', 5])
      expect(replay([intentEntry('i', { notional_usdt: notional })]).problem).toContain('line 1');
    expect(replay([flatten]).problem).toBeNull();
  });
});
