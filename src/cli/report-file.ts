/** Puts a report where the operator named a file. */
import { constants, fchmodSync, ftruncateSync } from 'node:fs';
import { realDisk } from '../engine/disk.ts';
import { writeAll } from '../engine/files.ts';
import { TITLE } from '../ops/report-sections.ts';
import type { CliContext } from './context.ts';
import { plain } from './print.ts';

/**
 * Prints a report, or writes it to the file of --output with mode 0600.
 *
 * Throws a sentence for a link, for what is no regular file, and for a file that holds anything but a report: a slip of
 * the hand must not cost an audit, a configuration or a key.
 */
export function putReport(context: CliContext, text: string): void {
  const { reportPath } = context.places;
  if (reportPath === null) {
    context.stdout(text);
    return;
  }
  const found = realDisk.lookup(reportPath);
  if (found !== null && (found.kind !== 'file' || found.links !== 1))
    throw new Error(
      `${reportPath} is ${found.kind === 'file' ? 'a file of several names' : `a ${found.kind}`}, expected a file of its own; name another with --output`,
    );
  const fd = realDisk.open(reportPath, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    if (!isReplaceable(fd))
      throw new Error(
        `${reportPath} holds something that is no report, and was left as it is; name another file with --output`,
      );
    fchmodSync(fd, 0o600);
    ftruncateSync(fd, 0);
    writeWhole(fd, new TextEncoder().encode(text));
  } finally {
    realDisk.close(fd);
  }
  context.stdout(`report written to ${plain(reportPath)}\n`);
}

const LOOKED_AT_BYTES = 512;

/** Nothing yet, or a report of any format. */
function isReplaceable(fd: number): boolean {
  const bytes = new Uint8Array(LOOKED_AT_BYTES);
  const start = new TextDecoder().decode(bytes.subarray(0, realDisk.read(fd, bytes, 0)));
  return (
    start === '' ||
    start.startsWith(`# ${TITLE}\n`) ||
    (start.startsWith('<!doctype html>') && start.includes(`<title>${TITLE}</title>`)) ||
    start.startsWith('{"schema_version":1,"generated_at_ms":')
  );
}

/** Half a report could pass for a whole one: what the disk doesn't take leaves none. */
function writeWhole(fd: number, bytes: Uint8Array): void {
  try {
    writeAll(realDisk, fd, bytes, 0);
  } catch (error) {
    ftruncateSync(fd, 0);
    throw error;
  }
}
