/** A mass mismatch closes its gate at once, lowers to stage 1 once it is confirmed, and waits for an operator by name. */
import { describe, expect, test } from 'bun:test';
import { holdsOf } from '../../src/daemon/ceremony.ts';
import { compareOptions } from '../../src/daemon/comparing.ts';
import { noteMass } from '../../src/daemon/mass.ts';
import { acknowledgements } from '../../src/daemon/prerequisites.ts';
import { gateWorld } from '../../src/daemon/world.ts';
import { compare } from '../../src/engine/compare.ts';
import { openJournal } from '../../src/engine/journal.ts';
import { massMismatch } from '../../src/gates/mass-mismatch.ts';
import { observation } from '../helpers/engine-world.ts';
import { type LiveWorld, liveOrder, liveWorld } from './live-world.ts';

const stageOf = ({ core }: LiveWorld) => [
  core.vitals.stage.inForce,
  core.vitals.stage.request.stage,
  core.vitals.stage.request.by,
];
function strays(world: LiveWorld, count: number, from = 10): void {
  const added = Array.from({ length: count }, (_, index) => liveOrder(world, from + index));
  world.account.orders = [...world.account.orders, ...added];
}
async function fallen(): Promise<LiveWorld> {
  const world = liveWorld();
  await world.pass(20);
  strays(world, 4);
  await world.pass(20);
  return world;
}
const ack = (world: LiveWorld) => world.hand.command('ack', { item: 'mass_mismatch', operator: 'ann' });
const reopened = (world: LiveWorld) => {
  const { places, clock } = world.core;
  return openJournal({ path: places.auditPath, headPath: `${world.hand.dir}/head.json`, clock });
};

describe('four strays beside two orders that match', () => {
  test('close the gate in the first run that sees them, and nothing is sent', async () => {
    using world = liveWorld();
    await world.pass(20);
    strays(world, 4);
    await world.pass(5);
    expect(world.reasons()).toEqual(Array(4).fill('mass_mismatch'));
    expect(stageOf(world)).toEqual([4, 4, 'test']);
  });

  test('lower to stage 1 once a second complete read confirms them', async () => {
    using world = await fallen();
    expect([world.sent.length, ...stageOf(world)]).toEqual([0, 1, 1, 'mass_mismatch']);
    expect(holdsOf(world.core)).toEqual([
      {
        stage: 1,
        because: 'mass_mismatch: 4 of 6 unexpected, 2 match; look, then grinder ack mass_mismatch',
        remedy: 'grinder ack mass_mismatch',
      },
    ]);
    expect(acknowledgements(world.core).map(({ item, doneBy }) => [item, doneBy])).toEqual([
      ['mass_mismatch', null],
    ]);
    expect(world.core.notebook.alarms().join()).toContain('MASS MISMATCH: 4 of 6 unexpected');
  });

  test('that are gone again before that leave the stage as it is', async () => {
    using world = liveWorld();
    await world.pass(20);
    const before = world.account.orders;
    strays(world, 4);
    await world.pass(5);
    world.account.orders = before;
    await world.pass(30);
    expect([...stageOf(world), world.core.vitals.massFound]).toEqual([4, 4, 'test', null]);
  });

  test('keep stage 2 out of reach, vanished or not, until they are acknowledged', async () => {
    using world = await fallen();
    const two = () => world.hand.command('stage', { stage: 2, operator: 'ann' });
    expect(await two()).toMatchObject({
      exit_code: 75,
      message: expect.stringContaining('grinder ack mass_mismatch'),
    });
    world.account.orders = world.account.orders.slice(0, 2);
    await world.pass(30);
    expect(world.core.vitals.stage.inForce).toBe(1);
    expect((await ack(world)).ok).toBe(true);
    await world.pass(5);
    expect([world.core.vitals.stage.inForce, holdsOf(world.core)]).toEqual([1, []]);
    expect((await two()).message).toBe('stage 2');
  });

  test('once acknowledged are let through as they are, but with a new one beside them they are not', async () => {
    using world = await fallen();
    await ack(world);
    await world.hand.command('stage', { stage: 3, operator: 'ann' });
    await world.pass(10);
    expect(world.reasons()).toEqual(Array(4).fill('not_armed'));
    expect(world.core.vitals.mass).toMatchObject({ acknowledged: true, pending: false });
    strays(world, 1, 50);
    await world.pass(20);
    expect([...stageOf(world), world.core.vitals.mass?.acknowledged]).toEqual([1, 1, 'mass_mismatch', false]);
  });

  test('keep no wish for a higher stage either: whoever acknowledged them asks again', async () => {
    using world = await fallen();
    const { core, hand } = world;
    expect(await hand.command('stage', { stage: 3 })).toMatchObject({ ok: false, exit_code: 75 });
    expect(stageOf(world)).toEqual([1, 1, 'mass_mismatch']);
    expect((await ack(world)).ok).toBe(true);
    await world.pass(10);
    expect(core.vitals.stage.request.stage).toBe(1);
    await hand.command('stage', { stage: 3 });
    expect(core.vitals.stage.request.stage).toBe(3);
  });

  test('nobody acknowledges before they are found', async () => {
    using world = liveWorld();
    await world.pass(20);
    expect((await ack(world)).ok).toBe(false);
  });
});

describe('a restart', () => {
  test('forgets no mass mismatch that waits', async () => {
    using world = await fallen();
    const { massFound } = reopened(world).state();
    expect(massFound?.figure).toBe('4 of 6 unexpected, 2 match');
    expect(massFound).toEqual(world.core.vitals.massFound);
  });

  test('forgets no acknowledgement either', async () => {
    using world = await fallen();
    await ack(world);
    const { massFound, ceremonyRecords } = reopened(world).state();
    expect(massFound).toBeNull();
    expect(ceremonyRecords.at(-1)?.operator).toBe('ann');
  });
});

describe('what is no mass mismatch', () => {
  test('a canary on an account with nothing else', async () => {
    using world = liveWorld();
    world.account.orders = [];
    world.newSession('idle');
    world.checkpoint({ orders: [] });
    await world.pass(20);
    expect((await world.hand.command('inject-mismatch', { operator: 'ann', real: false })).ok).toBe(true);
    await world.pass(30);
    expect([world.core.vitals.massFound, world.core.vitals.stage.inForce]).toEqual([null, 4]);
  });

  test('a read that failed in part, whatever it leaves out', async () => {
    using world = liveWorld();
    await world.pass(20);
    const { core } = world;
    const before = core.vitals.mass;
    const expected = core.feed.state();
    // The stray of a symbol that was read, and nothing of ours of one that was not.
    const torn = observation([liveOrder(world, 10)], [], { complete: false });
    const comparison = compare(expected, torn, compareOptions(core));
    expect(comparison.mismatches).toHaveLength(1);
    noteMass(core, comparison, { observation: torn, expected });
    expect(core.vitals.mass).toEqual(before);
    expect(massMismatch.judge(gateWorld(core, expected))).toMatchObject({ open: true });
    noteMass(core, comparison, { observation: { ...torn, complete: true }, expected });
    expect(massMismatch.judge(gateWorld(core, expected))).toMatchObject({ open: false });
  });

  test('a feed that is silent, however much differs', async () => {
    using world = liveWorld();
    await world.pass(20);
    world.engine.heartbeats = false;
    await world.pass(40);
    strays(world, 8);
    await world.pass(60);
    expect(world.core.vitals.massFound).toBeNull();
  });
});
