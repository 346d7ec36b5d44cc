/** Gathers what the gates read, at one instant. What isn't known is null, and null closes its gate. */

import type { Settings } from '../config/load.ts';
import { type ChunkLimits, largestOrder } from '../engine/chunk.ts';
import { compareDecimals } from '../engine/decimal.ts';
import { feedAgeMs } from '../engine/expected.ts';
import type { OpenIntent } from '../engine/journal-state.ts';
import type { Instant } from '../engine/progress.ts';
import type { ExpectedState, StageNumber, Switches } from '../engine/types.ts';
import { dayUsage } from '../gates/budget.ts';
import type { DayUsage, GateWorld } from '../gates/gate.ts';
import { type Core, instant } from './core.ts';
import { protectedSymbols } from './leaning.ts';

/** The switches of a stage (contract, section 1). */
export function switchesOf(stage: StageNumber, action: Switches['action']): Switches {
  return {
    loop: stage > 0,
    action: stage >= 2 ? action : 'none',
    dryRun: stage < 3,
    allowActiveRemediation: stage >= 2,
    armed: stage === 4,
  };
}

/** The parts in which a position may be flattened, or null when only as a whole; no part passes a cap by itself. */
export function chunkLimits({ flatten, reconcile, budgets }: Settings): ChunkLimits | null {
  if (!flatten.inChunks) return null;
  const caps = [
    reconcile.maxFlattenNotionalUsdt,
    budgets.maxNotionalPerRunUsdt,
    budgets.maxNotionalPerDayUsdt,
  ];
  const [maxNotionalUsdt = '0'] = caps.toSorted(compareDecimals);
  return { maxNotionalUsdt, orderType: flatten.orderType, maxSlippageBps: flatten.maxSlippageBps };
}

/** Builds the gates' world. */
export function gateWorld(core: Core, expected: ExpectedState): GateWorld {
  const { settings, vitals, journal } = core;
  const now = instant(core.clock);
  const offsetMs = clockOffsetMs(core);
  const reconcile = settings.reconcile;
  return {
    stopLatched: core.interlock.latched(),
    isLeader: core.leadership.stillHeld(),
    otherExecutor: vitals.otherExecutor?.clientOrderId ?? null,
    audit: { enabled: settings.audit.enabled, healthy: journal.healthy(), problem: journal.problem() },
    switches: switchesOf(vitals.stage.inForce, reconcile.action),
    mode: reconcile.action,
    mainnetTrade: {
      required: settings.exchange.environment === 'mainnet' || reconcile.requireMainnetEnv === 'always',
      allowed: settings.wishes.mainnetTrade,
    },
    expected: {
      ageMs: feedAgeMs(expected, now),
      staleAfterMs: settings.expectedState.staleAfterMs,
      hasCheckpoint: expected.checkpoint !== null,
      settled: expected.settled,
      // The picture that was compared counts, and so does what is known of the feed since.
      fault: expected.fault ?? feedFault(core),
      appliedEventMs: expected.appliedEventMs,
      positionLagMs: settings.expectedState.positionLagMs,
    },
    exchangeNowMs: offsetMs === null ? null : now.nowMs + offsetMs,
    mass: vitals.mass,
    sideEffects: {
      protectedSymbols: protectedSymbols(expected, vitals.observation?.orders ?? []),
      strangers: vitals.strangers,
      hedgedSymbols: reconcile.hedgeGroups.flat(),
    },
    snapshot: {
      ageMs: snapshotAgeMs(core),
      complete: vitals.observation?.complete === true,
      maxAgeMs: settings.freshness.snapshotMaxAgeMs,
    },
    clock: {
      offsetMs,
      measuredAgeMs: vitals.clock === null ? null : now.nowMonoMs - vitals.clock.atMonoMs,
      limitMs: settings.freshness.clockOffsetMaxMs,
      maxAgeMs: settings.freshness.clockMeasuredMaxAgeMs,
    },
    backoffLeftMs: Math.max(
      0,
      vitals.backoff.untilMs - now.nowMs,
      vitals.backoff.untilMonoMs - now.nowMonoMs,
      journal.state().backoffUntilMs - now.nowMs,
    ),
    unresolvedSymbols: [...journal.state().openIntents.values()].map(({ symbol }) => symbol),
    sinceLastWriteMs: sinceLastWriteMs(core),
    cooldownMs: reconcile.cooldownSeconds * 1000,
    whitelist: reconcile.symbolWhitelist,
    identity: settings.identity,
    remediateProtective: reconcile.remediateProtectiveOrders,
    confirmAfterMs: reconcile.confirmAfterMs,
    prices: new Map(
      (vitals.observation?.prices ?? []).map((price) => [
        price.symbol,
        {
          markPrice: price.markPrice,
          ageMs: Math.max(now.nowMonoMs - price.readAtMonoMs, now.nowMs - price.atMs + (offsetMs ?? 0)),
        },
      ]),
    ),
    priceMaxAgeMs: settings.freshness.priceMaxAgeMs,
    largestOrders: new Map(
      [...vitals.rules.values()].map((rule) => [rule.symbol, largestOrder(rule, settings.flatten.orderType)]),
    ),
    limits: {
      maxFlattenNotionalUsdt: reconcile.maxFlattenNotionalUsdt,
      maxOrdersPerAction: reconcile.maxOrdersPerAction,
      maxSymbolsPerAction: reconcile.maxSymbolsPerAction,
      maxCallsPerRun: settings.budgets.maxCallsPerRun,
      maxNotionalPerRunUsdt: settings.budgets.maxNotionalPerRunUsdt,
      maxCallsPerDay: settings.budgets.maxCallsPerDay,
      maxNotionalPerDayUsdt: settings.budgets.maxNotionalPerDayUsdt,
    },
    day: budgetUsed(core),
  };
}

/** Why what the engine says can't be trusted, however young it is; null for nothing. */
export function feedFault({ feed }: Core): string | null {
  return (
    feed.problem() ?? feed.state().fault ?? (feed.isBehind() ? 'lines of the feed are not read yet' : null)
  );
}

/** Tells whether what the engine says is whole and young enough. */
export function isFeedWell(core: Core): boolean {
  const ageMs = feedAgeMs(core.feed.state(), instant(core.clock));
  return feedFault(core) === null && ageMs !== null && ageMs <= core.settings.expectedState.staleAfterMs;
}

/** Age of the last complete snapshot by the older of two clocks: only the wall's goes on in a suspend. Null before the first. */
export function snapshotAgeMs(core: Core): number | null {
  const { complete } = core.vitals;
  return complete === null
    ? null
    : olderMs(core, { nowMs: complete.endedAtMs, nowMonoMs: complete.startedMonoMs });
}

/** How long ago something was, by the clock that says more: the wall may be set back, and only it goes on in a suspend. */
export function olderMs({ clock }: Pick<Core, 'clock'>, then: Instant): number {
  return Math.max(clock.monoMs() - then.nowMonoMs, clock.wallMs() - then.nowMs);
}

/** How long ago the write of an INTENT was, by the clock that says more. */
export function intentAgeMs(core: Core, { intentId, atMs }: Pick<OpenIntent, 'intentId' | 'atMs'>): number {
  const nowMonoMs = core.vitals.dispatchedMonoMs.get(intentId) ?? core.clock.monoMs();
  return olderMs(core, { nowMs: atMs, nowMonoMs });
}

/** What the day's budgets have used, restarts included; null when it can't be told, as with an audit that is broken or off. */
export function budgetUsed(core: Core): DayUsage | null {
  if (linesLostLeftMs(core) > 0 || !core.journal.isWhole()) return null;
  const entries = core.journal.state().dispatches.map((dispatch) => ({
    ...dispatch,
    atMonoMs: core.vitals.dispatchedMonoMs.get(dispatch.intentId) ?? null,
  }));
  return dayUsage(entries, { wallMs: core.clock.wallMs(), monoMs: core.clock.monoMs() });
}

/** How many writes have no known outcome; null while lines are missing in which one may stand. */
export function openIntentsOf(core: Core): number | null {
  const isTold = core.journal.isWhole() && linesLostLeftMs(core) === 0;
  return isTold ? core.journal.state().openIntents.size : null;
}

/** How long writes that nobody knows of may still count: 24 h from the adoption of an audit that may lack lines. */
export function linesLostLeftMs({ journal, clock, vitals }: Core): number {
  const { linesLostAtMs } = journal.state();
  if (linesLostAtMs === null) return 0;
  const { linesLostMonoMs } = vitals;
  const byMono = linesLostMonoMs === null ? 0 : linesLostMonoMs + DAY_MS - clock.monoMs();
  return Math.max(0, linesLostAtMs + DAY_MS - clock.wallMs(), byMono);
}

const DAY_MS = 86_400_000;

/** Time since the last dispatch by the clock that says less has passed; Infinity when there was none. */
function sinceLastWriteMs(core: Core): number | null {
  const last = core.journal.state().dispatches.at(-1);
  if (last === undefined) return Number.POSITIVE_INFINITY;
  const byWall = Math.max(0, core.clock.wallMs() - last.atMs);
  const mono = core.vitals.dispatchedMonoMs.get(last.intentId);
  return mono === undefined ? byWall : Math.min(byWall, core.clock.monoMs() - mono);
}

/** The exchange's clock minus ours: as measured, less what our wall clock jumped since; null while unknown. */
export function clockOffsetMs({ vitals, clock }: Core): number | null {
  const measured = vitals.clock;
  if (measured?.kind !== 'ok') return null;
  const jumpedMs = clock.wallMs() - measured.atMs - (clock.monoMs() - measured.atMonoMs);
  return measured.offsetMs - jumpedMs;
}
