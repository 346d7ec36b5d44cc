/** Run by disk.test.ts under either runtime: tries to open a link for reading and for writing; prints what came of it. */
import { constants } from 'node:fs';
import { realDisk } from '../../src/engine/disk.ts';

const path = process.argv[2] ?? '';
const { O_RDONLY, O_WRONLY, O_CREAT, O_TRUNC } = constants;
const said = [O_RDONLY, O_WRONLY | O_CREAT | O_TRUNC].map((flags) => {
  try {
    realDisk.open(path, flags, 0o600);
    return 'opened';
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : String(error);
  }
});
process.stdout.write(JSON.stringify(said));
