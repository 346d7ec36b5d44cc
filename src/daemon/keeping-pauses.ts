/** Keeps the end of a pause that the exchange asked for, because a ban outlives a restart. */
import { entryBase } from './ceremony.ts';
import type { Core } from './core.ts';
import { clockOffsetMs } from './world.ts';

/** A clock is slewed by less between two heartbeats. */
const MOVED_MS = 1000;

/** Keeps it in the audit, and apart from it because it outlives an audit too; `untilMs` is wall time. What fails is logged. */
export function keepPause(core: Core, untilMs: number, why: string): void {
  const notKept = core.pauseRecord.keep(untilMs);
  if (notKept !== null) core.notebook.log('warn', 'EXCHANGE_BACKOFF', notKept);
  core.journal.append({
    ...entryBase(core),
    event_type: 'CHECKPOINT',
    details: { backoff_until_ms: untilMs, why },
  });
}

/**
 * Keeps it anew where the wall clock was moved past what is kept, and is right now as far as the exchange's own tells: the
 * next process has nothing else to go by. A clock that is wrong may draw no pause out.
 */
export function keepPauseAnew(core: Core): void {
  const { vitals, clock } = core;
  const leftMs = vitals.backoff.untilMonoMs - clock.monoMs();
  const untilMs = clock.wallMs() + leftMs;
  if (leftMs <= 0 || untilMs - vitals.backoff.untilMs <= MOVED_MS) return;
  const offsetMs = clockOffsetMs(core);
  if (offsetMs === null || Math.abs(offsetMs) > core.settings.freshness.clockOffsetMaxMs) return;
  vitals.backoff = { ...vitals.backoff, untilMs };
  keepPause(core, untilMs, 'the wall clock was moved');
}
