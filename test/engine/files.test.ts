import { describe, expect, test } from 'bun:test';
import { chmodSync, linkSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Disk, realDisk } from '../../src/engine/disk.ts';
import {
  checkOwnDirectory,
  checkPrivateFile,
  ensurePrivateDirectory,
  readPrivateFile,
  replaceFile,
} from '../../src/engine/files.ts';
import { scratch } from './durable.ts';

const ownedBy = (ownerUid: number): Disk => ({
  ...realDisk,
  lookup: (path) => {
    const facts = realDisk.lookup(path);
    return facts === null ? null : { ...facts, ownerUid };
  },
});

describe('private files', () => {
  test('a private file of ours is ok, whatever else is refused with what was found', () => {
    using directory = scratch();
    const path = join(directory.path, 'f');
    expect(checkPrivateFile(path).kind).toBe('missing');
    writeFileSync(path, 'x', { mode: 0o600 });
    expect(checkPrivateFile(path).kind).toBe('ok');
    for (const mode of [0o640, 0o604, 0o620, 0o602]) {
      chmodSync(path, mode);
      expect(checkPrivateFile(path)).toMatchObject({ kind: 'refused' });
    }
    chmodSync(path, 0o600);
    expect(checkPrivateFile(path, ownedBy(54_321))).toMatchObject({ kind: 'refused' });
    symlinkSync(path, `${path}.link`);
    expect(checkPrivateFile(`${path}.link`)).toMatchObject({ kind: 'refused' });
    linkSync(path, `${path}.hard`);
    expect(checkPrivateFile(path)).toMatchObject({ kind: 'refused' });
    expect(checkPrivateFile(directory.path)).toMatchObject({ kind: 'refused' });
  });

  test('a directory of ours may be read by others but not written, and is no link', () => {
    using directory = scratch();
    const made = join(directory.path, 'a', 'b');
    expect(ensurePrivateDirectory(made).kind).toBe('ok');
    expect(statSync(made).mode & 0o777).toBe(0o700);
    chmodSync(made, 0o755);
    expect(checkOwnDirectory(made).kind).toBe('ok');
    chmodSync(made, 0o775);
    expect(checkOwnDirectory(made).kind).toBe('refused');
    chmodSync(made, 0o700);
    symlinkSync(made, join(directory.path, 'link'));
    expect(ensurePrivateDirectory(join(directory.path, 'link')).kind).toBe('refused');
    expect(checkOwnDirectory(made, ownedBy(54_321)).kind).toBe('refused');
  });

  test('replacing never follows a link left in its way', () => {
    using directory = scratch();
    const path = join(directory.path, 'f');
    const other = join(directory.path, 'other');
    writeFileSync(other, 'keep');
    symlinkSync(other, `${path}.new`);
    expect(() => replaceFile(path, 'new')).toThrow();
    expect(readFileSync(other, 'utf8')).toBe('keep');
  });

  test('goes on after short writes and reads back what was written, up to its limit', () => {
    using directory = scratch();
    const path = join(directory.path, 'f');
    const short: Disk = {
      ...realDisk,
      write: (fd, bytes, position) => realDisk.write(fd, bytes.subarray(0, 3), position),
    };
    replaceFile(path, 'hello world', short);
    expect(readPrivateFile(path, 11)).toBe('hello world');
    expect(() => readPrivateFile(path, 10)).toThrow('longer');
    mkdirSync(join(directory.path, 'd'));
    expect(readPrivateFile(join(directory.path, 'none'), 10)).toBeNull();
  });
});
