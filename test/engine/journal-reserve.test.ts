import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Disk, realDisk } from '../../src/engine/disk.ts';
import { type Journal, openJournal } from '../../src/engine/journal.ts';
import { RESERVE_BYTES, reservePath } from '../../src/engine/journal-reserve.ts';
import { verifyJournal } from '../../src/engine/journal-verify.ts';
import { openLatch } from '../../src/engine/latch.ts';
import { entry, type Fault, faultyDisk, handClock, intentEntry, outcomeEntry, scratch } from './durable.ts';

setDefaultTimeout(90_000);

const places = (directory: string) => ({
  path: join(directory, 'audit', 'reconcile.jsonl'),
  headPath: join(directory, 'account', 'head.json'),
});
const open = (directory: string, disk?: Disk): Journal =>
  openJournal({ ...places(directory), clock: handClock(), ...(disk === undefined ? {} : { disk }) });

const stopped = entry({ event_type: 'STOP_LATCHED', operator: 'ann', details: { latch_id: 'L-1' } });

/** A disk on which nothing that exists may grow and nothing new may be made, as on one that is full. */
function fullDisk(): Disk & { readonly fill: () => void } {
  let isFull = false;
  const refuse = () => {
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  };
  return {
    ...realDisk,
    fill: () => {
      isFull = true;
    },
    write: (fd, bytes, position) => {
      const end = (position ?? realDisk.facts(fd).size) + bytes.length;
      if (isFull && end > realDisk.facts(fd).size) refuse();
      return realDisk.write(fd, bytes, position);
    },
  };
}

describe('the reserve', () => {
  test('F44 a full disk still takes the outcome of a write on the wire and a stop, and no new intent', () => {
    using directory = scratch();
    const disk = fullDisk();
    const journal = open(directory.path, disk);
    journal.append(intentEntry('i1', { notional_usdt: '40' }));
    disk.fill();
    expect(journal.append(outcomeEntry('i1', 'EXECUTED')).ok).toBe(true);
    expect(journal.healthy()).toBe(false);
    expect(journal.problem()).toContain('ENOSPC');
    expect(journal.append(intentEntry('i2')).ok).toBe(false);
    expect(journal.append(entry()).ok).toBe(false);
    expect(journal.appendAll([stopped, intentEntry('i3')]).ok).toBe(false);
    expect(journal.append(stopped).ok).toBe(true);
    expect(journal.state().openIntents.size).toBe(0);
    const before = journal.state();
    journal.close();

    const again = open(directory.path);
    expect([again.problem(), again.state()]).toEqual(['', before]);
    expect(again.append(entry()).ok).toBe(true);
    again.close();
    const third = open(directory.path);
    expect([third.problem(), third.state().lastSeq]).toEqual(['', before.lastSeq + 1]);
    third.close();
    const { path, headPath } = places(directory.path);
    expect(verifyJournal(path, { headPath })).toMatchObject({ ok: true, lines: 4 });
    expect(readFileSync(reservePath(path), 'utf8').trim()).toBe('');
  });

  test('F79 a stop with a full disk is latched durably and said durably', () => {
    using directory = scratch();
    const disk = fullDisk();
    const journal = open(directory.path, disk);
    const latchPath = join(directory.path, 'account', 'latch');
    const latch = openLatch({ path: latchPath, firstUse: true, nowMs: 1, disk });
    disk.fill();
    expect(latch.set({ by: 'ann', reason: '', atMs: 1 })).toBe(true);
    expect(journal.append(stopped).ok).toBe(true);
    latch.close();
    journal.close();
    expect(openLatch({ path: latchPath, firstUse: false, nowMs: 2 }).current().latched).toBe(true);
    const again = open(directory.path);
    expect(again.state().ceremonyRecords.at(-1)?.event_type).toBe('STOP_LATCHED');
    again.close();
  });

  test('keeps the words of one of two whose disk fails, and acknowledges none of the other', () => {
    using directory = scratch();
    const disk = fullDisk();
    const [one, other] = [open(directory.path, disk), open(directory.path, disk)];
    disk.fill();
    expect(one.append(stopped).ok).toBe(true);
    expect(other.append(stopped).ok).toBe(false);
    expect(one.append(stopped).ok).toBe(true);
    const before = one.state();
    for (const journal of [one, other]) journal.close();
    const again = open(directory.path);
    expect([again.problem(), again.state()]).toEqual(['', before]);
    again.close();
  });

  test('takes words over a header that was not written to its end', () => {
    using directory = scratch();
    const { path } = places(directory.path);
    open(directory.path).close();
    writeFileSync(reservePath(path), '{"seq":1,"ha'.padEnd(RESERVE_BYTES), { mode: 0o600 });
    const disk = fullDisk();
    const journal = open(directory.path, disk);
    disk.fill();
    expect(journal.append(stopped).ok).toBe(true);
    journal.close();
  });

  test('keeps its words to itself while the head record, which vouches for the journal, can not be read', () => {
    using directory = scratch();
    const { path, headPath } = places(directory.path);
    const disk = fullDisk();
    const journal = open(directory.path, disk);
    journal.append(intentEntry('i1'));
    disk.fill();
    expect(journal.append(stopped).ok).toBe(true);
    journal.close();
    const [before, words] = [readFileSync(path, 'utf8'), readFileSync(reservePath(path), 'utf8')];

    chmodSync(headPath, 0o644);
    const refused = open(directory.path);
    expect(refused.problem()).toContain('head record');
    refused.close();
    expect([readFileSync(path, 'utf8'), readFileSync(reservePath(path), 'utf8')]).toEqual([before, words]);

    chmodSync(headPath, 0o600);
    const again = open(directory.path);
    expect([again.problem(), again.state().lastSeq]).toEqual(['', 2]);
    again.close();
  });

  test('is left to the process that writes the journal now', () => {
    using directory = scratch();
    const elder = open(directory.path);
    elder.append(entry());
    const holder = open(directory.path);
    holder.append(entry());
    // The elder finds lines that are not its own.
    expect(elder.append(stopped).ok).toBe(false);
    expect(elder.append(stopped).ok).toBe(false);
    elder.close();
    expect(holder.append(entry()).ok).toBe(true);
    holder.close();
    const again = open(directory.path);
    expect([again.problem(), again.state().lastSeq]).toEqual(['', 3]);
    again.close();
  });

  test('F57: is left to the process that writes the journal since it failed in this one', () => {
    for (const isSaidBefore of [false, true]) {
      using directory = scratch();
      const disk = fullDisk();
      const first = open(directory.path, disk);
      first.append(intentEntry('i1'));
      disk.fill();
      expect(first.append(entry()).ok).toBe(false);
      if (isSaidBefore) expect(first.append(stopped).ok).toBe(true);
      const second = open(directory.path);
      expect(second.append(entry()).ok).toBe(true);
      expect(first.append(outcomeEntry('i1', 'EXECUTED')).ok).toBe(false);
      first.close();
      expect(second.append(entry()).ok).toBe(true);
      second.close();
      const third = open(directory.path);
      expect([third.problem(), third.state().openIntents.size]).toEqual(['', 1]);
      third.close();
    }
  });

  test('F57: once one of two has said its last words into it, the other one writes nothing into the journal', () => {
    using directory = scratch();
    const first = open(directory.path);
    first.append(entry());
    const disk = fullDisk();
    const second = open(directory.path, disk);
    disk.fill();
    const said = second.append(stopped);
    expect(said.ok).toBe(true);
    // A line of its own in the place of those words would have the next start refuse both.
    expect(first.append(entry()).ok).toBe(false);
    expect(first.problem()).toContain('has said its last words');
    expect(first.append(stopped).ok).toBe(false);
    for (const one of [first, second]) one.close();
    const next = open(directory.path);
    expect([next.problem(), next.state().ceremonyRecords.at(-1)?.event_type]).toEqual(['', 'STOP_LATCHED']);
    next.close();
  });

  test('takes no more than it holds, and never the disk', () => {
    using directory = scratch();
    const disk = fullDisk();
    const journal = open(directory.path, disk);
    disk.fill();
    const long = { ...stopped, details: { text: 'x'.repeat(4000) } };
    let taken = 0;
    while (journal.append(long).ok) taken += 1;
    expect(taken).toBeGreaterThan(20);
    expect(statSync(reservePath(places(directory.path).path)).size).toBe(RESERVE_BYTES);
    journal.close();
    const again = open(directory.path);
    expect([again.problem(), again.state().lastSeq]).toEqual(['', taken]);
    again.close();
  });

  test('what the journal wrote without acknowledging it gives way to what the reserve was told', () => {
    using directory = scratch();
    const disk = faultyDisk({ call: 1, fault: 'SHORT', after: 'stays' });
    const { path } = places(directory.path);
    let failing = false;
    const half: Disk = {
      ...disk,
      write: (fd, bytes, position) => {
        if (!failing || position !== null) return realDisk.write(fd, bytes, position);
        realDisk.write(fd, bytes.subarray(0, bytes.length - 5), position);
        throw Object.assign(new Error('EIO'), { code: 'EIO' });
      },
    };
    const journal = open(directory.path, half);
    journal.append(entry());
    failing = true;
    // Both lines but the end of the second got to the disk, and nobody was told of either.
    expect(journal.appendAll([entry({ run_id: 'lost' }), entry({ run_id: 'lost' })]).ok).toBe(false);
    expect(journal.append(stopped).ok).toBe(true);
    const before = journal.state();
    journal.close();
    const again = open(directory.path);
    expect([again.problem(), again.state()]).toEqual(['', before]);
    again.close();
    expect(readFileSync(path, 'utf8')).not.toContain('lost');
  });

  test('gives way to what a newer program has written: that is refused, and nothing of it is put aside', () => {
    using directory = scratch();
    const disk = fullDisk();
    const journal = open(directory.path, disk);
    journal.append(entry());
    disk.fill();
    expect(journal.append(stopped).ok).toBe(true);
    journal.close();
    const { path } = places(directory.path);
    appendFileSync(path, '{"schema_version":2}\n');
    const before = readFileSync(path, 'utf8');
    const again = open(directory.path);
    expect(again.problem()).toContain('a newer program wrote it');
    expect(again.append(entry()).ok).toBe(false);
    again.close();
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  test('of another journal, or older than what was acknowledged since, is refused', () => {
    using directory = scratch();
    const disk = fullDisk();
    const journal = open(directory.path, disk);
    journal.append(entry());
    const head = readFileSync(places(directory.path).headPath);
    disk.fill();
    journal.append(stopped);
    journal.close();
    const { path } = places(directory.path);
    const kept = readFileSync(reservePath(path));
    const lines = readFileSync(path);
    const again = open(directory.path);
    again.append(entry());
    again.close();
    // A copy from before the merge comes back, as from a backup; merged already, it is no harm.
    writeFileSync(reservePath(path), kept);
    const merged = open(directory.path);
    expect([merged.problem(), merged.state().lastSeq]).toEqual(['', 3]);
    merged.close();
    // The journal went on differently.
    rmSync(path);
    writeFileSync(places(directory.path).headPath, head);
    rmSync(reservePath(path));
    writeFileSync(path, lines, { mode: 0o600 });
    const other = open(directory.path);
    other.append(entry({ run_id: 'other' }));
    other.append(entry({ run_id: 'other' }));
    other.close();
    writeFileSync(reservePath(path), kept);
    const foreign = open(directory.path);
    expect(foreign.problem()).toContain('grinder audit adopt');
    expect(foreign.append(entry()).ok).toBe(false);
    foreign.close();
    expect(readFileSync(path, 'utf8')).toContain('other');
  });

  for (const fault of ['ENOSPC', 'EIO', 'SHORT', 'EROFS', 'EMFILE'] as const satisfies readonly Fault[])
    test(`taking it in survives ${fault} at any call of the disk, at this start or the next`, () => {
      for (let call = 1, reached = true; reached; call += 1) {
        using directory = scratch();
        const full = fullDisk();
        const journal = open(directory.path, full);
        journal.append(intentEntry('i1'));
        full.fill();
        journal.append(outcomeEntry('i1', 'UNKNOWN'));
        journal.append(stopped);
        const before = journal.state();
        journal.close();
        const disk = faultyDisk({ call, fault, after: 'stays' });
        disk.arm();
        const failing = open(directory.path, disk);
        reached = disk.calls() >= call;
        expect(failing.healthy()).toBe(!reached);
        failing.close();
        const again = open(directory.path);
        expect([again.problem(), again.state()]).toEqual(['', before]);
        again.close();
      }
    });
});

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.error('SKIPPED: a really full disk needs root, to mount a small tmpfs');

test.skipIf(!isRoot)(
  'F44 a disk that is really full takes the last words, and the next start goes on',
  () => {
    using directory = scratch();
    const mount = join(directory.path, 'small');
    mkdirSync(mount);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=0700', 'tmpfs', mount]);
    if (mounted.status !== 0) {
      console.error(`SKIPPED: a small tmpfs can't be mounted here: ${mounted.stderr}`);
      return;
    }
    try {
      const journal = open(mount);
      expect(journal.append(intentEntry('i1')).ok).toBe(true);
      const ballast = join(mount, 'ballast');
      writeFileSync(ballast, '');
      const fill = (): void => {
        for (let size = 1_048_576; size >= 1; size = Math.floor(size / 2)) {
          try {
            writeFileSync(ballast, new Uint8Array(size), { flag: 'a' });
            size *= 2;
          } catch {
            // No room for so much: half of it next.
          }
        }
      };
      fill();
      expect(statfsSync(mount).bavail).toBe(0);
      // The last page of the journal may hold a line or two yet.
      for (let line = 0; journal.healthy() && line < 50; line += 1) journal.append(entry());
      expect(journal.problem()).toContain('ENOSPC');
      expect(journal.append(outcomeEntry('i1', 'UNKNOWN')).ok).toBe(true);
      expect(journal.append(stopped).ok).toBe(true);
      const before = journal.state();
      journal.close();
      truncateSync(ballast, 0);
      const again = open(mount);
      expect([again.problem(), again.state()]).toEqual(['', before]);
      expect(again.append(entry()).ok).toBe(true);
      again.close();
    } finally {
      spawnSync('umount', [mount]);
    }
  },
);
