import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Disk } from '../../src/engine/disk.ts';
import { type Journal, openJournal } from '../../src/engine/journal.ts';
import { adoptJournal, offerJournal } from '../../src/engine/journal-adopt.ts';
import { verifyJournal } from '../../src/engine/journal-verify.ts';
import { entry, faultyDisk, handClock, intentEntry, outcomeEntry, scratch } from './durable.ts';

setDefaultTimeout(90_000);

const places = (directory: string) => ({
  path: join(directory, 'audit', 'reconcile.jsonl'),
  headPath: join(directory, 'account', 'head.json'),
});
const open = (directory: string, disk?: Disk): Journal =>
  openJournal({
    ...places(directory),
    clock: handClock(),
    maxFileBytes: 1,
    ...(disk === undefined ? {} : { disk }),
  });
const evidence = entry({
  event_type: 'STAGE_EVIDENCE',
  details: { stage: 1, verdict: 'PASS', covered: {}, version: '1' },
});

/** A rotated file of five lines and a current one of a checkpoint and three. */
function written(directory: string): void {
  const journal = open(directory);
  for (const one of [intentEntry('i1', { notional_usdt: '40' }), outcomeEntry('i1', 'UNKNOWN'), evidence])
    journal.append(one);
  journal.append(entry({ details: { backoff_until_ms: 9_000_000_000_000 } }));
  journal.append(entry());
  journal.maintain();
  for (const one of [intentEntry('i2'), outcomeEntry('i2', 'EXECUTED'), entry()]) journal.append(one);
  expect(journal.problem()).toBe('');
  journal.close();
}

const problemOf = (directory: string): string => {
  const journal = open(directory);
  journal.close();
  expect(journal.append(entry()).ok).toBe(false);
  return journal.problem();
};

function adopt(directory: string, disk?: Disk, nowMs = 1_800_000_100_000) {
  const offered = offerJournal(places(directory));
  if (!offered.ok) return { ...offered, lost: null };
  const word = { offer: offered.offer, operator: 'ann', problem: 'test', nowMs };
  const done = adoptJournal(places(directory), word, disk);
  return { ...done, lost: offered.offer.lost };
}

/** The state after an adoption: healthy, whole, told by whom; open intents, budgets and bans are never lost with it. */
function adopted(directory: string) {
  const journal = open(directory);
  expect(journal.problem()).toBe('');
  expect(journal.append(entry({ run_id: 'on' })).ok).toBe(true);
  const state = journal.state();
  journal.close();
  const { path, headPath } = places(directory);
  const verdict = verifyJournal(path, { headPath });
  expect(verdict).toMatchObject({ ok: true, anchored: true });
  expect(verdict.ok && verdict.state).toEqual(state);
  expect(readFileSync(path, 'utf8')).toContain('"operator":"ann"');
  return state;
}

describe('what a start refuses, and its way out', () => {
  test('F49 torn tail: it is quarantined, and the journal goes on by itself', () => {
    using directory = scratch();
    written(directory.path);
    const { path } = places(directory.path);
    appendFileSync(path, '{"half a li');
    const journal = open(directory.path);
    expect(journal.problem()).toBe('');
    expect(journal.append(entry()).ok).toBe(true);
    journal.close();
    const torn = readdirSync(join(directory.path, 'audit')).filter((name) => name.includes('.torn-'));
    expect(torn.map((name) => readFileSync(join(directory.path, 'audit', name), 'utf8'))).toEqual([
      '{"half a li',
    ]);
  });

  test('F50 mid-file bit flip: refused by file and line; adopted, what is before it stays and budgets count as used', () => {
    using directory = scratch();
    written(directory.path);
    const { path } = places(directory.path);
    const bad = readFileSync(path);
    const at = bad.indexOf('"status":"EXECUTED"');
    bad.writeUInt8(bad.readUInt8(at + 12) ^ 1, at + 12);
    writeFileSync(path, bad);
    const problem = problemOf(directory.path);
    expect(problem).toContain(`${path} line 3`);
    expect(problem).toContain('grinder audit adopt');
    expect(adopt(directory.path)).toMatchObject({ ok: true, lost: 'lines 8 to 9' });
    const state = adopted(directory.path);
    expect([...state.openIntents.keys()]).toEqual(['i1', 'i2']);
    expect(state.dispatches.map(({ notionalUsdt }) => notionalUsdt)).toEqual(['40', '0']);
    expect(state.backoffUntilMs).toBe(9_000_000_000_000);
    expect(state.linesLostAtMs).toBe(1_800_000_100_000);
    expect(state.ceremonyRecords).toEqual([]);
    const aside = readdirSync(join(directory.path, 'audit')).filter((name) => name.includes('.aside-'));
    expect(aside.map((name) => readFileSync(join(directory.path, 'audit', name)).equals(bad))).toEqual([
      true,
    ]);
  });

  test('F50 a bit flip in a rotated file: the checkpoint after it vouches for the state, and nothing is lost', () => {
    using directory = scratch();
    written(directory.path);
    const rotated = `${places(directory.path).path}.0000000001`;
    const before = open(directory.path);
    const good = before.state();
    before.close();
    const bad = readFileSync(rotated);
    bad.writeUInt8(bad.readUInt8(700) ^ 4, 700);
    writeFileSync(rotated, bad);
    expect(problemOf(directory.path)).toContain(rotated);
    expect(adopt(directory.path)).toMatchObject({ ok: true, lost: null });
    const state = adopted(directory.path);
    expect(state.openIntents).toEqual(good.openIntents);
    expect(state.dispatches).toEqual(good.dispatches);
    expect(state.ceremonyRecords).toEqual(good.ceremonyRecords);
    expect(state.linesLostAtMs).toBeNull();
  });

  test('F51 journal deleted: refused while its head record exists; adopted, it goes on from the file before', () => {
    using directory = scratch();
    written(directory.path);
    rmSync(places(directory.path).path);
    expect(problemOf(directory.path)).toContain('is missing but 9 lines were written');
    expect(adopt(directory.path)).toMatchObject({ ok: true, lost: 'lines 6 to 9' });
    const state = adopted(directory.path);
    expect([...state.openIntents.keys()]).toEqual(['i1']);
    expect(state.linesLostAtMs).not.toBeNull();
  });

  test('F51 all of it deleted: adopted, no line number is given twice', () => {
    using directory = scratch();
    written(directory.path);
    rmSync(join(directory.path, 'audit'), { recursive: true });
    expect(problemOf(directory.path)).toContain('grinder audit adopt');
    expect(adopt(directory.path)).toMatchObject({ ok: true, lost: expect.stringContaining('1 to 9') });
    const state = adopted(directory.path);
    expect(state.lastSeq).toBe(11);
    expect(state.linesLostAtMs).not.toBeNull();
  });

  test('F52 journal rolled back: refused by the number of its lines; adopted, budgets count as used', () => {
    using directory = scratch();
    written(directory.path);
    const { path } = places(directory.path);
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    writeFileSync(path, `${lines.slice(0, -2).join('\n')}\n`);
    expect(problemOf(directory.path)).toContain('was rolled back: it ends at line 7, 9 were written');
    expect(adopt(directory.path)).toMatchObject({ ok: true, lost: 'lines 8 to 9' });
    expect(adopted(directory.path).linesLostAtMs).not.toBeNull();
  });

  test('adopted by a clock that is behind the journal: budgets count as used for as long as by the right one', () => {
    using directory = scratch();
    written(directory.path);
    writeFileSync(places(directory.path).path, '');
    expect(adopt(directory.path, undefined, 1_700_000_000_000).ok).toBe(true);
    expect(adopted(directory.path).linesLostAtMs).toBe(1_800_000_000_000);
  });

  test('a head record that is gone, or of another journal: refused; adopted, nobody knows what is lost', () => {
    for (const change of ['gone', 'bad'] as const) {
      using directory = scratch();
      written(directory.path);
      const { headPath } = places(directory.path);
      if (change === 'gone') rmSync(headPath);
      else writeFileSync(headPath, 'x');
      expect(problemOf(directory.path)).toContain('grinder audit adopt');
      expect(adopt(directory.path)).toMatchObject({
        ok: true,
        lost: expect.stringContaining('no head record'),
      });
      expect(adopted(directory.path).linesLostAtMs).not.toBeNull();
    }
  });

  test('F53 symlink, wrong mode: refused with the command that repairs it, and not adoptable', () => {
    using directory = scratch();
    written(directory.path);
    const { path } = places(directory.path);
    chmodSync(path, 0o644);
    expect(problemOf(directory.path)).toContain(`chmod 600 '${path}'`);
    expect(adopt(directory.path).ok).toBe(false);
    chmodSync(path, 0o600);
    chmodSync(join(directory.path, 'audit'), 0o777);
    expect(problemOf(directory.path)).toContain(`chmod 700 '${join(directory.path, 'audit')}'`);
    chmodSync(join(directory.path, 'audit'), 0o700);
    renameSync(path, `${path}.real`);
    symlinkSync(`${path}.real`, path);
    expect(problemOf(directory.path)).toContain('put the real file in its place');
    expect(adopt(directory.path).ok).toBe(false);
    rmSync(path);
    renameSync(`${path}.real`, path);
    const again = open(directory.path);
    expect(again.problem()).toBe('');
    again.close();
  });

  test.skipIf(process.getuid?.() !== 0)('F53 wrong owner: refused with the command that repairs it', () => {
    using directory = scratch();
    written(directory.path);
    const { path } = places(directory.path);
    chownSync(path, 54_321, 54_321);
    expect(problemOf(directory.path)).toContain(`chown 0 '${path}'`);
  });

  test('F54 newer schema: refused for the program that wrote it, and not adoptable', () => {
    using directory = scratch();
    written(directory.path);
    const { path } = places(directory.path);
    appendFileSync(path, '{"schema_version":2,"seq":10}\n');
    expect(problemOf(directory.path)).toContain('a newer program wrote it: run that one');
    expect(adopt(directory.path)).toMatchObject({ ok: false, problem: expect.stringContaining('newer') });
  });

  test('a crash at any call of the disk leaves it refused or adopted, and adopting again ends well', () => {
    for (let call = 1, reached = true; reached; call += 1) {
      using directory = scratch();
      written(directory.path);
      const { path } = places(directory.path);
      const bad = readFileSync(path, 'utf8').replace('"status":"EXECUTED"', '"status":"EXECUTEE"');
      writeFileSync(path, bad);
      const disk = faultyDisk({ call, fault: 'EIO', after: 'stays' });
      disk.arm();
      adopt(directory.path, disk);
      reached = disk.calls() >= call;
      const between = open(directory.path);
      const isHealthy = between.healthy();
      const openThen = [...between.state().openIntents.keys()];
      between.close();
      if (!isHealthy) expect(adopt(directory.path).ok).toBe(true);
      else expect(openThen).toEqual(['i1', 'i2']);
      const state = adopted(directory.path);
      expect(state.openIntents.has('i1')).toBe(true);
      expect(state.linesLostAtMs).not.toBeNull();
    }
  });

  test('an empty place has nothing to adopt, and a directory of its own is made', () => {
    using directory = scratch();
    mkdirSync(join(directory.path, 'audit'), { mode: 0o700 });
    const journal = open(directory.path);
    expect(journal.problem()).toBe('');
    journal.close();
  });
});
