/**
 * Brings up what a daemon stands on, one thing after the other: directories, log, keys, lock, latch, journal. Each
 * failure is a sentence and an exit code, and what was already taken is given back.
 */
import { dirname } from 'node:path';
import { type Account, readAccount } from '../config/account.ts';
import type { Settings } from '../config/load.ts';
import type { Clock } from '../engine/clock.ts';
import { ensurePrivateDirectory } from '../engine/files.ts';
import { adoptCommand, type Places } from '../launch/places.ts';
import { createLog, type Log } from '../ops/log.ts';
import { type HeldAccount, type StartFailure, takeAccount } from './held-account.ts';

export interface Surroundings extends HeldAccount {
  readonly account: Account;
  readonly log: Log;
  readonly giveBack: () => void;
}

const CONFIG = 78;

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
  const held = takeAccount({
    directory: account.directory,
    otherDirectories: account.otherDirectories,
    settings,
    auditPath: places.auditPath,
    adoptCommand: adoptCommand(places),
    clock,
    self: {
      pid: process.pid,
      host: input.host,
      sinceMs: clock.wallMs(),
      socket: places.socketPath,
      daemon: {
        environment: settings.exchange.environment,
        stateDir: places.stateDir,
        configPath: places.configPath,
      },
    },
  });
  if (!held.ok) return held;
  const log = createLog({
    path: places.logPath,
    level: settings.log.level,
    environment: settings.exchange.environment,
    clock,
    ...(input.stderr === null ? {} : { stderr: input.stderr }),
    onProblem: input.onLogProblem,
  });
  const giveBack = () => {
    held.journal.close();
    log.close();
    held.leadership.release();
  };
  return { ...held, account, log, giveBack };
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
