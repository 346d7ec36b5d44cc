/** What the disk tells about the daemon's own places. Reads only. */
import { statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Settings } from '../config/load.ts';
import { describeError } from '../engine/files.ts';
import type { PrerequisiteFacts } from '../engine/prerequisites.ts';
import type { Places } from '../launch/places.ts';

/** What the settings and the places by themselves say: all facts but those of exchange and audit. */
export function settledFacts(
  settings: Settings,
  places: Places,
): Omit<PrerequisiteFacts, 'symbols' | 'auditProblem' | 'clock' | 'keyRights'> {
  const { reconcile, budgets, identity, freshness } = settings;
  return {
    identity,
    whitelist: reconcile.symbolWhitelist,
    flattenCapUsdt: reconcile.maxFlattenNotionalUsdt,
    cooldownSeconds: reconcile.cooldownSeconds,
    limits: [
      ['orders a run', String(reconcile.maxOrdersPerAction)],
      ['symbols a run', String(reconcile.maxSymbolsPerAction)],
      ['calls a run', String(budgets.maxCallsPerRun)],
      ['USDT a run', budgets.maxNotionalPerRunUsdt],
      ['calls a day', String(budgets.maxCallsPerDay)],
      ['USDT a day', budgets.maxNotionalPerDayUsdt],
    ],
    clockLimitMs: freshness.clockOffsetMaxMs,
    disk: freeSpace(dirname(places.auditPath)),
    modes: openToOthers([places.stateDir, dirname(places.socketPath)]),
  };
}

/** Free bytes for this user on a directory's file system. */
export function freeSpace(directory: string): PrerequisiteFacts['disk'] {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return { freeBytes: bavail * bsize };
  } catch (error) {
    return { why: describeError(error) };
  }
}

function openToOthers(paths: readonly string[]): PrerequisiteFacts['modes'] {
  try {
    return { open: paths.filter((path) => (statSync(path).mode & 0o022) !== 0) };
  } catch (error) {
    return { why: describeError(error) };
  }
}
