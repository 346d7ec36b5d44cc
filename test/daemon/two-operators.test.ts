import { describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { sendStageEvent } from '../../src/daemon/ceremony.ts';
import { nextStep } from '../../src/daemon/next-step.ts';
import { present } from '../../src/daemon/present.ts';
import { type HandCore, handCore } from './hand-core.ts';

const TOKENS = { ann: 'a'.repeat(40), bob: 'b'.repeat(40) } as const;
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const operators = Object.entries(TOKENS).map(
  ([name, token]) => `{name: ${name}, token_sha256: ${hashOf(token)}}`,
);
const CONFIG = `ceremony: {approvals: 2, operators: [${operators.join(', ')}]}`;

function bench(config = CONFIG): HandCore {
  const hand = handCore({ config });
  hand.raiseTo(3, 4);
  return hand;
}
const stageOf = ({ core }: HandCore) => core.vitals.stage.inForce;
const approvalsIn = ({ core }: HandCore) =>
  core.journal
    .state()
    .ceremonyRecords.filter(({ event_type }) => event_type === 'APPROVED')
    .map(({ operator, details }) => [operator, details['approvals'], details['operator_unverified']]);
const ask = async (hand: HandCore, verb: 'stage' | 'approve', who: keyof typeof TOKENS) => {
  const token = TOKENS[who];
  const shown =
    verb === 'stage'
      ? await hand.command('stage', { stage: 4, token })
      : await hand.command('approve', { token });
  return shown.confirmation?.phrase ?? `none: ${shown.message}`;
};
const board = { rows: () => [] } as never;

describe('two approvals', () => {
  test('enter stage 4 by two operators with tokens of their own, each with a code of their own', async () => {
    using hand = bench();
    const first = await ask(hand, 'stage', 'ann');
    const half = await hand.command('stage', { stage: 4, confirm: first, token: TOKENS.ann });
    expect(half).toMatchObject({
      exit_code: 75,
      message: expect.stringContaining('1 of 2 approvals, by ann'),
    });
    expect(stageOf(hand)).toBe(3);
    expect(hand.core.interlock.writesAllowed()).toBe(false);
    expect(present(hand.core, board, 1).approval).toMatchObject({ done_by: ['ann'], needed: 2 });
    expect(nextStep(hand.core)).toContain('1 of 2: another operator runs grinder approve');
    const second = await ask(hand, 'approve', 'bob');
    expect(second).not.toBe(first);
    expect(await hand.command('approve', { confirm: second, token: TOKENS.bob })).toMatchObject({
      exit_code: 0,
    });
    expect(stageOf(hand)).toBe(4);
    expect(approvalsIn(hand)).toEqual([
      ['ann', 1, false],
      ['bob', 2, false],
    ]);
    expect(hand.core.journal.state().lastStageChange?.operator).toBe('ann and bob');
  });

  test('are not given by the same operator twice, under whatever name', async () => {
    using hand = bench();
    await hand.command('stage', { stage: 4, confirm: await ask(hand, 'stage', 'ann'), token: TOKENS.ann });
    const again = await ask(hand, 'approve', 'ann');
    const reply = await hand.command('approve', { operator: 'bob', confirm: again, token: TOKENS.ann });
    expect(reply).toMatchObject({
      exit_code: 77,
      message: expect.stringContaining('ann has approved already'),
    });
    expect(stageOf(hand)).toBe(3);
  });

  test("are not given without a token, or with one that is nobody's", async () => {
    using hand = bench();
    const phrase = await ask(hand, 'stage', 'ann');
    expect(await hand.command('stage', { stage: 4, confirm: phrase, operator: 'ann' })).toMatchObject({
      exit_code: 77,
      message: expect.stringContaining('--operator-token-file'),
    });
    for (const token of ['c'.repeat(40), 'short', TOKENS.ann.slice(1)])
      expect(await hand.command('stage', { stage: 4, confirm: phrase, token })).toMatchObject({
        exit_code: 77,
      });
    expect(approvalsIn(hand)).toEqual([]);
    const written = `${JSON.stringify(hand.core.journal.state().ceremonyRecords)}${hand.bench.lines.join('')}`;
    for (const token of [TOKENS.ann, 'c'.repeat(40)]) expect(written).not.toContain(token);
  });

  test.each<[string, (hand: HandCore) => unknown]>([
    [
      'two minutes',
      (hand) => {
        hand.clock.mono += 120_000;
      },
    ],
    ['a stop', (hand) => hand.command('stop')],
    ['a breach', (hand) => sendStageEvent(hand.core, { type: 'breach', why: 'x' })],
    ['a lowering', (hand) => hand.command('stage', { stage: 2 })],
  ])('the first of them is void after %s', async (_, end) => {
    using hand = bench();
    await hand.command('stage', { stage: 4, confirm: await ask(hand, 'stage', 'ann'), token: TOKENS.ann });
    await end(hand);
    sendStageEvent(hand.core, { type: 'tick' });
    expect(hand.core.vitals.offer).toBeNull();
    expect(await ask(hand, 'approve', 'bob')).toContain('none:');
  });

  test("are not given with another operator's code, whichever of the two it is", async () => {
    using hand = bench();
    const first = await ask(hand, 'stage', 'ann');
    const shownToAnn = { exit_code: 77, message: expect.stringContaining('the code was shown to ann') };
    expect(await hand.command('stage', { stage: 4, confirm: first, token: TOKENS.bob })).toMatchObject(
      shownToAnn,
    );
    await hand.command('stage', { stage: 4, confirm: first, token: TOKENS.ann });
    const again = await ask(hand, 'approve', 'ann');
    expect(await hand.command('approve', { confirm: again, token: TOKENS.bob })).toMatchObject(shownToAnn);
    expect(stageOf(hand)).toBe(3);
    const second = await ask(hand, 'approve', 'bob');
    expect(await hand.command('approve', { confirm: second, token: TOKENS.bob })).toMatchObject({
      exit_code: 0,
    });
  });

  test('stand for the same settings, evidence and plan: the second of something else is no second', async () => {
    using hand = bench();
    await hand.command('stage', { stage: 4, confirm: await ask(hand, 'stage', 'ann'), token: TOKENS.ann });
    const { stage } = hand.core.vitals;
    const evidence = stage.evidence.map((one) => ({ ...one, passedAtMs: one.passedAtMs - 1 }));
    hand.core.vitals.stage = { ...stage, evidence };
    expect(await ask(hand, 'approve', 'bob')).toContain('nobody has approved what there is now');
  });

  test('a second one alone enters nothing', async () => {
    using hand = bench();
    expect(await ask(hand, 'approve', 'bob')).toContain('nobody has approved');
  });
});

describe('one approval', () => {
  test('of a code that was shown to a token is not given under its name alone', async () => {
    using hand = bench(CONFIG.replace('approvals: 2', 'approvals: 1'));
    const confirm = await ask(hand, 'stage', 'ann');
    expect(await hand.command('stage', { stage: 4, operator: 'ann', confirm })).toMatchObject({
      exit_code: 77,
      message: expect.stringContaining('the code was shown to ann'),
    });
    expect(stageOf(hand)).toBe(3);
  });

  test('without a token is in the audit as operator_unverified, with one under the name of the token', async () => {
    using hand = bench(CONFIG.replace('approvals: 2', 'approvals: 1'));
    const enter = async (body: { readonly token?: string }) => {
      const { confirmation } = await hand.command('stage', { stage: 4, operator: 'eve', ...body });
      await hand.command('stage', {
        stage: 4,
        operator: 'eve',
        confirm: confirmation?.phrase ?? '',
        ...body,
      });
      expect(stageOf(hand)).toBe(4);
      await hand.command('disarm');
    };
    await enter({});
    await enter({ token: TOKENS.bob });
    expect(approvalsIn(hand)).toEqual([
      ['eve', 1, true],
      ['bob', 1, false],
    ]);
  });
});
