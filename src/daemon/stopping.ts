/**
 * Stop: latched in shared memory first, then durably; everything else follows. Never refused, needs no disk, no network
 * and no other thread to take effect.
 */
import type { Latch } from '../engine/latch.ts';
import { removeStopFile, stopFileMark } from '../engine/stop-file.ts';
import { entryBase, sendStageEvent } from './ceremony.ts';
import type { Core, LatchState } from './core.ts';

export interface StopRequest {
  readonly by: string;
  readonly reason: string;
}

/**
 * Latches. While it is latched a further call changes nothing but the latch's id, so that a clear on its way, of the id
 * that somebody saw before, can't undo this stop.
 */
export function stop(core: Core, latch: Latch, request: StopRequest): LatchState {
  core.interlock.setLatch();
  core.interlock.allowWrites(false);
  const { vitals } = core;
  const before = vitals.latch;
  const atMs = core.clock.wallMs();
  const durable = latch.set({ ...request, atMs });
  const reading = latch.current();
  const state: LatchState = {
    id: reading.latched ? reading.latchId : 'memory',
    by: before?.by ?? request.by,
    reason: before?.reason ?? request.reason,
    atMs: before?.atMs ?? atMs,
    atMonoMs: before?.atMonoMs ?? core.clock.monoMs(),
    durable,
    executedAtStop: before?.executedAtStop ?? core.totals.all().executed,
    verdict: before?.durable === durable ? before.verdict : null,
  };
  vitals.latch = state;
  vitals.canary = null;
  if (before === null) vitals.mismatchSinceStop = false;
  sendStageEvent(core, { type: 'stop', by: request.by });
  core.journal.append({
    ...entryBase(core),
    event_type: 'STOP_LATCHED',
    operator: request.by,
    details: { latch_id: state.id, reason: request.reason, durable },
  });
  core.notebook.note(
    'alarm',
    'STOP_LATCHED',
    `${latchText(state)} (by ${request.by}${request.reason === '' ? '' : `: ${request.reason}`})`,
    { latch_id: state.id, durable },
  );
  core.notebook.alarm('latch', durable ? null : NOT_ON_DISK);
  return state;
}

const NOT_ON_DISK = 'the stop latch is not on disk: do not restart before it is';

/** What the latch says of itself. */
export function latchText(state: Pick<LatchState, 'durable'>): string {
  return state.durable ? 'LATCHED' : 'LATCHED, NOT DURABLE, DO NOT RESTART';
}

/**
 * Stops for a file STOP. One that comes, or is touched again, while it is latched is a newer stop: a clear of the older one
 * must not take it away. So is one that a start finds beside a latch: nobody was there to take it when it came.
 */
export function obeyStopFile(
  { vitals, places, machine }: Core,
  stopNow: (by: string, reason: string) => unknown,
): void {
  const mark = stopFileMark(places.stateDir, machine.disk);
  if (mark !== null && (vitals.latch === null || mark !== vitals.stopFileSeen))
    stopNow('STOP file', `a file STOP in ${places.stateDir}`);
  vitals.stopFileSeen = mark;
}

/** Clears exactly the latch that was named; returns why not, or null. */
export function clearStop(
  core: Core,
  latch: Latch,
  request: { readonly latchId: string; readonly by: string },
): string | null {
  // It may have come since the last look.
  obeyStopFile(core, (by, reason) => stop(core, latch, { by, reason }));
  const state = core.vitals.latch;
  if (state === null) return 'there is no stop latch to clear';
  if (state.id !== request.latchId)
    return `the latch in force is ${state.id}, not ${request.latchId}: look at it first`;
  if (!removeStopFile(core.places.stateDir, core.machine.disk))
    return `the file STOP in ${core.places.stateDir} can't be removed`;
  const cleared = latch.clear(request.latchId);
  if (cleared.kind === 'not_current')
    return `the latch in force is ${cleared.latchId ?? 'another'}, not ${request.latchId}`;
  if (cleared.kind === 'not_durable') {
    // What the disk holds now is anybody's guess: a restart may find it clear.
    core.vitals.latch = { ...state, durable: false, verdict: null };
    core.notebook.alarm('latch', NOT_ON_DISK);
    return `the latch can't be cleared durably and stays: ${cleared.why}`;
  }
  core.vitals.latch = null;
  core.notebook.alarm('latch', null);
  core.interlock.clearLatch();
  sendStageEvent(core, { type: 'clear_stop', by: request.by });
  core.journal.append({
    ...entryBase(core),
    event_type: 'STOP_CLEARED',
    operator: request.by,
    details: { latch_id: request.latchId },
  });
  core.notebook.note(
    'warn',
    'STOP_CLEARED',
    `stop latch ${request.latchId} cleared by ${request.by}: stage 0`,
    { latch_id: request.latchId },
  );
  return null;
}

/** The verdict on a stop once its time is over (contract: 60 s); pure. */
export function verifyStop(input: {
  readonly durable: boolean;
  /** Null when the audit can't tell, because lines of it are missing or none are kept. */
  readonly openIntents: number | null;
  readonly executedSince: number;
  readonly completeReadSince: boolean;
  readonly mismatchSeen: boolean;
}): string {
  const open = [
    ...(input.durable ? [] : ['the latch is not durable']),
    ...intentsOpen(input.openIntents),
    ...(input.executedSince === 0 ? [] : [`${input.executedSince} execution(s) after the stop`]),
    ...(input.completeReadSince ? [] : ['no complete read of the exchange since']),
  ];
  const silence = input.mismatchSeen ? '' : '; no mismatch in that time, so this proves little';
  return open.length === 0 ? `STOPPED OK${silence}` : `STOPPED, open: ${open.join(', ')}${silence}`;
}

function intentsOpen(count: number | null): readonly string[] {
  if (count === null) return ['the audit does not tell whether a write is without a known outcome'];
  return count === 0 ? [] : [`${count} write(s) without a known outcome`];
}
