import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { createResolveByHand, type ResolveByHand } from '../../src/daemon/resolving.ts';
import { createIntentResolver, type IntentResolver } from '../../src/engine/intents.ts';
import type { OrderQueryResult } from '../../src/exchange/exchange.ts';
import { intentEntry, outcomeEntry } from '../engine/durable.ts';
import { type HandCore, handCore } from './hand-core.ts';

let hand: HandCore;
let resolver: IntentResolver;
let resolve: ResolveByHand;
let shows: OrderQueryResult;
const asked: string[] = [];

beforeEach(() => {
  hand = handCore();
  asked.length = 0;
  shows = { kind: 'failed', error: 'no answer' };
  const { core, clock } = hand;
  resolver = createIntentResolver({
    exchange: {
      queryOrder: async ({ clientOrderId }) => {
        asked.push(clientOrderId);
        return shows;
      },
      queryPosition: async () => ({ kind: 'ok', positions: [], prices: [] }),
    },
    journal: core.journal,
    clock,
    rules: { windowMs: 0, agreeing: 3, maxReads: 2 },
    spacingMs: 0,
    inFlight: () => null,
    stamp: () => ({ runId: '', stage: 1, mode: 'live', actionMode: 'auto', configDigest: 'd' }),
    log: () => undefined,
  });
  resolve = createResolveByHand(core, resolver);
  core.journal.append(intentEntry('i1', { notional_usdt: '50' }));
  core.journal.append(outcomeEntry('i1', 'UNKNOWN'));
});
afterEach(() => hand[Symbol.dispose]());

const giveUp = async () => {
  for (let read = 0; read < 2; read += 1) await resolver.tick();
};
const say = (as: 'executed' | 'not_executed', operator = 'ann') => resolve({ intent_id: 'i1', as, operator });
const open = () => hand.core.journal.state().openIntents.has('i1');

describe('resolve', () => {
  test('lists what is open when no write is named, or one that is unknown', async () => {
    const list = await resolve({ operator: 'ann' });
    expect(list).toMatchObject({
      exit_code: 0,
      unresolved: [{ intent_id: 'i1', symbol: 'BTCUSDT', needs_operator: false }],
    });
    expect(list.message).toContain('i1 (cancel BTCUSDT');
    const strange = await resolve({ intent_id: 'i9\u001b[2J', as: 'executed', operator: 'ann' });
    expect(strange.exit_code).toBe(1);
    expect(strange.message).toContain('i1 (cancel');
    expect(strange.message).not.toContain('\u001b');
    expect((await resolve({ as: 'executed', operator: 'ann' })).exit_code).toBe(64);
  });

  test('is refused while the program is still asking', async () => {
    expect(await say('executed')).toMatchObject({ exit_code: 75 });
    expect(await say('executed')).toMatchObject({ exit_code: 75 });
    expect(open()).toBe(true);
  });

  test('shows what the exchange shows, and is taken the second time from the same operator with the same word', async () => {
    await giveUp();
    const before = asked.length;
    const shown = await say('executed');
    expect(shown).toMatchObject({ exit_code: 75 });
    expect(shown.message).toContain('The exchange shows now: no answer');
    expect(asked.length).toBe(before + 1);
    expect(await say('not_executed')).toMatchObject({ exit_code: 75 });
    expect(await say('executed', 'bob')).toMatchObject({ exit_code: 75 });
    expect(open()).toBe(true);
    expect(await say('executed')).toMatchObject({ exit_code: 0 });
    expect(open()).toBe(false);
    expect(resolver.counts()).toEqual({ executed: 1, not_executed: 0 });
    const last = readFileSync(hand.core.places.auditPath, 'utf8').trimEnd().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toMatchObject({
      event_type: 'REMEDIATE_RESULT',
      operator: 'ann',
      details: { resolves: 'i1', outcome: 'executed', was: 'unknown' },
    });
    // What was reserved stays used, whoever says that nothing came of it.
    expect(hand.core.journal.state().dispatches.map(({ notionalUsdt }) => notionalUsdt)).toEqual(['50']);
  });

  test('a look is over after five minutes', async () => {
    await giveUp();
    await say('executed');
    hand.clock.mono += 300_001;
    expect(await say('executed')).toMatchObject({ exit_code: 75 });
    expect(await say('executed')).toMatchObject({ exit_code: 0 });
  });

  test('a word against what the exchange proves is denied, however often it is said', async () => {
    await giveUp();
    shows = canceled;
    for (let time = 0; time < 3; time += 1) {
      const denied = await say('not_executed');
      expect(denied).toMatchObject({ exit_code: 77 });
      expect(denied.message).toContain('proves executed');
    }
    expect(open()).toBe(true);
  });

  test('S19 what is resolved stays as it is', async () => {
    await giveUp();
    await say('executed');
    await say('executed');
    const { journal } = hand.core;
    const before = journal.state();
    expect(await say('not_executed')).toMatchObject({ exit_code: 1 });
    expect(resolver.resolveByHand('i1', 'not_executed', 'eve').ok).toBe(false);
    expect(journal.state()).toEqual(before);
  });

  test('is not taken when the audit can not be written, and stays open', async () => {
    await giveUp();
    await say('executed');
    hand.bench.diskFails = true;
    expect(await say('executed')).toMatchObject({ exit_code: 1 });
    expect(open()).toBe(true);
  });
});

const canceled: OrderQueryResult = {
  kind: 'found',
  order: {
    symbol: 'BTCUSDT',
    clientOrderId: 'grinder_1_BTCUSDT_1_1_1',
    orderId: '7',
    side: 'BUY',
    positionSide: 'BOTH',
    orderType: 'LIMIT',
    price: '1',
    quantity: '1',
    filledQuantity: '0',
    reduceOnly: false,
    closePosition: false,
    conditional: false,
    status: 'CANCELED',
    createdAtMs: 1,
    updatedAtMs: 1,
    synthetic: false,
  },
};
