/** What of an account one process alone may have: its lock, and, with that in hand, its latch, its pause and its audit. */
import { join } from 'node:path';
import type { Settings } from '../config/load.ts';
import type { Clock } from '../engine/clock.ts';
import type { Disk } from '../engine/disk.ts';
import { type Journal, type JournalOptions, noJournal, openJournal } from '../engine/journal.ts';
import { type Latch, openLatch } from '../engine/latch.ts';
import { acquireLock, type LockHolder, type LockMachine, thisLockMachine } from '../engine/lock.ts';
import { openPauseRecord, type PauseRecord, pausePath } from '../engine/pause-record.ts';
import { latchIdOf, standingStop } from '../engine/told-stop.ts';
import type { Leadership } from './core.ts';
import { keptElsewhere } from './kept-elsewhere.ts';

export interface HeldAccount {
  readonly leadership: Leadership;
  readonly latch: Latch;
  readonly journal: Journal;
  readonly pauseRecord: PauseRecord;
}

/** What stopped a start. */
export interface StartFailure {
  readonly ok: false;
  readonly exitCode: number;
  readonly problem: string;
}

export interface TakeAccountInputs {
  /** Where the account's lock, latch and audit head are. */
  readonly directory: string;
  /** Where another process, or an earlier program, may keep the same; absent: nowhere. */
  readonly otherDirectories?: readonly string[];
  readonly settings: Pick<Settings, 'audit'>;
  readonly auditPath: string;
  /** What an operator types to accept an audit that is refused. */
  readonly adoptCommand: string;
  readonly clock: Clock;
  /** What whoever comes second is told. */
  readonly self: LockHolder;
  /** This machine's, unless it is told. */
  readonly lock?: LockMachine;
  readonly newLatchId?: () => string;
  readonly sizes?: Pick<JournalOptions, 'maxFileBytes' | 'pieceBytes'>;
}

const CONFIG = 78;
const TEMPORARY = 75;

/** Takes all of it, or nothing: who has not the lock opens no latch and no audit. */
export function takeAccount(input: TakeAccountInputs): ({ readonly ok: true } & HeldAccount) | StartFailure {
  const { directory, settings, clock, auditPath, lock: lockMachine = thisLockMachine } = input;
  const { disk } = lockMachine;
  const elsewhere = keptElsewhere(directory, input.otherDirectories ?? [], disk);
  if (elsewhere !== null)
    return { ok: false, exitCode: elsewhere.busy ? TEMPORARY : CONFIG, problem: elsewhere.problem };
  const headPath = join(directory, 'audit-head.json');
  const lockPath = join(directory, 'lock.sqlite');
  const firstUse = ![lockPath, headPath].some((path) => isThere(path, disk));
  const lock = acquireLock(lockPath, input.self, lockMachine);
  if (!lock.held)
    return {
      ok: false,
      exitCode: lock.busy ? TEMPORARY : CONFIG,
      problem: lock.busy ? `${lock.why}: a second one is not started` : lock.why,
    };
  const { newLatchId: newId } = input;
  const latch = openLatch({
    ...{ path: join(directory, 'latch'), firstUse, nowMs: clock.wallMs(), disk },
    ...(newId === undefined ? {} : { newId }),
  });
  const { audit } = settings;
  const journal = audit.enabled
    ? openJournal({
        ...{ path: auditPath, headPath, clock, disk, adoptCommand: input.adoptCommand },
        maxFileBytes: audit.maxFileMb * 2 ** 20,
        keepMs: audit.keepDays * DAY_MS,
        ...input.sizes,
      })
    : noJournal('the audit is switched off (audit.enabled, GRINDER_AUDIT_ENABLED)');
  recallStop(latch, journal);
  return {
    ok: true,
    leadership: lock,
    latch,
    journal,
    pauseRecord: openPauseRecord(pausePath(directory), disk),
  };
}

const DAY_MS = 86_400_000;

/**
 * Latches for a stop that the audit tells of and the latch's file doesn't: a file that didn't take it must not undo it at the
 * next start. An audit that can't be relied on tells nothing here; it holds the stage down by itself.
 */
function recallStop(latch: Latch, journal: Journal): void {
  if (latch.current().latched || !journal.healthy()) return;
  const told = standingStop(journal.state());
  if (told === null) return;
  const reason = `stop ${latchIdOf(told)} of the audit, which its file did not keep`;
  latch.set({ by: told.operator ?? 'unknown', reason, atMs: told.ts_ms });
}

/** What can't be looked for is there: a latch that is missing then counts as set. */
function isThere(path: string, disk: Disk): boolean {
  try {
    return disk.lookup(path) !== null;
  } catch {
    return true;
  }
}
