/** Builds the core out of what a start has taken: identity, exchange, vitals. */
import type { Settings } from '../config/load.ts';
import type { Clock } from '../engine/clock.ts';
import type { Feed } from '../engine/feed.ts';
import { createInterlock, type Interlock } from '../engine/interlock.ts';
import type { Latch } from '../engine/latch.ts';
import type { Machine } from '../engine/machine.ts';
import { startExchange } from '../exchange/client.ts';
import type { Exchange, ExchangeOptions } from '../exchange/exchange.ts';
import { spawnThread } from '../exchange/spawn.ts';
import { buildInfo } from '../launch/build-info.ts';
import type { Places } from '../launch/places.ts';
import type { Core, LatchState } from './core.ts';
import type { EmbeddedSimulator } from './embedded-simulator.ts';
import type { Notebook } from './notebook.ts';
import type { Surroundings } from './surroundings.ts';
import { createTotals } from './totals.ts';
import { initialVitals } from './vitals.ts';
import { voidingPermits } from './voiding-permits.ts';

export interface ComposeInputs {
  readonly settings: Settings;
  readonly places: Places;
  readonly clock: Clock;
  readonly machine: Machine;
  readonly host: string;
  readonly ownedByTerminal: boolean;
  readonly surroundings: Surroundings;
  readonly simulator: EmbeddedSimulator | null;
  readonly feed: Feed;
  readonly notebook: Notebook;
  readonly metricsUrl: string;
  /** Reaches the account; through a thread of its own when it isn't given. */
  readonly connect?: (options: ExchangeOptions, interlock: Interlock) => Exchange;
}

/** Starts the exchange thread and joins everything. */
export function composeCore(inputs: ComposeInputs): Core {
  const { settings, places, clock, host, simulator, notebook, metricsUrl } = inputs;
  const { account, leadership, latch, pauseRecord } = inputs.surroundings;
  const interlock = createInterlock();
  const journal = voidingPermits(inputs.surroundings.journal, interlock);
  if (!latch.current().latched) interlock.clearLatch();
  return {
    settings,
    places,
    identity: {
      host,
      pid: process.pid,
      uid: process.getuid?.() ?? 0,
      account: account.name,
      version: buildInfo.version,
      commit: buildInfo.commit,
      runtime: buildInfo.runtime,
      packaging: buildInfo.packaging,
      ownedByTerminal: inputs.ownedByTerminal,
      simulatorUrl: simulator?.restUrl ?? null,
    },
    clock,
    machine: inputs.machine,
    journal,
    interlock,
    exchange: openExchange(inputs, interlock),
    feed: inputs.feed,
    leadership,
    pauseRecord,
    notebook,
    totals: createTotals(),
    startedMonoMs: clock.monoMs(),
    vitals: initialVitals({
      ...{ settings, journal, clock, metricsUrl },
      latch: latchAtStart(latch, clock),
      pausedUntilMs: pausedUntil(inputs.surroundings),
    }),
  };
}

function openExchange(inputs: ComposeInputs, interlock: Interlock): Exchange {
  const { settings, simulator } = inputs;
  const { account } = inputs.surroundings;
  const { exchange } = settings;
  const options = {
    environment: exchange.environment,
    restUrl: simulator?.restUrl ?? exchange.endpoints.rest ?? null,
    wsUrl: simulator?.wsUrl ?? exchange.endpoints.ws ?? null,
    apiKey: account.apiKey,
    apiSecret: account.apiSecret,
    recvWindowMs: exchange.recvWindowMs,
    requestTimeoutMs: exchange.requestTimeoutMs,
    backoffUntilMs: pausedUntil(inputs.surroundings),
  };
  if (inputs.connect !== undefined) return inputs.connect(options, interlock);
  return startExchange(options, interlock, inputs.clock, (data) => spawnThread('exchange', data));
}

/** A pause that outlived a restart, by whichever of the two that keep it says more. */
function pausedUntil({ journal, pauseRecord }: Surroundings): number {
  return Math.max(journal.state().backoffUntilMs, pauseRecord.untilMs);
}

/** A latch that outlived a restart; its verdict is worked out anew. */
function latchAtStart(latch: Latch, clock: Clock): LatchState | null {
  const reading = latch.current();
  if (!reading.latched) return null;
  const { latchId, by, reason, atMs, durable } = reading;
  return {
    id: latchId,
    by,
    reason,
    atMs,
    atMonoMs: clock.monoMs(),
    durable,
    executedAtStop: 0,
    verdict: null,
  };
}
