import { describe, expect, test } from 'bun:test';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { realDisk } from '../../src/engine/disk.ts';
import { openPauseRecord } from '../../src/engine/pause-record.ts';
import { scratch } from './durable.ts';

describe('the record of a pause', () => {
  test('is none before the first, and known to the next process from then on', () => {
    using directory = scratch();
    const path = join(directory.path, 'account', 'pause.json');
    const first = openPauseRecord(path);
    expect(first.untilMs).toBe(0);
    expect(first.keep(5000)).toBeNull();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(openPauseRecord(path).untilMs).toBe(5000);
  });

  test('keeps the later end, whichever was told last', () => {
    using directory = scratch();
    const path = join(directory.path, 'pause.json');
    const record = openPauseRecord(path);
    for (const untilMs of [5000, 9000, 7000]) expect(record.keep(untilMs)).toBeNull();
    expect(openPauseRecord(path).untilMs).toBe(9000);
    // The next process knows no less.
    openPauseRecord(path).keep(8000);
    expect(openPauseRecord(path).untilMs).toBe(9000);
  });

  test.each([
    '',
    'x',
    '{"schema_version":1}',
    '{"schema_version":1,"until_ms":"5"}',
    '{"schema_version":2,"until_ms":5}',
  ])('that says %p says nothing, and is replaced', (text) => {
    using directory = scratch();
    const path = join(directory.path, 'pause.json');
    writeFileSync(path, text, { mode: 0o600 });
    const record = openPauseRecord(path);
    expect(record.untilMs).toBe(0);
    expect(record.keep(5)).toBeNull();
    expect(openPauseRecord(path).untilMs).toBe(5);
  });

  test('that others may write says nothing', () => {
    using directory = scratch();
    const path = join(directory.path, 'pause.json');
    openPauseRecord(path).keep(5000);
    chmodSync(path, 0o666);
    expect(openPauseRecord(path).untilMs).toBe(0);
  });

  test('says why it could not be kept, leaves the one before whole, and tries again', () => {
    using directory = scratch();
    const path = join(directory.path, 'pause.json');
    openPauseRecord(path).keep(5000);
    let full = true;
    const record = openPauseRecord(path, {
      ...realDisk,
      fdatasync: (fd) => {
        if (full) throw new Error('EIO');
        realDisk.fdatasync(fd);
      },
    });
    expect(record.keep(9000)).toContain('EIO');
    expect(openPauseRecord(path).untilMs).toBe(5000);
    full = false;
    expect(record.keep(9000)).toBeNull();
    expect(readFileSync(path, 'utf8')).toContain('9000');
    expect(existsSync(`${path}.new`)).toBe(false);
  });
});
