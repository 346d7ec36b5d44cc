import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Disk, realDisk } from '../../src/engine/disk.ts';
import { openJournal } from '../../src/engine/journal.ts';
import { verifyJournal } from '../../src/engine/journal-verify.ts';
import { entry, handClock, intentEntry, outcomeEntry, scratch } from './durable.ts';

setDefaultTimeout(90_000);

const dir = scratch();
const audit = join(dir.path, 'audit');
const path = join(audit, 'reconcile.jsonl');
const headPath = join(dir.path, 'account', 'head.json');
/** The good files by name. */
const good = new Map<string, Buffer>();

beforeAll(() => {
  const journal = openJournal({ path, headPath, clock: handClock(), maxFileBytes: 1 });
  journal.append(intentEntry('i1'));
  journal.append(outcomeEntry('i1', 'UNKNOWN'));
  journal.maintain();
  journal.append(entry({ event_type: 'ACKNOWLEDGED', operator: 'ann' }));
  journal.maintain();
  journal.append(entry({ run_id: 'r2' }));
  journal.append(entry({ run_id: 'r3' }));
  journal.close();
  for (const name of readdirSync(audit).filter((one) => /jsonl(\.\d+)?$/.test(one)))
    good.set(name, readFileSync(join(audit, name)));
});
afterAll(() => dir[Symbol.dispose]());

/** A disk whose audit directory holds these files, in memory; the head record is the real one. */
function memory(files: ReadonlyMap<string, Buffer>): Disk {
  const opened = new Map<number, Buffer>();
  const facts = (bytes: Buffer) =>
    ({
      kind: 'file',
      size: bytes.length,
      inode: 1,
      mode: 0o600,
      ownerUid: process.getuid?.() ?? 0,
      links: 1,
      modifiedMs: 0,
    }) as const;
  const inAudit = (one: string) => (one.startsWith(`${audit}/`) ? files.get(basename(one)) : undefined);
  let next = 100_000;
  return {
    ...realDisk,
    open: (one, flags, mode) => {
      const bytes = inAudit(one);
      if (bytes === undefined && one.startsWith(`${audit}/`)) throw new Error('ENOENT');
      if (bytes === undefined) return realDisk.open(one, flags, mode);
      next += 1;
      opened.set(next, bytes);
      return next;
    },
    read: (fd, into, position) => {
      const bytes = opened.get(fd);
      return bytes === undefined ? realDisk.read(fd, into, position) : bytes.copy(into, 0, position);
    },
    facts: (fd) => {
      const bytes = opened.get(fd);
      return bytes === undefined ? realDisk.facts(fd) : facts(bytes);
    },
    lookup: (one) => {
      const bytes = inAudit(one);
      if (bytes === undefined && one.startsWith(`${audit}/`)) return null;
      return bytes === undefined ? realDisk.lookup(one) : facts(bytes);
    },
    close: (fd) => {
      if (!opened.delete(fd)) realDisk.close(fd);
    },
    list: () => [...files.keys()],
  };
}

const check = (files: ReadonlyMap<string, Buffer>) => verifyJournal(path, { headPath, disk: memory(files) });
/** What is said of the audit with one file changed; null when nothing is found. */
function found(name: string, bytes: Buffer): { readonly file: string; readonly line: number } | null {
  const verdict = check(new Map(good).set(name, bytes));
  return verdict.ok ? null : { file: basename(verdict.file), line: verdict.line };
}
const linesOf = (bytes: Buffer): readonly string[] => bytes.toString('utf8').trimEnd().split('\n');
const text = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''));

describe('an offline check of the audit', () => {
  test('finds nothing in one that is whole', () => {
    expect(check(good)).toMatchObject({ ok: true, files: 3, firstSeq: 1, anchored: true });
    expect(good.size).toBe(3);
  });

  test('F50 finds every single flipped bit, and names its file and line', () => {
    for (const [name, bytes] of good) {
      let line = 1;
      for (let at = 0; at < bytes.length; at += 1) {
        for (let bit = 0; bit < 8; bit += 1) {
          const bad = Buffer.from(bytes);
          bad.writeUInt8(bad.readUInt8(at) ^ (1 << bit), at);
          const verdict = found(name, bad);
          // Half a line more, or a line that ends too early, is the next line's matter at most.
          if (verdict?.file !== name || verdict.line < line || verdict.line > line + 1)
            throw new Error(`${name} byte ${at} bit ${bit}, line ${line}: ${JSON.stringify(verdict)}`);
        }
        if (bytes[at] === 0x0a) line += 1;
      }
    }
  }, 120_000);

  test('finds every truncation of every file', () => {
    for (const [name, bytes] of good)
      for (let size = 0; size < bytes.length; size += 1)
        if (found(name, bytes.subarray(0, size)) === null) throw new Error(`${name} cut at byte ${size}`);
  });

  test('finds every line that was deleted, written twice or swapped with the next', () => {
    for (const [name, bytes] of good) {
      const lines = linesOf(bytes);
      for (const [index, line] of lines.entries()) {
        const rest = lines.toSpliced(index, 1);
        expect(found(name, text(rest))).not.toBeNull();
        expect(found(name, text(lines.toSpliced(index, 0, line)))).not.toBeNull();
        const next = lines[index + 1];
        if (next !== undefined)
          expect(found(name, text(lines.toSpliced(index, 2, next, line)))).toMatchObject({ file: name });
      }
    }
  });

  test('F51 finds each missing file', () => {
    for (const name of good.keys()) {
      const files = new Map(good);
      files.delete(name);
      expect(check(files)).toMatchObject({
        ok: false,
        why: expect.stringMatching(/is missing|no such file/),
      });
    }
  });

  test('F52 finds an older copy by the head record alone, and says without one that the end is not vouched for', () => {
    const rolledBack = new Map(good).set(
      'reconcile.jsonl',
      text(linesOf(good.get('reconcile.jsonl') ?? Buffer.alloc(0)).slice(0, -1)),
    );
    expect(check(rolledBack)).toMatchObject({
      ok: false,
      why: expect.stringContaining('the last 1 are missing'),
    });
    expect(verifyJournal(path, { headPath: null, disk: memory(rolledBack) })).toMatchObject({
      ok: true,
      anchored: false,
    });
  });
});
