import { describe, expect, test } from 'bun:test';
import {
  expectedPosition,
  expectedState,
  observation,
  observedPosition,
  options,
  rules,
} from '../helpers/engine-world.ts';
import { brief, compareBoth } from './compare-both.ts';

describe('behaviours of positions', () => {
  const see = (expected: string, found: string | null, stepSize = '0.001') =>
    compareBoth(
      expectedState([], [expectedPosition(expected)]),
      observation([], found === null ? [] : [observedPosition(found)]),
      options({ rules: new Map([['BTCUSDT', rules('BTCUSDT', stepSize)]]) }),
    );
  const sized = ['POSITION_SIZE_DIVERGENCE report'];

  test('14 100 expected and 150 seen differ by 50', () => {
    expect(brief(see('100', '150'))).toEqual(sized);
    expect(see('100', '150').mismatches[0]?.detail).toContain('differs by 50');
  });
  test('15 -100 expected and 0 seen', () => expect(brief(see('-100', '0'))).toEqual(sized));
  test('16 +100 expected and -50 seen is the other side', () => {
    expect(see('100', '-50').mismatches[0]?.detail).toContain('other side');
  });
  test('17 when the read of positions failed there is no verdict', () => {
    const reads = [
      { source: 'rest', endpoint: 'positionRisk', symbol: null, outcome: 'failed', error: 'x' },
    ] as const;
    for (const rows of [[], [observedPosition('0')], [observedPosition('7')]]) {
      const observed = observation([], rows, { complete: false, reads });
      expect(compareBoth(expectedState([], [expectedPosition('5')]), observed, options()).mismatches).toEqual(
        [],
      );
    }
  });
  test('17 when another read failed, a row that is shown is judged and one that is not shown is not', () => {
    const state = expectedState([], [expectedPosition('5')]);
    const shown = observation([], [observedPosition('7')], { complete: false });
    expect(brief(compareBoth(state, shown, options()))).toEqual(sized);
    expect(brief(compareBoth(state, observation([], [], { complete: false }), options()))).toEqual([]);
  });
  test('18 a read that succeeded and is empty while we believe 1000 is a mismatch', () => {
    expect(brief(see('1000', null))).toEqual(sized);
  });
  test('19 hedge +5/-3 against net +2 is none when the engine reports net', () => {
    const hedge = [
      observedPosition('5', { positionSide: 'LONG' }),
      observedPosition('-3', { positionSide: 'SHORT' }),
    ];
    const against = (amount: string) =>
      compareBoth(expectedState([], [expectedPosition(amount)]), observation([], hedge), options());
    expect(brief(against('2'))).toEqual([]);
    expect(brief(against('3'))).toEqual(sized);
    expect(brief(against('0'))).toEqual(['POSITION_NONZERO_UNEXPECTED report']);
  });
  test('20 one step is tolerated, two are not; a step of 1 is exact', () => {
    expect(brief(see('1.00', '1.01', '0.01'))).toEqual([]);
    expect(brief(see('1.00', '1.02', '0.01'))).toEqual(sized);
    expect(brief(see('1', '2', '1'))).toEqual(sized);
    expect(brief(see('1', '1', '1'))).toEqual([]);
  });
  test('21 LONG 0.5 and SHORT 0 rows do not overwrite each other', () => {
    const long = { positionSide: 'LONG' } as const;
    const short = { positionSide: 'SHORT' } as const;
    const state = expectedState([], [expectedPosition('0.5', long), expectedPosition('0', short)]);
    const rows = [observedPosition('0.5', long), observedPosition('0', short)];
    for (const order of [rows, rows.toReversed()]) {
      const found = compareBoth(state, observation([], order), options());
      expect([found.mismatches, found.matchedPositions]).toEqual([[], 1]);
    }
    const both = compareBoth(state, observation([], [rows[0]!, observedPosition('-0.2', short)]), options());
    expect(both.mismatches.map((one) => one.key)).toEqual(['POSITION_NONZERO_UNEXPECTED:BTCUSDT:SHORT']);
  });
  test('a 0 that the engine says beside a position in the other mode closes nothing', () => {
    const long = { positionSide: 'LONG' } as const;
    const told = (
      rows: readonly ReturnType<typeof expectedPosition>[],
      found: ReturnType<typeof observedPosition>,
    ) => brief(compareBoth(expectedState([], rows), observation([], [found]), options()));
    // It says LONG 0.5 and BOTH 0, and the account is in one-way mode: 0.5 is what it means.
    const hedged = [expectedPosition('0'), expectedPosition('0.5', long)];
    expect(told(hedged, observedPosition('0.5'))).toContain('POSITION_NONZERO_UNEXPECTED report');
    expect(told(hedged, observedPosition('0.5'))).not.toContain('POSITION_NONZERO_UNEXPECTED flatten');
    const net = [
      expectedPosition('0.5'),
      expectedPosition('0', long),
      expectedPosition('0', { positionSide: 'SHORT' }),
    ];
    expect(told(net, observedPosition('0.5', long))).toContain('POSITION_NONZERO_UNEXPECTED report');
    expect(told(net, observedPosition('0.5', long))).not.toContain('POSITION_NONZERO_UNEXPECTED flatten');
    // All of them 0: an engine that names each row, whatever the mode.
    const flat = net.map((row) => ({ ...row, amount: '0' }));
    expect(told(flat, observedPosition('0.5', long))).toEqual(['POSITION_NONZERO_UNEXPECTED flatten']);
  });
});
