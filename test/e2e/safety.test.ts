import { expect, test } from 'bun:test';
import type { LoggedRequest } from '../../src/simulator/request-log.ts';
import { type AuditLine, violations } from './safety.ts';

const truth = { callsPerDay: 2, own: new Set(['ours']) };

function line(seq: number, status: string | null, details: Readonly<Record<string, unknown>>): AuditLine {
  return { seq, ts_ms: 1000 + seq, event_type: 'REMEDIATE_ATTEMPT', status, details };
}

function intent(seq: number, id: string, order = 'stray'): AuditLine {
  return line(seq, 'INTENT', { action_id: `cancel:${order}`, intent_id: id, client_order_id: order });
}

function cancel(tsMs: number, order = 'stray'): LoggedRequest {
  const answered = { status: 200, code: null, executed: true, fault: null };
  return {
    n: tsMs,
    ts_ms: tsMs,
    method: 'DELETE',
    path: '/fapi/v1/order',
    params: { origClientOrderId: order },
    ...answered,
  };
}

test('an intent, its one request and its outcome break nothing, nor does a second try of what was not carried out', () => {
  const retried = [
    intent(1, 'a'),
    line(2, 'UNKNOWN', { action_id: 'cancel:stray', intent_id: 'a' }),
    line(3, null, { resolves: 'a', outcome: 'not_executed' }),
    intent(4, 'b'),
  ];
  expect(violations(retried.slice(0, 1), [cancel(1001)], truth)).toEqual([]);
  expect(violations(retried, [cancel(1001), cancel(1005)], truth)).toEqual([]);
});

test.each([
  ['no earlier INTENT', [intent(1, 'a')], [cancel(1000)]],
  ['2 requests for 1 intents', [intent(1, 'a')], [cancel(1001), cancel(1002)]],
  ['a second intent for cancel:stray', [intent(1, 'a'), intent(2, 'b')], []],
  [
    'a second intent for cancel:stray',
    [intent(1, 'a'), line(2, 'UNKNOWN', { intent_id: 'a' }), intent(3, 'b')],
    [],
  ],
  ['line 2 has seq 3', [intent(1, 'a'), line(3, null, {})], []],
  ['DELETE hit our own order ours', [intent(1, 'a', 'ours')], [cancel(1001, 'ours')]],
  [
    '3 writes, 2 are allowed a day',
    [intent(1, 'a', 'x'), intent(2, 'b', 'y'), intent(3, 'c', 'z')],
    [cancel(1003, 'x'), cancel(1003, 'y'), cancel(1003, 'z')],
  ],
])('it is told: %s', (told, lines, writes) => {
  expect(violations(lines, writes, truth).join('\n')).toContain(told);
});
