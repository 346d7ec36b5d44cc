/** F1 to F15: whatever happens to the reply of a write, it is unknown, frozen, found out by reads, and never sent again. */
import { describe, expect, test } from 'bun:test';
import { startWriteWorld, type WriteWorld } from './write-world.ts';

const UNKNOWN_TEXT = 'Unknown error, please check your request or try again later.';
const FAULTS: readonly (readonly [
  string,
  { readonly kind: string; readonly [key: string]: unknown },
  boolean,
])[] = [
  ['F1 hang before delivery', { kind: 'hang_before' }, false],
  ['F2 executed, reply lost', { kind: 'execute_then_drop' }, true],
  ['F2 executed, never answered', { kind: 'execute_then_hang' }, true],
  ['F3 headers, then hang', { kind: 'headers_then_hang' }, true],
  ['F3 headers, then the connection cut', { kind: 'headers_then_drop' }, true],
  ['F4 reset', { kind: 'reset' }, false],
  ['F5 truncated body', { kind: 'truncated' }, true],
  ['F6 200 HTML', { kind: 'html' }, true],
  ['F7 200 empty', { kind: 'empty' }, true],
  ['F8 200 {}', { kind: 'empty_object' }, true],
  ['F9 502, executed', { kind: 'status', status: 502, body: 'Bad Gateway', executed: true }, true],
  ['F9 502, not executed', { kind: 'status', status: 502, body: 'Bad Gateway' }, false],
  ['F9 504, executed', { kind: 'status', status: 504, body: '', executed: true }, true],
  ['F9 504, not executed', { kind: 'status', status: 504, body: '' }, false],
  [
    'F10 503 unknown error, executed',
    { kind: 'status', status: 503, code: -1000, msg: UNKNOWN_TEXT, executed: true },
    true,
  ],
  [
    'F10 503 unknown error, not executed',
    { kind: 'status', status: 503, code: -1000, msg: UNKNOWN_TEXT },
    false,
  ],
  [
    'F11 -1007, executed',
    { kind: 'status', status: 408, code: -1007, msg: 'Timeout.', executed: true },
    true,
  ],
  ['F11 -1007, not executed', { kind: 'status', status: 408, code: -1007, msg: 'Timeout.' }, false],
  [
    'F12 -1006, executed',
    { kind: 'status', status: 400, code: -1006, msg: 'Unexpected.', executed: true },
    true,
  ],
  ['F12 -1006, not executed', { kind: 'status', status: 400, code: -1006, msg: 'Unexpected.' }, false],
  [
    'F13 unknown code, executed',
    { kind: 'status', status: 400, code: -9999, msg: 'What?', executed: true },
    true,
  ],
  ['F13 unknown code, not executed', { kind: 'status', status: 400, code: -9999, msg: 'What?' }, false],
  [
    'F13 a refusal under a timeout status',
    { kind: 'status', status: 408, code: -1021, msg: 'm', executed: true },
    true,
  ],
  ['F14 reply for another symbol and id', { kind: 'wrong_reply' }, true],
  ['F15 reply after our deadline', { kind: 'delay', delayMs: 700 }, true],
];

const KINDS = [
  {
    kind: 'cancel',
    match: { method: 'DELETE' },
    plan: (w: WriteWorld) => w.planCancel(),
    isDone: async (w: WriteWorld) => (await w.world.sim.state()).orders.length === 0,
  },
  {
    kind: 'flatten',
    match: { method: 'POST', path: 'order' },
    plan: (w: WriteWorld) => w.planFlatten(),
    isDone: async (w: WriteWorld) => (await w.world.sim.state()).positions.length === 0,
  },
] as const;

for (const { kind, match, plan, isDone } of KINDS) {
  describe(`a ${kind}`, () => {
    for (const [name, fault, executed] of FAULTS) {
      test(`${name}: unknown, frozen, found ${executed ? '' : 'not '}executed, sent once`, async () => {
        await using w = await startWriteWorld();
        const action = await plan(w);
        await w.world.sim.fault({ ...fault, match });
        const [result] = await w.execute([action]);
        expect(result).toMatchObject({ status: 'unknown', reason: 'port_error' });
        expect(await w.written()).toBe(1);
        expect([...w.journal.state().openIntents.values()]).toMatchObject([
          { status: 'unknown', action: kind },
        ]);
        const [again] = await w.execute([action]);
        expect(again).toMatchObject({ status: 'blocked', reason: 'unresolved_intent' });
        await w.resolve();
        expect(await isDone(w)).toBe(executed);
        expect(w.journal.state().openIntents.size).toBe(0);
        expect(w.resolver.counts()).toEqual({ executed: executed ? 1 : 0, not_executed: executed ? 0 : 1 });
        expect(await w.written()).toBe(1);
        expect(w.journal.state().dispatches).toMatchObject([{ notionalUsdt: action.notionalUsdt ?? '' }]);
      });
    }
  });
}
