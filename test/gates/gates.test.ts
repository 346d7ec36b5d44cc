import { describe, expect, test } from 'bun:test';
import { GATE_NAMES, type GateName } from '../../src/engine/types.ts';
import type { GateInput, GateWorld } from '../../src/gates/gate.ts';
import { firstClosed, GATES, judgeAll, worldVerdicts } from '../../src/gates/index.ts';
import { openInput, openWorld } from '../helpers/engine-world.ts';
import { GATE_CASES } from './cases.ts';
import { GATE_KINDS, implied } from './closers.ts';

function closedIn(input: GateInput): readonly GateName[] {
  return judgeAll(input)
    .filter((verdict) => !verdict.open)
    .map((verdict) => verdict.gate);
}

describe('each gate', () => {
  for (const { gate, when, open, input } of GATE_CASES) {
    test(`${gate} is ${open ? 'open' : 'closed'}: ${when}`, () => {
      const verdict = judgeAll(input).find((one) => one.gate === gate);
      expect(verdict?.open).toBe(open);
    });
  }

  test('has table cases of both kinds', () => {
    for (const { name } of GATES) {
      const answers = new Set(GATE_CASES.filter((one) => one.gate === name).map((one) => one.open));
      expect([name, answers.size]).toEqual([name, 2]);
    }
  });

  test('words its answer in 18 and 14 characters', () => {
    for (const { input } of GATE_CASES) {
      for (const verdict of judgeAll(input)) {
        expect(verdict.value.length).toBeLessThanOrEqual(18);
        expect(verdict.limit.length).toBeLessThanOrEqual(14);
      }
    }
  });
});

describe('the list of gates', () => {
  test('follows the order of the contract', () => {
    expect(GATES.map((gate) => gate.name)).toEqual([...GATE_NAMES]);
  });

  test('lets an action run when every gate is open', () => {
    expect(closedIn(openInput())).toEqual([]);
    expect(firstClosed(judgeAll(openInput()))).toBeNull();
  });

  test('refuses to call an empty list of verdicts open', () => {
    expect(() => firstClosed([])).toThrow(RangeError);
  });

  test('closes a gate that throws, and says error', () => {
    const thrower = new Proxy(openWorld(), {
      get(target, key) {
        if (key === 'whitelist') throw new Error('broken');
        return Reflect.get(target, key);
      },
    });
    const verdicts = judgeAll(openInput({ world: thrower }));
    expect(verdicts.filter((one) => !one.open).map((one) => [one.gate, one.value])).toEqual([
      ['whitelist_required', 'error'],
      ['symbol_not_in_whitelist', 'error'],
    ]);
  });

  test('gives the same world verdicts with and without an action, and opens the others as "no action"', () => {
    const world: GateWorld = { ...openWorld(), stopLatched: true };
    const withAction = judgeAll(openInput({ world }));
    worldVerdicts(world).forEach((verdict, index) => {
      const expected =
        GATES[index]?.scope === 'world' ? withAction[index] : { ...verdict, open: true, value: 'no action' };
      expect(verdict).toEqual(expected!);
    });
  });
});

for (const { kind, names, close } of GATE_KINDS) {
  describe(`gates together, for a ${kind}`, () => {
    test('each alone stops the action and is the reason', () => {
      expect(closedIn(close([]))).toEqual([]);
      for (const name of names) expect(closedIn(close([name]))).toEqual([...implied([name])]);
    });

    test('of every pair the earlier one is the reason and both are told', () => {
      for (const first of names) {
        for (const second of names) {
          const pair = GATE_NAMES.filter((name) => name === first || name === second);
          const verdicts = judgeAll(close(pair));
          expect(verdicts.filter((one) => !one.open).map((one) => one.gate)).toEqual([...implied(pair)]);
          expect(firstClosed(verdicts)).toBe(implied(pair)[0] ?? null);
        }
      }
    });
  });
}

test('every gate is combined with the others for one kind of action at least', () => {
  const combined = new Set(GATE_KINDS.flatMap(({ names }) => names));
  expect(GATE_NAMES.filter((name) => !combined.has(name))).toEqual([]);
});
