/** Whether anything else has written to the journal's file, cut it or put another in its place. */
import type { Disk } from './disk.ts';
import { type OpenFile, openedFile } from './journal-open.ts';

/** Something else has: it is no longer this process's to write. */
export class TouchedError extends Error {}

/** Throws when the file is not as it was left, and what the disk throws. */
export function expectUntouched(path: string, file: OpenFile, disk: Disk): void {
  const { size } = disk.facts(file.fd);
  if (size !== file.size)
    throw new TouchedError(
      `the file is ${size} bytes, expected ${file.size}: something else wrote to it or cut it`,
    );
  if (disk.lookup(path)?.inode !== file.inode)
    throw new TouchedError('the file was moved, replaced or deleted');
}

/** The same as an answer; what a failing disk doesn't tell is no. */
export function wasTouched(path: string, file: OpenFile, disk: Disk): boolean {
  try {
    expectUntouched(path, file, disk);
    return false;
  } catch (error) {
    return error instanceof TouchedError;
  }
}

/** The file as it is now; null when the disk doesn't tell. */
export function look({ fd }: OpenFile, disk: Disk): OpenFile | null {
  try {
    return openedFile(fd, disk);
  } catch {
    return null;
  }
}
