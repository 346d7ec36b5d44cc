import { afterEach, beforeEach, expect, test } from 'bun:test';
import { lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, type LogOptions } from '../../src/ops/log.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'glog-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function open(path: string | null, more: Partial<LogOptions> = {}) {
  const clock = { wallMs: () => 1_700_000_000_000, monoMs: () => 0 };
  return createLog({ path, level: 'info', environment: 'testnet', clock, ...more });
}

function lines(path: string): readonly Record<string, unknown>[] {
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('a line is one JSON object with the promised keys', () => {
  const path = join(dir, 'logs', 'app.log');
  const log = open(path);
  log.info('RECONCILE_RUN', 'one pass', { run_id: 'r-1', mismatches: 2 });
  log.close();
  expect(lines(path)).toEqual([
    {
      level: 'info',
      ts: '2023-11-14T22:13:20.000Z',
      environment: 'testnet',
      run_id: 'r-1',
      mismatches: 2,
      event: 'RECONCILE_RUN',
      msg: 'one pass',
    },
  ]);
});

test('file and directory are private, and a second start appends', () => {
  const path = join(dir, 'logs', 'app.log');
  for (const msg of ['first', 'second']) {
    const log = open(path);
    log.warn('STARTED', msg);
    log.close();
  }
  expect(lines(path).map((line) => line['msg'])).toEqual(['first', 'second']);
  expect(lstatSync(path).mode & 0o777).toBe(0o600);
  expect(lstatSync(join(dir, 'logs')).mode & 0o777).toBe(0o700);
});

test('lines below the level are left out', () => {
  const path = join(dir, 'app.log');
  const log = open(path, { level: 'warn' });
  log.debug('A', 'a');
  log.info('B', 'b');
  log.warn('C', 'c');
  log.error('D', 'd');
  log.close();
  expect(lines(path).map((line) => line['level'])).toEqual(['warn', 'error']);
});

test('a field can neither break the line nor replace a promised key', () => {
  const path = join(dir, 'app.log');
  const log = open(path);
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  log.info('E', 'two\nlines', { level: 'fake', ts: 'fake', event: 'fake', text: 'a\nb\u001b[31m', circle });
  log.close();
  expect(lines(path).length).toBe(1);
  expect(lines(path)[0]).toMatchObject({ level: 'info', event: 'E', msg: 'two\nlines' });
  expect(readFileSync(path, 'utf8').match(/"(level|ts|event)":/g)?.length).toBe(3);
});

test('a place that cannot be written is told once, counted, and used as soon as it can', () => {
  const blocker = join(dir, 'logs');
  writeFileSync(blocker, 'in the way');
  const problems: string[] = [];
  const heard: string[] = [];
  const path = join(blocker, 'app.log');
  const log = open(path, {
    onProblem: (problem) => problems.push(problem),
    stderr: (line) => heard.push(line),
  });
  log.info('A', 'a');
  log.info('B', 'b');
  expect([problems.length, log.lost(), heard.length]).toEqual([1, 2, 2]);
  rmSync(blocker);
  log.info('C', 'c');
  expect(lines(path).map((line) => line['event'])).toEqual(['C']);
  expect(log.lost()).toBe(2);
  log.close();
});

test('a full disk costs lines, never the daemon', () => {
  const problems: string[] = [];
  const log = open('/dev/full', { onProblem: (problem) => problems.push(problem) });
  for (let index = 0; index < 10; index += 1) log.error('X', 'x');
  expect([problems.length, log.lost()]).toEqual([1, 10]);
  log.close();
});

test('a pipe that nobody reads on costs lines, and never waits: a stop would wait with it', async () => {
  const path = join(dir, 'app.log');
  expect(Bun.spawnSync(['mkfifo', path]).exitCode).toBe(0);
  const program = `
    const { createLogFile } = await import(${JSON.stringify(join(import.meta.dir, '../../src/ops/log-file.ts'))});
    const { openSync, constants } = require('node:fs');
    openSync(${JSON.stringify(path)}, constants.O_RDONLY | constants.O_NONBLOCK);
    const problems = [];
    const log = createLogFile(${JSON.stringify(path)}, { monoMs: () => 0, onProblem: (problem) => problems.push(problem) });
    for (let index = 0; index < 1000; index += 1) log.append('x'.repeat(1000) + '\\n');
    console.log(JSON.stringify([log.lost() > 0, problems.length]));
    process.exit(0);`;
  const child = Bun.spawn([process.execPath, '-e', program], { timeout: 20_000, killSignal: 'SIGKILL' });
  const said = await new Response(child.stdout).text();
  expect([await child.exited, said.trim()]).toEqual([0, '[true,1]']);
}, 30_000);

test('a symbolic link is not followed', () => {
  const target = join(dir, 'secret');
  writeFileSync(target, '');
  symlinkSync(target, join(dir, 'app.log'));
  const problems: string[] = [];
  const log = open(join(dir, 'app.log'), { onProblem: (problem) => problems.push(problem) });
  log.info('A', 'a');
  log.close();
  expect(problems[0]).toContain('symbolic link');
  expect(readFileSync(target, 'utf8')).toBe('');
});

test('without a file the lines go to stderr', () => {
  const heard: string[] = [];
  open(null, { stderr: (line) => heard.push(line) }).info('A', 'a');
  expect(JSON.parse(heard[0] ?? '')).toMatchObject({ event: 'A' });
});

test('the words that prove a write occur in no line of this module', () => {
  const source = ['log.ts', 'log-file.ts'].map((name) =>
    readFileSync(join(import.meta.dir, '../../src/ops', name), 'utf8'),
  );
  expect(source.join('')).not.toMatch(/port\.cancel|port\.place|FAKE_PORT|place_market_order|cancel_order/);
});
