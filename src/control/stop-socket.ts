/**
 * A socket for stopping alone: `POST /v1/stop` and `GET /v1/status`, for a group that may do nothing else.
 *
 * It lies in a directory of its own, because the control socket's is closed to everybody but its user.
 */
import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ControlTarget } from './control.ts';
import type { ControlLog } from './routes.ts';
import { type ControlServer, startControlServer } from './server.ts';

export interface StopSocketOptions {
  /** Absolute, at most 107 bytes. */
  readonly socketPath: string;
  /** Name or number of the group that may connect; null: this user alone. */
  readonly group: string | null;
  readonly target: ControlTarget;
  readonly log: ControlLog;
  /** Where group names are looked up. */
  readonly groupFile?: string;
}

/** Serves stop and status until closed; every reason not to start is a problem in words. */
export async function startStopSocket(options: StopSocketOptions): Promise<ControlServer> {
  const { socketPath, group, target, log } = options;
  const gid = group === null ? null : groupId(group, options.groupFile ?? '/etc/group');
  if (typeof gid === 'string') return { ok: false, problem: gid };
  const directory = dirname(socketPath);
  try {
    const refused = prepareDirectory(directory, gid);
    if (refused !== null) return { ok: false, problem: `the stop socket can't be opened: ${refused}` };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ok: false, problem: `the stop socket's directory ${directory} can't be used: ${why}` };
  }
  return startControlServer({ socketPath, target, log, surface: 'stop', gid });
}

/** The group's number, or why there is none. */
function groupId(group: string, groupFile: string): number | string {
  if (/^\d{1,9}$/.test(group)) return Number(group);
  try {
    const line = readFileSync(groupFile, 'utf8')
      .split('\n')
      .find((one) => one.startsWith(`${group}:`));
    const gid = Number(line?.split(':')[2] ?? Number.NaN);
    return Number.isInteger(gid) ? gid : `control.stop_group: there is no group ${group} in ${groupFile}`;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `control.stop_group: the group ${group} can't be looked up (${why}); name its number`;
  }
}

/** Makes a directory that the group may pass and nobody else may change; says what is wrong with one that is there. */
function prepareDirectory(directory: string, gid: number | null): string | null {
  if (lstatSync(directory, { throwIfNoEntry: false }) === undefined) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (gid !== null) {
      chownSync(directory, process.getuid?.() ?? 0, gid);
      chmodSync(directory, 0o710);
    }
  }
  const found = lstatSync(directory);
  const mode = found.mode & 0o777;
  if (!found.isDirectory()) return `${directory} is no real directory`;
  if (found.uid !== (process.getuid?.() ?? found.uid) && found.uid !== 0)
    return `${directory} belongs to user ${found.uid}`;
  if ((mode & 0o022) !== 0) return `${directory} has mode ${mode.toString(8)}: others can write into it`;
  if (gid === null) return null;
  const passable = (mode & 0o001) !== 0 || (found.gid === gid && (mode & 0o010) !== 0);
  return passable
    ? null
    : `group ${gid} can't pass ${directory} (mode ${mode.toString(8)}, group ${found.gid}): name a directory of its own, or run chgrp ${gid} and chmod 710 on it`;
}
