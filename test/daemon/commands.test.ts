import { describe, expect, test } from 'bun:test';
import { sendStageEvent } from '../../src/daemon/ceremony.ts';
import type { StageNumber } from '../../src/engine/types.ts';
import { type HandCore, handCore } from './hand-core.ts';

const stageOf = ({ core }: HandCore): StageNumber => core.vitals.stage.inForce;
const records = ({ core }: HandCore) => core.journal.state().ceremonyRecords;

/** What may be broken while somebody lowers. */
const BROKEN: readonly (readonly [string, (hand: HandCore) => void])[] = [
  ['nothing broken', () => undefined],
  [
    'a full disk',
    (hand) => {
      hand.bench.diskFails = true;
    },
  ],
  [
    'a journal that failed before',
    (hand) => {
      hand.bench.diskFails = true;
      hand.core.journal.append({ ...records(hand)[0]!, details: {} });
    },
  ],
  [
    'a lost account lock',
    (hand) => {
      hand.bench.leader = false;
    },
  ],
  ['no feed', (hand) => hand.core.feed.close()],
  [
    'a latch',
    (hand) => {
      hand.deps.stopNow('op', '');
    },
  ],
];

describe('lowering is never refused', () => {
  describe.each(BROKEN)('with %s', (_, broken) => {
    test.each([0, 1, 2, 3] as const)(
      'stage %i from 4, carrying a digest of other settings',
      async (stage) => {
        using hand = handCore();
        hand.raiseTo(4);
        broken(hand);
        const target = Math.min(stage, stageOf(hand));
        const reply =
          stage <= stageOf(hand) ? await hand.command('stage', { stage, config_digest: 'moved' }) : null;
        if (reply !== null) expect(reply).toMatchObject({ ok: true, exit_code: 0 });
        expect(stageOf(hand)).toBeLessThanOrEqual(target);
        expect(hand.core.interlock.writesAllowed()).toBe(false);
      },
    );

    test('disarm and stop from 4', async () => {
      using hand = handCore();
      hand.raiseTo(4);
      broken(hand);
      expect((await hand.command('disarm')).exit_code).toBe(0);
      expect(stageOf(hand)).toBeLessThanOrEqual(3);
      const reply = await hand.command('stop', { operator: 'op' });
      expect(reply.latch?.text).toMatch(/^LATCHED/);
      expect(hand.core.interlock.latched()).toBe(true);
      expect(stageOf(hand)).toBe(0);
    });
  });
});

test('a daemon on its way out is not raised, but still lowered and stopped', async () => {
  using hand = handCore();
  hand.raiseTo(3, 4);
  hand.bench.ending = true;
  const refused = await hand.command('stage', { stage: 4 });
  expect(refused).toMatchObject({ exit_code: 75, ok: false });
  expect(refused.message).toContain('shutting down');
  expect([refused.confirmation, hand.core.vitals.offer]).toEqual([undefined, null]);
  expect(await hand.command('stage', { stage: 2 })).toMatchObject({ exit_code: 0 });
  expect((await hand.command('stop', { operator: 'op' })).latch?.text).toMatch(/^LATCHED/);
});

describe('disarm', () => {
  test('below stage 3 lets a climb to 3 go on, but not one to 4', async () => {
    using hand = handCore();
    hand.raiseTo(1);
    await hand.command('stage', { stage: 3 });
    expect(await hand.command('disarm')).toMatchObject({ exit_code: 0 });
    expect(hand.core.vitals.stage.request.stage).toBe(3);
    await hand.command('stage', { stage: 4 });
    await hand.command('disarm');
    expect(hand.core.vitals.stage.request.stage).toBe(3);
  });
});

describe('stop', () => {
  test('forgets a canary that waits for a run', async () => {
    using hand = handCore();
    hand.raiseTo(2);
    await hand.command('inject-mismatch', { operator: 'op' });
    expect(hand.core.vitals.canary).not.toBeNull();
    await hand.command('stop', { operator: 'op' });
    expect(hand.core.vitals.canary).toBeNull();
  });

  test('is durable and says so; twice is as good as once', async () => {
    using hand = handCore();
    hand.raiseTo(3);
    const reply = await hand.command('stop', { operator: 'op', reason: 'why' });
    expect(reply).toMatchObject({ ok: true, latch: { durable: true, text: 'LATCHED' } });
    expect(hand.latch.current()).toMatchObject({ latched: true, by: 'op', reason: 'why' });
    expect((await hand.command('stop')).ok).toBe(true);
    expect(hand.core.vitals.latch?.by).toBe('op');
    expect(hand.core.vitals.stage.evidence.filter(({ stage }) => stage > 0)).toEqual([]);
  });

  test('with a full disk holds in memory and warns against a restart', async () => {
    using hand = handCore();
    hand.raiseTo(4);
    hand.bench.diskFails = true;
    const reply = await hand.command('stop');
    expect(reply).toMatchObject({ ok: false, exit_code: 1, latch: { durable: false } });
    expect(reply.message).toContain('LATCHED, NOT DURABLE, DO NOT RESTART');
    expect(hand.core.interlock.latched()).toBe(true);
    expect(hand.core.notebook.alarms().join()).toContain('not on disk');
    hand.bench.diskFails = false;
    expect((await hand.command('stop')).latch?.durable).toBe(true);
  });

  test('what somebody writes into the reason reaches no line unescaped', async () => {
    using hand = handCore();
    await hand.command('stop', { operator: 'a\u001b[2J', reason: '\u202eevil\n{"x":1}' });
    const written = `${JSON.stringify(records(hand))}${hand.bench.lines.join('')}`;
    expect(/[\u0000-\u001f\u202e]/.test(written)).toBe(false);
  });

  test('is cleared by its own name alone, to stage 0, and nothing climbs by itself', async () => {
    using hand = handCore();
    hand.raiseTo(3);
    await hand.command('stop');
    const id = hand.core.vitals.latch?.id ?? '';
    expect(await hand.command('clear-stop', { latch_id: 'other' })).toMatchObject({ exit_code: 1 });
    expect(await hand.command('stage', { stage: 1 })).toMatchObject({ exit_code: 75 });
    expect(hand.core.interlock.latched()).toBe(true);
    expect(await hand.command('clear-stop', { latch_id: id })).toMatchObject({ exit_code: 0 });
    expect([hand.core.interlock.latched(), hand.latch.current().latched]).toEqual([false, false]);
    for (let at = 0; at < 5; at++) sendStageEvent(hand.core, { type: 'tick' });
    expect(stageOf(hand)).toBe(0);
    expect(await hand.command('clear-stop', { latch_id: id })).toMatchObject({ exit_code: 1 });
  });

  test('is not cleared while the disk does not take it', async () => {
    using hand = handCore();
    await hand.command('stop');
    const id = hand.core.vitals.latch?.id ?? '';
    hand.bench.diskFails = true;
    expect(await hand.command('clear-stop', { latch_id: id })).toMatchObject({ exit_code: 1 });
    expect(hand.core.interlock.latched()).toBe(true);
  });
});

describe('raising', () => {
  test('is refused when the settings moved since the operator looked', async () => {
    using hand = handCore();
    hand.raiseTo(1);
    const reply = await hand.command('stage', { stage: 2, config_digest: 'old' });
    expect(reply).toMatchObject({
      ok: false,
      exit_code: 75,
      message: expect.stringContaining('settings moved'),
    });
    expect(hand.core.vitals.stage.request.stage).toBe(1);
    const { digest } = hand.core.settings;
    await hand.command('stage', { stage: 2, config_digest: digest });
    expect(hand.core.vitals.stage.request.stage).toBe(2);
    expect(await hand.command('advance', { config_digest: 'old' })).toMatchObject({ exit_code: 75 });
  });

  test.each(['stage', 'advance', 'approve', 'renew'] as const)(
    '%s is refused when it does not say which settings it is meant for, and asks for nothing',
    async (name) => {
      using hand = handCore();
      hand.raiseTo(name === 'renew' ? 4 : 1);
      const before = hand.core.vitals.stage.request;
      const body = { operator: 'ann', config_digest: undefined, ...(name === 'stage' ? { stage: 2 } : {}) };
      expect(await hand.command(name, body as never)).toMatchObject({
        ok: false,
        exit_code: 64,
        message: expect.stringContaining('config_digest'),
      });
      expect(hand.core.vitals.stage.request).toEqual(before);
    },
  );

  test('above what is earned is pending, exit 75, and names what is missing', async () => {
    using hand = handCore();
    hand.raiseTo(1);
    const reply = await hand.command('stage', { stage: 3 });
    expect(reply.exit_code).toBe(75);
    expect(reply.message).toContain('stage 3 is pending, in force is 1: stage 1 has to pass first: dwell');
    expect(hand.core.vitals.stage.request.stage).toBe(3);
  });

  test('against a variable names the variable', async () => {
    using hand = handCore({ env: { RECONCILE_DRY_RUN: 'true' } });
    hand.raiseTo(2);
    const reply = await hand.command('stage', { stage: 3 });
    expect(reply).toMatchObject({
      exit_code: 75,
      message: expect.stringContaining('RECONCILE_DRY_RUN=true holds at 2'),
    });
  });

  test.each<[string, string, (hand: HandCore) => void, string]>([
    ['an audit that is off', 'audit: {enabled: false}', () => undefined, 'audit_unavailable'],
    ['an action of none', 'reconcile: {action: none}', () => undefined, 'reconcile.action is none'],
    [
      'a lost lock',
      '',
      (hand) => {
        hand.bench.leader = false;
      },
      'not_leader',
    ],
  ])('%s holds at 1 and is named', async (_, config, breakIt, word) => {
    using hand = handCore({ config });
    hand.raiseTo(1);
    breakIt(hand);
    const reply = await hand.command('stage', { stage: 2 });
    expect(reply).toMatchObject({ exit_code: 75, message: expect.stringContaining(word) });
    expect(stageOf(hand)).toBe(1);
  });
});

describe('entering stage 4', () => {
  test('shows a code, takes it once, arms, and is in the audit', async () => {
    using hand = handCore();
    hand.raiseTo(3, 4);
    const shown = await hand.command('stage', { stage: 4 });
    expect(shown).toMatchObject({ exit_code: 75, confirmation: { phrase: 'host 4 c0de0' } });
    expect(stageOf(hand)).toBe(3);
    const entered = await hand.command('stage', { stage: 4, confirm: 'host 4 c0de0' });
    expect(entered).toMatchObject({ exit_code: 0 });
    expect(stageOf(hand)).toBe(4);
    expect(hand.core.interlock.writesAllowed()).toBe(true);
    expect(records(hand).map(({ event_type }) => event_type)).toContain('APPROVED');
    expect(await hand.command('stage', { stage: 4 })).toMatchObject({
      exit_code: 0,
      message: 'stage 4 already',
    });
    await hand.command('disarm');
    expect(await hand.command('stage', { stage: 4, confirm: 'host 4 c0de0' })).toMatchObject({
      exit_code: 77,
    });
    expect(stageOf(hand)).toBe(3);
  });

  test('is refused when the approval can not be written', async () => {
    using hand = handCore();
    hand.raiseTo(3, 4);
    await hand.command('stage', { stage: 4 });
    hand.bench.diskFails = true;
    const reply = await hand.command('stage', { stage: 4, confirm: 'host 4 c0de0' });
    expect(reply.ok).toBe(false);
    expect(stageOf(hand)).toBeLessThan(4);
    expect(hand.core.interlock.writesAllowed()).toBe(false);
  });

  test('is not offered on a picture that is not complete', async () => {
    using hand = handCore();
    hand.raiseTo(3, 4);
    const { observation } = hand.core.vitals;
    hand.core.vitals.observation = observation === null ? null : { ...observation, complete: false };
    expect((await hand.command('stage', { stage: 4 })).confirmation).toBeUndefined();
  });

  test('below 3 it is pending', async () => {
    using hand = handCore();
    hand.raiseTo(2);
    const reply = await hand.command('stage', { stage: 4, confirm: 'host 4 c0de0' });
    expect(reply).toMatchObject({ exit_code: 75 });
    expect(reply.confirmation).toBeUndefined();
    expect(stageOf(hand)).toBe(2);
  });

  test('off the embedded simulator waits for every acknowledgement by name', async () => {
    const config =
      'exchange: {environment: testnet, key_file: k, secret_file: s}\nexpected_state: {path: expected.jsonl}';
    using hand = handCore({ config });
    hand.raiseTo(3, 4);
    hand.core.vitals.prerequisites = [
      {
        id: 'team_notified',
        title: 'team aware',
        verdict: 'INCONCLUSIVE',
        figure: 'only people can tell',
        limit: '',
      },
    ];
    const shown = await hand.command('stage', { stage: 4 });
    expect(shown.confirmation?.unacknowledged.map(({ item }) => item)).toEqual([
      'team_notified',
      'ours_matched',
    ]);
    const phrase = shown.confirmation?.phrase ?? '';
    expect((await hand.command('stage', { stage: 4, confirm: phrase })).message).toContain('team_notified');
    expect(await hand.command('ack', { item: 'nonsense' })).toMatchObject({ exit_code: 1 });
    for (const item of ['team_notified', 'ours_matched'])
      expect(await hand.command('ack', { item, operator: 'op' })).toMatchObject({ exit_code: 0 });
    const again = await hand.command('stage', { stage: 4 });
    expect(again.confirmation?.unacknowledged).toEqual([]);
    await hand.command('stage', { stage: 4, confirm: again.confirmation?.phrase ?? '' });
    expect(stageOf(hand)).toBe(4);
  });
});

test('a canary is refused in stage 0, when latched, and a second one at once', async () => {
  using hand = handCore();
  expect(await hand.command('inject-mismatch')).toMatchObject({
    exit_code: 75,
    message: expect.stringContaining('stage 0'),
  });
  hand.raiseTo(2);
  expect(await hand.command('inject-mismatch')).toMatchObject({ exit_code: 0 });
  expect(await hand.command('inject-mismatch')).toMatchObject({ exit_code: 75 });
  await hand.command('stop');
  expect(await hand.command('inject-mismatch')).toMatchObject({
    exit_code: 75,
    message: expect.stringContaining('latched'),
  });
});

test('a real stray is denied where the exchange is no embedded simulator, and has failed where that refuses it', async () => {
  using hand = handCore();
  hand.raiseTo(2);
  expect(await hand.command('inject-mismatch', { real: true })).toMatchObject({ exit_code: 1 });
  hand.core.settings = { ...hand.core.settings, embeddedSimulator: false };
  expect(await hand.command('inject-mismatch', { real: true })).toMatchObject({ exit_code: 77 });
});

describe('a lowering', () => {
  test.each([
    ['disarm', {}],
    ['stage', { stage: 3 }],
    ['stage', { stage: 0 }],
  ] as const)('%s %j takes the right to write away before the disk is asked', async (name, body) => {
    using hand = handCore();
    hand.raiseTo(4);
    hand.core.interlock.allowWrites(true);
    const asked: boolean[] = [];
    const { leadership } = hand.core;
    Object.assign(hand.core, {
      leadership: {
        ...leadership,
        stillHeld: () => {
          asked.push(hand.core.interlock.writesAllowed());
          return leadership.stillHeld();
        },
      },
    });
    await hand.command(name, body);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked).not.toContain(true);
    expect(hand.core.vitals.stage.inForce).toBeLessThan(4);
  });
});
