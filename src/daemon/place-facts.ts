/** What the disk tells about the daemon's own places. Reads only. */
import { dirname } from 'node:path';
import type { Settings } from '../config/load.ts';
import { type Disk, realDisk } from '../engine/disk.ts';
import { describeError } from '../engine/files.ts';
import type { PrerequisiteFacts } from '../engine/prerequisites.ts';
import type { Places } from '../launch/places.ts';

/** What the settings and the places by themselves say: all facts but those of exchange and audit. */
export function settledFacts(
  settings: Settings,
  places: Places,
  disk: Disk = realDisk,
): Omit<PrerequisiteFacts, 'symbols' | 'auditProblem' | 'clock' | 'keyRights'> {
  const { reconcile, budgets, identity, freshness } = settings;
  return {
    identity,
    whitelist: reconcile.symbolWhitelist,
    hedgedSymbols: reconcile.hedgeGroups.flat(),
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
    disk: freeSpace(dirname(places.auditPath), disk),
    modes: openToOthers([places.stateDir, dirname(places.socketPath)], disk),
  };
}

/** Free bytes for this user on a directory's file system. */
export function freeSpace(directory: string, disk: Disk = realDisk): PrerequisiteFacts['disk'] {
  try {
    return { freeBytes: disk.freeBytes(directory) };
  } catch (error) {
    return { why: describeError(error) };
  }
}

function openToOthers(paths: readonly string[], disk: Disk): PrerequisiteFacts['modes'] {
  try {
    return { open: paths.filter((path) => (modeOf(path, disk) & 0o022) !== 0) };
  } catch (error) {
    return { why: describeError(error) };
  }
}

/** A directory reached by a link counts as open to others: whoever may move the link decides what it leads to. */
function modeOf(path: string, disk: Disk): number {
  const facts = disk.lookup(path);
  if (facts === null) throw new Error(`${path} is not there`);
  return facts.mode;
}
