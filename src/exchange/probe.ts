/**
 * A look at an account without a daemon: clock, symbols, rights of the key, position mode. It has no writer, opens no
 * stream and makes no listen key: what isn't a GET can't leave.
 */
import type { Clock } from '../engine/clock.ts';
import { createCcxt } from './ccxt-adapter.ts';
import type { ClockReading, Exchange, ExchangeOptions, KeyRights } from './exchange.ts';
import type { Guard } from './guard.ts';
import { createDestination } from './hosts.ts';
import { createPause } from './pause.ts';
import { createPositionModeCache } from './position-mode.ts';
import { readClock, readKeyRights, readRules } from './queries.ts';
import { createWeightMeter } from './rate-limit.ts';
import { createReader } from './reader.ts';
import { createScrubber } from './scrub.ts';
import { createFetch } from './transport.ts';
import type { PositionMode } from './wire.ts';

/** What the account said; every part by itself, failures as values. */
export interface ProbedAccount {
  readonly clock: ClockReading;
  readonly rules: Awaited<ReturnType<Exchange['rules']>>;
  readonly keyRights: KeyRights;
  readonly positionMode:
    | { readonly kind: 'ok'; readonly mode: PositionMode }
    | { readonly kind: 'failed'; readonly error: string };
}

/** Asks once, the clock first, so that signed reads bear the right time. Throws for an address of another environment. */
export async function probeAccount(options: ExchangeOptions, clock: Clock): Promise<ProbedAccount> {
  const { clean } = createScrubber([options.apiKey, options.apiSecret]);
  const transport = {
    destination: createDestination(options.environment, options.restUrl),
    pause: createPause(clock, options.backoffUntilMs),
    meter: createWeightMeter(clock.monoMs),
    clock,
    timeoutMs: options.requestTimeoutMs,
    emit: () => undefined,
  };
  const ccxt = createCcxt(options, createFetch(transport, guardProbe), {
    recvWindowMs: options.recvWindowMs,
  });
  const read = createReader({ ccxt, clock, clean, onTimestampRefused: () => undefined });
  const measured = await readClock(read, clock);
  if (measured.kind === 'ok') ccxt.setTimeDifference(-measured.offsetMs);
  const [rules, keyRights, mode] = await Promise.all([
    readRules(read),
    options.environment === 'testnet'
      ? ({ kind: 'unknown', why: 'the testnet does not tell' } as const)
      : readKeyRights(read),
    createPositionModeCache(read, clock.monoMs).get(),
  ]);
  return {
    clock: measured,
    rules,
    keyRights,
    positionMode:
      mode.mode === null
        ? { kind: 'failed', error: mode.reports.find(({ error }) => error !== '')?.error ?? 'not told' }
        : { kind: 'ok', mode: mode.mode },
  };
}

/** Lets a GET pass, and nothing else whatever. */
export const guardProbe: Guard = ({ method, path, params }) => {
  if (method !== 'GET') return `${method} ${path} is not allowed: a probe only reads`;
  return params === null ? `${method} ${path} names a parameter twice` : null;
};
