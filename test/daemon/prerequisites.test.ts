import { describe, expect, test } from 'bun:test';
import { chmodSync } from 'node:fs';
import { nextStep } from '../../src/daemon/next-step.ts';
import { acknowledgements, judgePrerequisites } from '../../src/daemon/prerequisites.ts';
import type { CriterionVerdict } from '../../src/engine/types.ts';
import { rules } from '../helpers/engine-world.ts';
import { type HandCore, type HandOptions, handCore } from './hand-core.ts';

const known = (hand: HandCore, ...symbols: readonly string[]) => {
  hand.core.vitals.rules = new Map(symbols.map((symbol) => [symbol, rules(symbol)]));
};
const clockOff = (hand: HandCore, offsetMs: number) => {
  hand.core.vitals.clock = { kind: 'ok', offsetMs, roundTripMs: 1, atMs: 0, atMonoMs: 0 };
};
const RIGHTS = {
  kind: 'ok',
  canTradeFutures: true,
  canWithdraw: false,
  canTransfer: false,
  ipRestricted: true,
} as const;
const rights = (hand: HandCore, change: Partial<typeof RIGHTS> | Readonly<Record<string, boolean>>) => {
  hand.core.vitals.keyRights = { ...RIGHTS, ...change };
};

const P = 'PASS';
const F = 'FAIL';
const I = 'INCONCLUSIVE';
const whitelist = (...symbols: readonly string[]) => ({
  config: `reconcile: {symbol_whitelist: [${symbols.join(', ')}]}`,
});

describe('each prerequisite', () => {
  test.each<[string, string, CriterionVerdict, HandOptions, (hand: HandCore) => void]>([
    ['whitelist', 'known to the exchange', P, {}, (hand) => known(hand, 'BTCUSDT', 'ETHUSDT')],
    ['whitelist', 'one unknown', F, whitelist('BTCUSDT', 'NOPEUSDT'), (hand) => known(hand, 'BTCUSDT')],
    ['whitelist', 'empty', F, whitelist(), (hand) => known(hand, 'BTCUSDT')],
    ['whitelist', 'not read yet', I, {}, () => undefined],
    [
      'whitelist',
      'a hedge group whose symbols are known, on the whitelist or not',
      P,
      { config: 'reconcile: {symbol_whitelist: [BTCUSDT], hedge_groups: [[BTCUSDT, ETHUSDT]]}' },
      (hand) => known(hand, 'BTCUSDT', 'ETHUSDT'),
    ],
    [
      'whitelist',
      'a hedge group that names a symbol which is not there, and so may mean one that it does not protect',
      I,
      { config: 'reconcile: {symbol_whitelist: [BTCUSDT], hedge_groups: [[BTCUSTD, ETHUSDT]]}' },
      (hand) => known(hand, 'BTCUSDT', 'ETHUSDT'),
    ],
    // grinder_1_ + symbol + _0_1000000000_0 has 25 characters and the symbol.
    [
      'whitelist',
      'a symbol whose ids just fit',
      P,
      whitelist('ELEVENCHARS'),
      (hand) => known(hand, 'ELEVENCHARS'),
    ],
    [
      'whitelist',
      'one whose ids never fit',
      F,
      whitelist('TWELVE_CHARS'),
      (hand) => known(hand, 'TWELVE_CHARS'),
    ],
    ['flatten_cap', 'at 100', P, {}, () => undefined],
    ['flatten_cap', 'over 100', I, { env: { MAX_FLATTEN_NOTIONAL_USDT: '100.01' } }, () => undefined],
    ['cooldown', 'at 60', P, {}, () => undefined],
    ['cooldown', 'under 60', I, { env: { RECONCILE_COOLDOWN_SECONDS: '59' } }, () => undefined],
    ['audit', 'well', P, {}, () => undefined],
    ['audit', 'off', I, { env: { GRINDER_AUDIT_ENABLED: 'no' } }, () => undefined],
    ['clock', 'not measured', I, {}, () => undefined],
    ['clock', 'at its limit', P, {}, (hand) => clockOff(hand, -500)],
    ['clock', 'over it, ahead', F, {}, (hand) => clockOff(hand, 500.1)],
    ['clock', 'over it, behind', F, {}, (hand) => clockOff(hand, -500.1)],
    ['key_rights', 'not read', I, {}, () => undefined],
    [
      'key_rights',
      'not told',
      I,
      {},
      (hand) => {
        hand.core.vitals.keyRights = { kind: 'unknown', why: 'x' };
      },
    ],
    [
      'key_rights',
      'refused',
      F,
      {},
      (hand) => {
        hand.core.vitals.keyRights = { kind: 'refused', why: '-2015' };
      },
    ],
    ['key_rights', 'futures only, from one address', P, {}, (hand) => rights(hand, {})],
    ['key_rights', 'from anywhere', I, {}, (hand) => rights(hand, { ipRestricted: false })],
    ['key_rights', 'may withdraw', F, {}, (hand) => rights(hand, { canWithdraw: true })],
    ['key_rights', 'may transfer', F, {}, (hand) => rights(hand, { canTransfer: true })],
    ['key_rights', 'may not trade', F, {}, (hand) => rights(hand, { canTradeFutures: false })],
    ['file_modes', 'private', P, {}, () => undefined],
    [
      'file_modes',
      'a state directory open to others',
      F,
      {},
      (hand) => chmodSync(hand.core.places.stateDir, 0o777),
    ],
    ['team_notified', 'only people can tell', I, {}, () => undefined],
    ['whole_position', 'only people can tell', I, {}, () => undefined],
  ])('%s, %s: %s', (id, _, verdict, options, prepare) => {
    using hand = handCore(options);
    prepare(hand);
    const found = judgePrerequisites(hand.core).find((one) => one.id === id);
    expect(found?.verdict).toBe(verdict);
    expect(found?.figure).not.toBe('');
  });
});

test('room and modes are asked of the machine that the daemon runs on', () => {
  using hand = handCore({});
  const facts = {
    kind: 'directory',
    size: 0,
    inode: 1,
    mode: 0o777,
    ownerUid: 0,
    links: 1,
    modifiedMs: 0,
  } as const;
  const disk = { ...hand.core.machine.disk, freeBytes: () => 1, lookup: () => facts };
  const found = judgePrerequisites({ ...hand.core, machine: { ...hand.core.machine, disk } });
  for (const id of ['disk', 'file_modes'])
    expect(found.find((one) => one.id === id)).toMatchObject({ verdict: 'FAIL' });
});

describe('acknowledgements', () => {
  const testnet =
    'exchange: {environment: testnet, key_file: k, secret_file: s}\nexpected_state: {path: expected.jsonl}';

  test('are asked for what is inconclusive, never for what fails', () => {
    using hand = handCore({ config: testnet });
    known(hand, 'BTCUSDT');
    clockOff(hand, 9999);
    rights(hand, {});
    hand.core.vitals.prerequisites = judgePrerequisites(hand.core);
    expect(acknowledgements(hand.core).map(({ item }) => item)).toEqual(['team_notified', 'whole_position']);
  });

  test('are not asked for on the embedded simulator', () => {
    using hand = handCore();
    hand.core.vitals.prerequisites = judgePrerequisites(hand.core);
    expect(acknowledgements(hand.core)).toEqual([]);
  });

  test('expire after seven days', async () => {
    using hand = handCore({ config: testnet });
    hand.core.vitals.prerequisites = judgePrerequisites(hand.core);
    await hand.command('ack', { item: 'team_notified', operator: 'ann' });
    const doneBy = () => acknowledgements(hand.core).find(({ item }) => item === 'team_notified')?.doneBy;
    hand.clock.wall += 7 * 86_400_000;
    expect(doneBy()).toBe('ann');
    hand.clock.wall += 1;
    expect(doneBy()).toBeNull();
  });
});

describe('a prerequisite that nobody could tell in stage 0 and that turns out to fail in stage 3', () => {
  const learnt = async () => {
    const hand = handCore();
    hand.raiseTo(3, 4);
    rights(hand, { canWithdraw: true });
    const failing = judgePrerequisites(hand.core).filter(({ id }) => id === 'key_rights');
    hand.core.vitals.prerequisites = failing;
    return { hand, failing };
  };

  test('keeps stage 4 shut, and the next step says so', async () => {
    const { hand } = await learnt();
    using _ = hand;
    const shown = await hand.command('stage', { stage: 4 });
    expect(shown).toMatchObject({ exit_code: 75, message: expect.stringContaining('key_rights') });
    expect([shown.confirmation, hand.core.vitals.stage.inForce]).toEqual([undefined, 3]);
    expect(nextStep(hand.core)).toContain('key_rights');
  });

  test('is no way around a code that was shown before', async () => {
    const { hand, failing } = await learnt();
    using _ = hand;
    hand.core.vitals.prerequisites = [];
    const { confirmation } = await hand.command('stage', { stage: 4 });
    hand.core.vitals.prerequisites = failing;
    const confirmed = await hand.command('stage', { stage: 4, confirm: confirmation?.phrase ?? '' });
    expect(confirmed).toMatchObject({ exit_code: 75, message: expect.stringContaining('key_rights') });
    expect(hand.core.interlock.writesAllowed()).toBe(false);
  });
});
