import { afterEach, beforeEach, expect, test } from 'bun:test';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../src/ops/log.ts';
import { createLogFile } from '../../src/ops/log-file.ts';

let dir: string;
let path: string;
let nowMonoMs: number;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'glog-'));
  path = join(dir, 'app.log');
  nowMonoMs = 0;
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const problems: string[] = [];
const open = (maxBytes: number) =>
  createLogFile(path, { maxBytes, monoMs: () => nowMonoMs, onProblem: (problem) => problems.push(problem) });
const text = (name = 'app.log') => readFileSync(join(dir, name), 'utf8');

test('a log that is full goes on in a new file, and four older ones stay', () => {
  const log = open(20);
  const moved = Array.from({ length: 12 }, (_, index) => log.append(`line ${index + 10}\n`));
  // Three lines of eight bytes fill a file.
  expect(moved.filter((to) => to !== null)).toEqual(Array.from({ length: 4 }, () => `${path}.1`));
  for (let index = 22; index < 34; index += 1) log.append(`line ${index}\n`);
  log.append('last\n');
  log.close();
  expect(readdirSync(dir).sort()).toEqual(['app.log', 'app.log.1', 'app.log.2', 'app.log.3', 'app.log.4']);
  expect(text()).toBe('last\n');
  expect(text('app.log.1')).toBe('line 31\nline 32\nline 33\n');
  expect(text('app.log.4')).toBe('line 22\nline 23\nline 24\n');
  expect(lstatSync(path).mode & 0o777).toBe(0o600);
});

test('what an earlier process wrote counts for the size', () => {
  const first = open(20);
  first.append('twelve bytes\n');
  first.close();
  const second = open(20);
  expect(second.append('and more\n')).toBe(`${path}.1`);
  second.close();
  expect(text('app.log.1')).toBe('twelve bytes\nand more\n');
});

test('a log that is taken away is begun anew in its place, and a pause later at most', () => {
  const log = open(1000);
  log.append('before\n');
  renameSync(path, join(dir, 'taken'));
  nowMonoMs += 999;
  log.append('still there\n');
  nowMonoMs += 1;
  log.append('after\n');
  unlinkSync(path);
  nowMonoMs += 1000;
  log.append('after that\n');
  log.close();
  expect(text('taken')).toBe('before\nstill there\n');
  expect(text()).toBe('after that\n');
});

test('a log that another process has just moved is moved by that one alone', () => {
  const [first, second] = [open(21), open(21)];
  expect(first.append('of the first\n')).toBeNull();
  expect(second.append('second\n')).toBeNull();
  expect(first.append('fills it\n')).toBe(`${path}.1`);
  first.append('anew\n');
  expect(second.append('in the old one\n')).toBeNull();
  second.append('in the new one\n');
  for (const log of [first, second]) log.close();
  expect(readdirSync(dir).sort()).toEqual(['app.log', 'app.log.1']);
  expect(text()).toBe('anew\nin the new one\n');
});

test('a log that can not be moved away is written on, and that is told once', () => {
  problems.length = 0;
  // Nothing can take the place of a directory.
  mkdirSync(`${path}.4`);
  for (const number of [1, 2, 3]) writeFileSync(`${path}.${number}`, `${number}`);
  const log = open(20);
  for (let index = 0; index < 30; index += 1) log.append(`line ${index + 10}\n`);
  log.close();
  expect(text().split('\n')).toHaveLength(31);
  expect([problems.length > 0, log.lost()]).toEqual([true, 0]);
  expect([1, 2, 3].map((number) => text(`app.log.${number}`))).toEqual(['1', '2', '3']);
});

test('the new file says where the lines before it are', () => {
  const log = createLog({
    ...{ path, level: 'info', environment: 'sim', maxFileBytes: 400 },
    clock: { wallMs: () => 1_700_000_000_000, monoMs: () => nowMonoMs },
  });
  log.info('FIRST', 'a'.repeat(400));
  log.info('SECOND', 'b');
  log.close();
  const events = text()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events).toMatchObject([
    { event: 'LOG_ROTATED', msg: `the lines before this one are in ${path}.1` },
    { event: 'SECOND' },
  ]);
  expect(text('app.log.1')).toContain('FIRST');
});
