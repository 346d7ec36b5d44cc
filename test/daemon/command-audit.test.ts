import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { COMMANDS, type CommandBody, type CommandName } from '../../src/control/protocol.ts';
import type { StageNumber } from '../../src/engine/types.ts';
import { type HandCore, handCore } from './hand-core.ts';

type Case = readonly [
  CommandName,
  (hand: HandCore) => Promise<CommandBody<CommandName>> | CommandBody<CommandName>,
];

const by = { operator: 'zoe' };
const raised =
  (stage: StageNumber, earned: StageNumber = stage) =>
  (hand: HandCore) => {
    hand.raiseTo(stage, earned);
    return by;
  };
const withMass = (hand: HandCore) => {
  hand.core.vitals.massFound = { fingerprint: 'f', items: ['x'], figure: '4 of 6' };
  return { ...by, item: 'mass_mismatch' };
};

/** Each command where it changes something; what is given back is the body. */
const CASES: readonly Case[] = [
  ['stop', () => by],
  [
    'clear-stop',
    async (hand) => {
      await hand.command('stop', { operator: 'ann' });
      return { ...by, latch_id: hand.core.vitals.latch?.id ?? '' };
    },
  ],
  ['stage', () => ({ ...by, stage: 2 })],
  ['advance', raised(1, 2)],
  ['disarm', raised(4)],
  [
    'renew',
    async (hand) => {
      hand.raiseTo(4);
      hand.clock.wall += 1000;
      hand.clock.mono += 1000;
      const { confirmation } = await hand.command('renew', by);
      return { ...by, confirm: confirmation?.phrase ?? '' };
    },
  ],
  ['shutdown', raised(2)],
  ['ack', withMass],
  ['seen', () => by],
  ['inject-mismatch', raised(2)],
];

test('a request for a higher stage that is not earned yet is in the audit with who asked', async () => {
  using hand = handCore();
  hand.raiseTo(1);
  await hand.command('stage', { operator: 'zoe', stage: 3 });
  expect(hand.core.journal.state().lastStageChange).toMatchObject({
    operator: 'zoe',
    details: { from: 1, to: 1, requested: 3 },
  });
});

test.each(CASES)('%s is in the audit with its operator', async (name, prepare) => {
  using hand = handCore();
  const body = await prepare(hand);
  await hand.command(name, body as never);
  const lines = readFileSync(hand.core.places.auditPath, 'utf8').trim().split('\n');
  const operators = lines.map((line) => JSON.parse(line).operator);
  expect(operators).toContain('zoe');
});

test('every command there is was looked at here, but those another test walks', () => {
  const elsewhere: readonly string[] = ['approve', 'resolve', 'prove', 'plan'];
  const seen = new Set<string>(CASES.map(([name]) => name));
  expect(Object.keys(COMMANDS).filter((name) => !seen.has(name) && !elsewhere.includes(name))).toEqual([]);
});
