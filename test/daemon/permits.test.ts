/** What voids the permits on their way: whatever gets worse moves the interlock's epoch, before anybody asks. */
import { describe, expect, test } from 'bun:test';
import { appendFileSync } from 'node:fs';
import { onExchangeEvent } from '../../src/daemon/listening.ts';
import type { ExchangeEvent } from '../../src/exchange/exchange.ts';
import { type Line, session, text } from '../engine/feed-lines.ts';
import { ticking } from './beating.ts';
import { type HandCore, handCore } from './hand-core.ts';

/** The heartbeat of a daemon in stage 4. */
function beating(hand: HandCore): () => number {
  const { core } = hand;
  const tick = ticking(hand);
  return () => {
    tick();
    return core.interlock.epoch();
  };
}

function hears(hand: HandCore, event: ExchangeEvent): void {
  const deps = { runSoon: () => undefined, decideSoon: () => undefined, fatal: () => undefined };
  onExchangeEvent({ core: hand.core, ...deps }, event);
}

describe('a heartbeat', () => {
  test('moves nothing while nothing changes', () => {
    using hand = handCore();
    hand.raiseTo(4);
    const beat = beating(hand);
    const epoch = beat();
    expect(beat()).toBe(epoch);
  });

  test('voids permits when a gate of the world closes, once', () => {
    using hand = handCore();
    hand.raiseTo(4);
    const beat = beating(hand);
    const epoch = beat();
    // The pause of an earlier process, say: nothing but its gate knows of it.
    hand.core.vitals.backoff = { untilMs: hand.clock.wall + 60_000, untilMonoMs: hand.clock.mono + 60_000 };
    const closed = beat();
    expect(closed).toBeGreaterThan(epoch);
    expect(beat()).toBe(closed);
    expect(hand.core.vitals.stage.inForce).toBe(4);
  });

  test('voids permits when the feed says anything but that its engine lives', () => {
    using hand = handCore();
    hand.raiseTo(4);
    const beat = beating(hand);
    const said = session('s-new', hand.clock.wall);
    const say = (line: Line) =>
      appendFileSync(hand.core.places.expectedPath ?? '', text(line), { mode: 0o600 });
    say(said.checkpoint());
    let epoch = beat();
    say(said.line({ type: 'heartbeat', applied_event_ms: hand.clock.wall }));
    expect(beat()).toBe(epoch);
    say(said.line({ type: 'position', symbol: 'BTCUSDT', amount: '0.001' }));
    expect(beat()).toBeGreaterThan(epoch);
    epoch = beat();
    expect(hand.core.vitals.stage.inForce).toBe(4);
  });
});

describe('the exchange thread', () => {
  const update = { type: 'account_update', orders: [], positions: [], heardAtMonoMs: 0 } as const;
  for (const event of [
    { type: 'stream_down', atMs: 1, why: 'x' },
    update,
    { type: 'account_changed', symbols: ['BTCUSDT'], eventTimeMs: 1 },
    { type: 'backoff', untilMs: 1, why: 'x' },
  ] satisfies readonly ExchangeEvent[])
    test(`voids permits with ${event.type}`, () => {
      using hand = handCore();
      hand.raiseTo(4);
      const epoch = hand.core.interlock.epoch();
      hears(hand, event);
      expect(hand.core.interlock.epoch()).toBeGreaterThan(epoch);
    });

  test('voids none by saying that the stream is alive', () => {
    using hand = handCore();
    hand.raiseTo(4);
    const epoch = hand.core.interlock.epoch();
    hears(hand, { type: 'stream_alive', atMs: 1 });
    expect(hand.core.interlock.epoch()).toBe(epoch);
  });
});
