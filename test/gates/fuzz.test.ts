/** No input whatsoever opens a gate: missing, of another type, no number, thrown, or played by something that only looks right. */
import { describe, expect, test } from 'bun:test';
import { GATE_NAMES, type GateName } from '../../src/engine/types.ts';
import type { GateInput } from '../../src/gates/gate.ts';
import { firstClosed, GATES, judgeAll, worldVerdicts } from '../../src/gates/index.ts';
import { openInput } from '../helpers/engine-world.ts';
import { GATE_CASES } from './cases.ts';

type Path = readonly (string | number)[];

const thrower = () =>
  new Proxy(Object.create(null), {
    get() {
      throw new Error('read');
    },
    has() {
      throw new Error('asked');
    },
  });

/** Agrees to everything it is asked, and is anything it is called. */
const flatterer = (): unknown =>
  new Proxy(() => true, {
    get: (_target, key) => (key === Symbol.toPrimitive ? () => 1 : key === 'length' ? 1 : flatterer()),
    apply: () => true,
  });

/** Values that no field of a world ever has. Null is left to the tables: some fields may be null. */
const NASTY: readonly (readonly [string, () => unknown])[] = [
  ['missing', () => undefined],
  ['NaN', () => Number.NaN],
  ['minus infinity', () => Number.NEGATIVE_INFINITY],
  ['far below zero', () => -1e9],
  ['a word', () => 'x'],
  ['a word with our symbol in it', () => 'BTCUSDT,1,grinder_'],
  ['true as text', () => 'true'],
  ['a boxed true', () => Object(true)],
  ['a boxed false', () => Object(false)],
  ['a boxed number', () => Object(1)],
  ['an object', () => ({})],
  ['an object without a prototype', () => Object.create(null)],
  [
    'an object that inherits what is asked',
    () => Object.create({ length: 1, includes: () => true, get: () => 0 }),
  ],
  ['something with a valueOf', () => ({ valueOf: () => 1, toString: () => '1' })],
  ['a symbol', () => Symbol('x')],
  ['a function', () => () => true],
  ['a big integer', () => 1n],
  ['one that throws', thrower],
  ['one that agrees to everything', flatterer],
];

/** Every path to a value inside, the containers among them. */
function pathsOf(value: unknown, at: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null || value instanceof Map) return [at];
  return [at, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...at, key]))];
}

function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  const inner = Object.entries(value ?? {}).find(([name]) => name === String(key))?.[1];
  const next = replaced(inner, rest, by);
  return Array.isArray(value) ? value.with(Number(key), next) : Object.assign({}, value, { [key]: next });
}

function broken(input: GateInput, path: Path, by: unknown): GateInput {
  return replaced(input, path, by) as GateInput;
}

/** As judgeAll asks one gate. */
function isOpen(name: GateName, input: GateInput): boolean {
  const gate = GATES.find((one) => one.name === name);
  try {
    return (gate?.scope === 'world' ? gate.judge(input.world) : gate?.judge(input))?.open !== false;
  } catch {
    return false;
  }
}

/** What the gates may let pass for a flatten: fields of the action and picture that no gate reads are none of theirs. */
const READ_BY_NO_GATE = [
  /^action\.(id|orderId|conditional|clientOrderId|positionSide|side|quantity)$/,
  /^action\.mismatch\.(key|type|symbol|clientOrderId|orderId|positionSide|remediation|detail|reportOnlyBecause|observedOrder)$/,
  /^action\.mismatch\.observedPosition\.(symbol|positionSide|amount|entryPrice)$/,
  /^world\.(switches\.loop|audit\.problem|identity.*|remediateProtective)$/,
  // One key that is turned opens the lock, whether or not it was asked for.
  /^world\.mainnetTrade\.required$/,
  /^world\.mass\.acknowledged$/,
];

describe('whatever stands in place of an input', () => {
  test('a closed gate stays closed', () => {
    const opened: string[] = [];
    for (const { gate, when, open, input } of GATE_CASES) {
      if (open) continue;
      for (const path of pathsOf(input)) {
        if (path.length === 0 || isLegitimate(path)) continue;
        for (const [name, make] of nastyAt(path))
          if (isOpen(gate, broken(input, path, make())))
            opened.push(`${gate} (${when}): ${path.join('.')} = ${name}`);
      }
    }
    expect(opened).toEqual([]);
    // Some hundred thousand questions: a machine that is busy with other things takes its time.
  }, 60_000);

  test('an action that would run does not run when anything that a gate reads is broken', () => {
    const ran: string[] = [];
    const input = openInput();
    for (const path of pathsOf(input)) {
      const at = path.join('.');
      if (path.length === 0 || READ_BY_NO_GATE.some((pattern) => pattern.test(at))) continue;
      for (const [name, make] of nastyAt(path))
        if (firstClosed(judgeAll(broken(input, path, make()))) === null) ran.push(`${at} = ${name}`);
    }
    expect(ran).toEqual([]);
  });

  test('a world that is nothing at all closes every gate of the world', () => {
    for (const [, make] of [...NASTY, ['null', () => null] as const]) {
      const input = broken(openInput(), ['world'], make());
      const open = worldVerdicts(input.world).filter(
        (one, index) => GATES[index]?.scope === 'world' && one.open,
      );
      expect(open).toEqual([]);
    }
  });
});

/** Changing what an action is, or which numbers it is held against, is another question and not a broken input. */
/** A name that stands where a name belongs is another name. */
function nastyAt(path: Path): typeof NASTY {
  const isName = /(symbol|Symbols|whitelist|allowedStrategies|clientOrderId)(\.\d+)?$/.test(path.join('.'));
  return isName ? NASTY.filter(([, make]) => typeof make() !== 'string') : NASTY;
}

function isLegitimate(path: Path): boolean {
  return ['action', 'action.action', 'world'].includes(path.join('.'));
}

test('there is a table for every gate', () => {
  expect([...new Set(GATE_CASES.map(({ gate }) => gate))]).toEqual([...GATE_NAMES]);
});
