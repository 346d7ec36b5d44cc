/**
 * Brings up what a daemon stands on, one thing after the other: directories, log, keys, lock, latch, journal. Each
 * failure is a sentence and an exit code, and what was already taken is given back.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Account, readAccount } from '../config/account.ts';
import type { Settings } from '../config/load.ts';
import type { Clock } from '../engine/clock.ts';
import { ensurePrivateDirectory } from '../engine/files.ts';
import { type Journal, noJournal, openJournal } from '../engine/journal.ts';
import { type Latch, openLatch } from '../engine/latch.ts';
import { acquireLock } from '../engine/lock.ts';
import { openPauseRecord, type PauseRecord, pausePath } from '../engine/pause-record.ts';
import { adoptCommand, type Places } from '../launch/places.ts';
import { createLog, type Log } from '../ops/log.ts';
import type { Leadership } from './core.ts';

export interface Surroundings {
  readonly account: Account;
  readonly log: Log;
  readonly leadership: Leadership;
  readonly latch: Latch;
  readonly journal: Journal;
  readonly pauseRecord: PauseRecord;
  readonly giveBack: () => void;
}

/** What stopped a start. */
export interface StartFailure {
  readonly ok: false;
  readonly exitCode: number;
  readonly problem: string;
}

const CONFIG = 78;
const TEMPORARY = 75;

/** Takes everything, or nothing. */
export function takeSurroundings(input: {
  readonly settings: Settings;
  readonly places: Places;
  readonly clock: Clock;
  readonly host: string;
  readonly stderr: ((line: string) => void) | null;
  readonly onLogProblem: (problem: string) => void;
}): ({ readonly ok: true } & Surroundings) | StartFailure {
  const { settings, places, clock } = input;
  for (const directory of [places.stateDir, dirname(places.auditPath)]) {
    const refused = refusalOf(directory);
    if (refused !== null) return fail(CONFIG, `the directory ${directory} can't be used: ${refused}`);
  }
  const read = readAccount(settings, places);
  if (!read.ok) return fail(CONFIG, read.problem);
  const { account } = read;
  const latchPath = join(account.directory, 'latch');
  const firstUse = !['lock.sqlite', 'audit-head.json'].some((name) =>
    existsSync(join(account.directory, name)),
  );
  const lock = acquireLock(join(account.directory, 'lock.sqlite'), {
    pid: process.pid,
    host: input.host,
    sinceMs: clock.wallMs(),
    socket: places.socketPath,
  });
  if (!lock.held)
    return fail(
      lock.busy ? TEMPORARY : CONFIG,
      !lock.busy ? lock.why : `${lock.why}: a second one is not started`,
    );
  const latch = openLatch({ path: latchPath, firstUse, nowMs: clock.wallMs() });
  const pauseRecord = openPauseRecord(pausePath(account.directory));
  const headPath = join(account.directory, 'audit-head.json');
  const journal = settings.audit.enabled
    ? openJournal({
        path: places.auditPath,
        headPath,
        clock,
        maxFileBytes: settings.audit.maxFileMb * 2 ** 20,
        keepMs: settings.audit.keepDays * 86_400_000,
        adoptCommand: adoptCommand(places),
      })
    : noJournal('the audit is switched off (audit.enabled, GRINDER_AUDIT_ENABLED)');
  const log = createLog({
    path: places.logPath,
    level: settings.log.level,
    environment: settings.exchange.environment,
    clock,
    ...(input.stderr === null ? {} : { stderr: input.stderr }),
    onProblem: input.onLogProblem,
  });
  const giveBack = () => {
    journal.close();
    log.close();
    lock.release();
  };
  return { ok: true, account, log, leadership: lock, latch, journal, pauseRecord, giveBack };
}

/** Makes the directory when it isn't there; says why it can't be used, or null. */
function refusalOf(directory: string): string | null {
  try {
    const check = ensurePrivateDirectory(directory);
    return check.kind === 'refused' ? check.why : null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function fail(exitCode: number, problem: string): StartFailure {
  return { ok: false, exitCode, problem };
}
