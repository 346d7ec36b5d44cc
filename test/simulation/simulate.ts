/** Runs one seed from its first event to its verdict. */
import type { Coverage } from './coverage.ts';
import { heal, isFree, lookBack, unfulfilled } from './healing.ts';
import { createHealingWatch, type HealingWatch } from './lasting.ts';
import { startMischief } from './mischief.ts';
import type { Violation } from './observer.ts';
import { createWorld, type World } from './world.ts';

export interface SeedResult {
  readonly seed: number;
  readonly violation: Violation | null;
  /** Hours until it was broken, of the kind that `hours` counts; null when nothing was. */
  readonly brokenAfterHours: number | null;
  /** How many pieces of mischief there were. */
  readonly acts: number;
  /** Hash over everything that happened. */
  readonly traceHash: string;
  readonly simulatedMs: number;
  readonly coverage: Coverage;
}

export interface SeedOptions {
  /** Bad hours before the world heals; in a slow world each counts for many. */
  readonly hours: number;
  /** What is left out: `act N`, the N-th piece of mischief, or `writes`, `reads`, `stream`. */
  readonly without?: ReadonlySet<string>;
  readonly onTrace?: (line: string) => void;
}

const HOUR_MS = 3_600_000;
/** By then everything must have happened that has to; most of it has long before. */
const HEALING_MS = HOUR_MS / 3;
/** Older than what liveness gives any item, so that what was there before the healing is judged. */
const HEALED_AT_LEAST_MS = HOUR_MS / 8;
const HEALING_LOOK_MS = HOUR_MS / 40;
const LOOK_MS = 15_000;

/** Runs it; the same seed and hours give the same result. */
export function simulate(seed: number, { hours, onTrace, without }: SeedOptions): SeedResult {
  const world = createWorld(seed, { onTrace: onTrace ?? null, without: without ?? new Set() });
  const { timeline, observer, operator } = world;
  const { pace } = world.scenario;
  const beganMs = timeline.nowMs();
  world.start();
  startMischief(world);
  let healing: HealingWatch | null = null;
  const look = (): void => {
    if (!timeline.asleep()) {
      tendProcess(world);
      operator.look();
    }
    healing?.look(world.process());
    const asleepMs = Math.max(0, world.startsAfterMs() - timeline.nowMs());
    timeline.after(asleepMs + LOOK_MS * pace.looks + world.random.whole(0, 3000), null, look);
  };
  look();
  const watch = (): boolean => {
    observer.step(world.everyone());
    world.springTrap();
    return observer.violation() !== null;
  };
  try {
    timeline.runUntil(beganMs + hours * pace.hours * HOUR_MS, watch);
    if (observer.violation() === null) {
      // Until it is up: what goes wrong goes on meanwhile, and may take it away again.
      while (observer.violation() === null && (timeline.asleep() || timeline.nowMs() < world.startsAfterMs()))
        timeline.runUntil(timeline.nowMs() + LOOK_MS, watch);
      heal(world);
      healing = createHealingWatch(world);
      recover(world, { healing, watch });
    }
  } catch (error) {
    observer.fail('bug', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  const violation = observer.violation();
  return {
    seed,
    violation,
    brokenAfterHours: violation === null ? null : (violation.atMs - beganMs) / HOUR_MS / pace.hours,
    acts: world.coverage.counts().get('acts') ?? 0,
    traceHash: world.traceHash(),
    simulatedMs: timeline.nowMs() - beganMs,
    coverage: world.coverage,
  };
}

/** Waits until what must happen then has happened. */
function recover(
  world: World,
  { healing, watch }: { readonly healing: HealingWatch; readonly watch: () => boolean },
): void {
  const { timeline, observer } = world;
  const { looks } = world.scenario.pace;
  const healedMs = timeline.nowMs();
  for (let passedMs = HEALED_AT_LEAST_MS; observer.violation() === null; passedMs += HEALING_LOOK_MS) {
    timeline.runUntil(healedMs + passedMs * looks, watch);
    const missed = unfulfilled(world) ?? (isFree(world) ? healing.missed() : null);
    if (missed === null) {
      lookBack(world);
      return;
    }
    const isOver = passedMs >= HEALING_MS && (!isGettingOn(world) || passedMs >= 3 * HEALING_MS);
    if (isOver) observer.fail(...missed);
  }
}

/** A position that is closed in parts, or the last of many orders, has to wait for its turn. */
function isGettingOn({ observer, timeline, scenario }: World): boolean {
  const last = observer.knowledge.sent.findLast(({ executed }) => executed === true);
  if (last === undefined) return false;
  return timeline.nowMs() - last.departure.atMs < HEALED_AT_LEAST_MS * scenario.pace.looks;
}

/** What systemd and an operator do: a dead process is started again, one whose audit failed too. */
function tendProcess(world: World): void {
  const { timeline, random } = world;
  const process = world.process();
  if (process === null) {
    if (timeline.nowMs() >= world.startsAfterMs()) world.start();
    return;
  }
  const isSpoiled = world.observer.knowledge.tampered;
  if (!process.core.journal.healthy() && !isSpoiled && random.chance(0.2)) world.restart();
  // It says so itself, and what to do.
  else if (!process.core.leadership.stillHeld() && random.chance(0.15)) world.restart();
}
