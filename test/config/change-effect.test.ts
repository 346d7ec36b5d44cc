import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { effectOfChange } from '../../src/config/change-effect.ts';
import { COVERAGE, coveredFor } from '../../src/config/covered.ts';
import { loadConfig } from '../../src/config/load.ts';
import { earnedBy } from '../../src/engine/evidence.ts';

const flat = (text: string): Readonly<Record<string, string>> => {
  const result = loadConfig({ text, env: {}, flags: new Map() });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return { ...result.settings.flat, account: 'sim' };
};
const BASE = 'reconcile: {action: auto, symbol_whitelist: [BTCUSDT, ETHUSDT], cooldown_seconds: 60}';

describe('a change of settings', () => {
  test.each<[string, string, 1 | 2 | null, 'kept' | 'void', 'kept' | 'ended']>([
    ['nothing', BASE, null, 'kept', 'kept'],
    ['narrowing: a symbol less', BASE.replace(', ETHUSDT', ''), null, 'void', 'kept'],
    ['narrowing: a longer cooldown', BASE.replace('60', '90'), null, 'void', 'kept'],
    ['narrowing: one kind of action', BASE.replace('auto', 'cancel_all'), null, 'void', 'kept'],
    ['narrowing: no action', BASE.replace('auto', 'none'), null, 'void', 'kept'],
    ['widening: a symbol more', BASE.replace('ETHUSDT', 'ETHUSDT, XRPUSDT'), 1, 'void', 'ended'],
    ['widening: a shorter cooldown', BASE.replace('60', '59'), 1, 'void', 'ended'],
    ['widening: a higher cap', `${BASE}\nbudgets: {max_calls_per_day: 101}`, 1, 'void', 'ended'],
    [
      'mixed: a symbol less, a shorter cooldown',
      BASE.replace(', ETHUSDT', '').replace('60', '59'),
      1,
      'void',
      'ended',
    ],
    ['mixed: another symbol', BASE.replace('ETHUSDT', 'XRPUSDT'), 1, 'void', 'ended'],
    ['unrelated: the log', `${BASE}\nlog: {level: warn}`, null, 'void', 'kept'],
    ['unrelated: who approves', `${BASE}\narming: {lease: 2h}`, null, 'void', 'kept'],
    ['unrelated and narrowing', `${BASE.replace('60', '90')}\nlog: {level: warn}`, null, 'void', 'kept'],
  ])('%s', (_, text, withdrawsFrom, approvals, arming) => {
    expect(effectOfChange(flat(BASE), flat(text))).toMatchObject({ withdrawsFrom, approvals, arming });
  });

  test('from one kind of action to both costs the evidence from stage 2 on', () => {
    const before = flat(BASE.replace('auto', 'cancel_all'));
    expect(effectOfChange(before, flat(BASE))).toMatchObject({ withdrawsFrom: 2, arming: 'ended' });
  });

  test('of the account or of a key that nobody classified costs everything', () => {
    expect(effectOfChange(flat(BASE), { ...flat(BASE), account: 'x' }).withdrawsFrom).toBe(1);
    expect(effectOfChange(flat(BASE), { ...flat(BASE), 'new.key': '1' }).withdrawsFrom).toBe(1);
  });

  test('tells of each changed key which way it goes', () => {
    const after = flat(`${BASE.replace('60', '30').replace(', ETHUSDT', '')}\nlog: {level: warn}`);
    expect(effectOfChange(flat(BASE), after).keys.map(({ key, width }) => [key, width])).toEqual([
      ['log.level', 'neutral'],
      ['reconcile.cooldown_seconds', 'wider'],
      ['reconcile.symbol_whitelist', 'narrower'],
    ]);
  });

  test('does what the machine then does, for any two values of any keys', () => {
    const value = fc.constantFrom(
      '',
      '1',
      '2',
      '10',
      '["A"]',
      '["A","B"]',
      'auto',
      'cancel_all',
      'flatten',
      'none',
    );
    const settings = fc.dictionary(fc.constantFrom(...Object.keys(COVERAGE)), value, { maxKeys: 6 });
    fc.assert(
      fc.property(settings, settings, (before, after) => {
        const evidence = ([0, 1, 2, 3] as const).map((stage) => ({
          stage,
          passedAtMs: 0,
          covered: coveredFor(stage, before),
          version: 'v',
        }));
        const earned = earnedBy(evidence, { nowMs: 0, covered: after, version: 'v' });
        expect(effectOfChange(before, after).withdrawsFrom ?? 4).toBe(earned as never);
      }),
      { numRuns: 2000 },
    );
  });
});
