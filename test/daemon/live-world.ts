/**
 * The daemon's core in stage 4 with every gate open but those that the feed and the account decide: real feed file,
 * journal, comparison, gates and executor; an account that is played, and clocks that move when told.
 */
import { appendFileSync, truncateSync } from 'node:fs';
import { sendStageEvent } from '../../src/daemon/ceremony.ts';
import type { Core } from '../../src/daemon/core.ts';
import { makeExecutor } from '../../src/daemon/executing.ts';
import { reconcileOnce } from '../../src/daemon/run.ts';
import type { ObservedOrder, ObservedPosition } from '../../src/engine/types.ts';
import type { WriteRequest } from '../../src/exchange/exchange.ts';
import { hashWire, wireRequest } from '../../src/exchange/wire.ts';
import { type Line, order as orderBody, session, text } from '../engine/feed-lines.ts';
import { type Script, scriptedExchange } from '../engine/scripted-exchange.ts';
import { clientId, observation, observedOrder, rules } from '../helpers/engine-world.ts';
import { type HandCore, handCore } from './hand-core.ts';

export { clientId } from '../helpers/engine-world.ts';

export interface LiveWorld extends Disposable {
  readonly hand: HandCore;
  readonly core: Core;
  readonly feedPath: string;
  /** What the account holds, and how the exchange answers. */
  readonly account: Script;
  /** Writes that left. */
  readonly sent: readonly WriteRequest[];
  /** How the engine behaves; heartbeats claim everything up to now unless told otherwise. */
  readonly engine: { heartbeats: boolean; tsShiftMs: number; appliedMs: () => number };
  /** Writes a line of the engine's session, stamped with the time it has now. */
  readonly say: (body: Line) => void;
  readonly checkpoint: (body?: Line) => void;
  /** Begins a session; its first line is to be a checkpoint. */
  readonly newSession: (id: string) => void;
  readonly loseNumber: () => void;
  /** Lets seconds pass, with a heartbeat and a tick each, and a run every five; `each` gets the second. */
  readonly pass: (seconds: number, each?: (second: number) => void) => Promise<void>;
  readonly reasons: () => readonly (string | null)[];
}

/** An order as the account shows it from now on. */
export function liveOrder(world: LiveWorld, seq: number, change: Partial<ObservedOrder> = {}): ObservedOrder {
  const nowMs = world.hand.clock.wall;
  return observedOrder(seq, { createdAtMs: nowMs, updatedAtMs: nowMs, ...change });
}

/** A position as the account shows it from now on. */
export function livePosition(world: LiveWorld, amount: string): ObservedPosition {
  return {
    symbol: 'BTCUSDT',
    positionSide: 'BOTH',
    amount,
    entryPrice: '60000',
    updatedAtMs: world.hand.clock.wall,
  };
}

/** A stray that is there from now on, beside an engine that applies nothing that happens from now on. */
export function strayUnheardOf(world: LiveWorld): ObservedOrder {
  const stray = liveOrder(world, 3);
  world.account.orders.push(stray);
  const appliedMs = world.hand.clock.wall;
  world.engine.appliedMs = () => appliedMs;
  return stray;
}

/** What the engine says of an order of `liveOrder`. */
export function orderLine(seq: number, body: Line = {}): Line {
  return { ...orderBody(clientId(seq)), ...body };
}

/** A world in stage 4: two orders that match, and an explicit 0. */
export function liveWorld(config = 'reconcile: {interval_ms: 5000}'): LiveWorld {
  const hand = handCore({ config: `expected_state: {settle_ms: 0}\n${config}` });
  const { clock } = hand;
  const { script, sent, exchange } = scriptedExchange(hand.core.interlock, {
    nowMonoMs: clock.monoMs,
    hashRequest: (write) => hashWire(wireRequest(write, 'one_way')),
  });
  const core: Core = {
    ...hand.core,
    exchange: {
      ...hand.core.exchange,
      ...exchange,
      observe: async () =>
        observation([...script.orders], [...script.positions], {
          startedMonoMs: clock.mono,
          endedMonoMs: clock.mono,
          endedAtMs: clock.wall,
          sweptAtMonoMs: clock.mono,
          prices: [{ symbol: 'BTCUSDT', markPrice: '60000', atMs: clock.wall, readAtMonoMs: clock.mono }],
        }),
    },
  };
  const executor = makeExecutor(core);
  const feedPath = core.places.expectedPath ?? '';
  const engine = { heartbeats: true, tsShiftMs: 0, appliedMs: () => clock.wall };
  let lines = session('live');
  let runs = 0;
  core.vitals.rules = new Map([['BTCUSDT', rules()]]);

  const say = (body: Line): void => {
    const line = lines.line({ ts_ms: clock.wall + engine.tsShiftMs, ...body });
    appendFileSync(feedPath, text(line), { mode: 0o600 });
  };
  const world: LiveWorld = {
    hand,
    core,
    feedPath,
    account: script,
    sent,
    engine,
    say,
    checkpoint: (body = {}) =>
      say({
        type: 'checkpoint',
        account: 'sim',
        environment: 'sim',
        orders: [orderLine(1), orderLine(2)],
        positions: [{ symbol: 'BTCUSDT', amount: '0' }],
        applied_event_ms: engine.appliedMs(),
        ...body,
      }),
    newSession: (id) => {
      lines = session(id);
    },
    loseNumber: () => lines.loseNumber(),
    pass: async (seconds, each = () => undefined) => {
      for (let second = 1; second <= seconds; second += 1) {
        clock.wall += 1000;
        clock.mono += 1000;
        each(second);
        if (engine.heartbeats) say({ type: 'heartbeat', applied_event_ms: engine.appliedMs() });
        core.feed.poll();
        clock.mono += 1;
        clock.wall += 1;
        core.vitals.clock = {
          kind: 'ok',
          offsetMs: 0,
          roundTripMs: 1,
          atMs: clock.wall,
          atMonoMs: clock.mono,
        };
        sendStageEvent(core, { type: 'tick' });
        if (second % 5 !== 0) continue;
        runs += 1;
        await reconcileOnce(core, executor, `r${runs}`, { runFinished: () => undefined });
      }
    },
    reasons: () => (core.vitals.decision?.planned ?? []).map(({ reason }) => reason),
    [Symbol.dispose]: hand[Symbol.dispose],
  };
  hand.raiseTo(4);
  world.account.orders = [liveOrder(world, 1), liveOrder(world, 2)];
  world.checkpoint();
  return world;
}

/** Overwrites the feed with nothing of its own, as a rotation that copies and truncates does. */
export function truncate(world: LiveWorld): void {
  truncateSync(world.feedPath, 0);
}
