import { afterEach, beforeEach, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { okReply, recordingTarget, until } from '../control/fixture.ts';
import { machine } from './fixture.ts';

let at: ReturnType<typeof machine>;
beforeEach(() => {
  at = machine();
});
afterEach(() => at.close());

const latched = async () => ({
  ...okReply('stopped'),
  latch: { id: 'L1', durable: true, text: 'LATCHED' },
});

test('without --config every daemon is stopped and named', async () => {
  const first = await at.daemon(at.config('a'), recordingTarget(), { account: 'acc1' });
  const second = await at.daemon(at.config('b'), recordingTarget(), { account: 'acc2' });
  first.answerWith(latched);
  second.answerWith(latched);
  const ran = await at.run(['stop', '--reason', 'drill']);
  expect([ran.code, ran.err]).toEqual([0, '']);
  expect(ran.out).toContain(`sim account acc1 (${join(at.path, 'a.yaml')}`);
  expect(ran.out).toContain(`sim account acc2 (${join(at.path, 'b.yaml')}`);
  expect(ran.out.match(/LATCHED L1/g)?.length).toBe(2);
  expect(first.calls).toEqual([{ name: 'stop', body: { operator: 'ann', reason: 'drill' } }]);
  expect(second.calls.length).toBe(1);
});

test('with --config only that daemon is stopped', async () => {
  const path = at.config('a');
  const first = await at.daemon(path);
  const second = await at.daemon(at.config('b'));
  expect((await at.run(['stop', '--config', path])).code).toBe(0);
  expect([first.calls.length, second.calls.length]).toEqual([1, 0]);
});

test('a daemon whose configuration was deleted is still stopped', async () => {
  const path = at.config('a');
  const daemon = await at.daemon(path);
  rmSync(path);
  expect((await at.run(['stop', '--config', path])).code).toBe(0);
  expect((await at.run(['stop'], { env: { ...at.env, GRINDER_CONFIG: path } })).code).toBe(0);
  expect(daemon.calls.length).toBe(2);
});

test('one that says no makes the whole stop fail, and the other is stopped all the same', async () => {
  const first = await at.daemon(at.config('a'));
  const second = await at.daemon(at.config('b'));
  first.answerWith(async () => ({ ...okReply('no'), ok: false, exit_code: 1 }));
  const ran = await at.run(['stop']);
  expect(ran.code).toBe(1);
  expect(second.calls.length).toBe(1);
});

test('with none running the STOP file is left for the next start', async () => {
  const path = at.config('a');
  const ran = await at.run(['stop', '--config', path]);
  expect(ran.code).toBe(69);
  expect(ran.err).toContain('a-state/STOP');
  // Root's stop reaches root's daemons: it must not tell of all.
  expect(ran.err).toContain(`no daemon of user ${process.getuid?.() ?? 0} is running`);
  // One that was started with another HOME or runtime directory is found from none of these.
  expect(ran.err).toContain(`looked in ${join(at.path, 'grinder')}, `);
  expect(JSON.parse(readFileSync(join(at.path, 'a-state', 'STOP'), 'utf8'))).toMatchObject({ by: 'ann' });
});

test('an entry that a dead daemon left is none running', async () => {
  at.register(at.config('a'), { pid: 1 });
  const ran = await at.run(['stop']);
  expect(ran.code).toBe(69);
  expect(existsSync(join(at.path, 'a-state'))).toBe(false);
});

test('a daemon that hangs gets the STOP file and the signal', async () => {
  const path = at.config('a');
  const marker = join(at.path, 'signalled');
  const { socketPath, stateDir } = at.register(path, { pid: 999_999_999 });
  mkdirSync(stateDir, { mode: 0o700 });
  const hanging = Bun.spawn([
    process.execPath,
    '-e',
    `process.on('SIGUSR2', () => require('node:fs').writeFileSync(${JSON.stringify(marker)}, ''));
     require('node:net').createServer(() => {}).listen(${JSON.stringify(socketPath)});`,
  ]);
  at.onClose(() => hanging.kill(9));
  at.register(path, { pid: hanging.pid });
  await until('the socket', () => existsSync(socketPath));
  const ran = await at.run(['stop']);
  expect(ran.code).toBe(1);
  expect(ran.err).toContain('NOT ACKNOWLEDGED');
  expect(existsSync(join(stateDir, 'STOP'))).toBe(true);
  await until('the signal', () => existsSync(marker));
});

test('a process number of another host, such as a container, is signalled from there alone', async () => {
  const marker = join(at.path, 'signalled');
  const path = at.config('a');
  const { socketPath, stateDir } = at.register(path);
  mkdirSync(stateDir, { mode: 0o700 });
  const hanging = Bun.spawn([
    process.execPath,
    '-e',
    `process.on('SIGUSR2', () => require('node:fs').writeFileSync(${JSON.stringify(marker)}, ''));
     process.on('SIGUSR1', () => process.exit(0));
     require('node:net').createServer(() => {}).listen(${JSON.stringify(socketPath)});`,
  ]);
  at.onClose(() => hanging.kill(9));
  at.register(path, { pid: hanging.pid, host: 'another-container' });
  await until('the socket', () => existsSync(socketPath));
  const ran = await at.run(['stop']);
  expect(ran.code).toBe(1);
  expect(ran.err).toContain(`on another-container: kill -USR2 ${hanging.pid} there`);
  expect(existsSync(join(stateDir, 'STOP'))).toBe(true);
  hanging.kill('SIGUSR1');
  await hanging.exited;
  expect(existsSync(marker)).toBe(false);
});

test('a stop that is latched in memory alone leaves the file that a restart finds', async () => {
  const path = at.config('a');
  const daemon = await at.daemon(path);
  daemon.answerWith(async () => ({
    ...okReply('stopped'),
    ok: false,
    exit_code: 1,
    latch: { id: 'L1', durable: false, text: 'LATCHED, NOT DURABLE, DO NOT RESTART' },
  }));
  const ran = await at.run(['stop', '--config', path]);
  expect([ran.code, ran.out]).toEqual([1, '']);
  expect(ran.err).toContain('LATCHED, NOT DURABLE, DO NOT RESTART L1');
  expect(ran.err).toContain(`left ${daemon.places.stateDir}/STOP`);
  expect(existsSync(join(daemon.places.stateDir, 'STOP'))).toBe(true);
});

test('a stop that reaches every daemon but one that holds an account is no success', async () => {
  const reached = await at.daemon(at.config('a'));
  reached.answerWith(latched);
  const account = join(at.path, 'home/grinder/accounts/abc123');
  mkdirSync(account, { recursive: true, mode: 0o700 });
  const env = { ...at.env, XDG_STATE_HOME: join(at.path, 'home') };
  expect((await at.run(['stop'], { env })).code).toBe(0);
  const program = join(import.meta.dir, '../engine/lock-process.ts');
  const holder = Bun.spawn([process.execPath, program, join(account, 'lock.sqlite')], { stdin: 'pipe' });
  at.onClose(() => holder.kill(9));
  for await (const _ of holder.stdout) break;
  const ran = await at.run(['stop'], { env });
  expect(ran.code).toBe(1);
  expect(ran.out).toContain('LATCHED L1');
  expect(ran.err).toContain('account abc123');
  expect(ran.err).toContain(`NOT ACKNOWLEDGED`);
  expect(ran.err).toContain(`kill -USR2 ${holder.pid}`);
  holder.kill(9);
  await holder.exited;
  // What the dead one left says nothing: its lock is free.
  expect(existsSync(join(account, 'lock.sqlite.holder.json'))).toBe(true);
  expect((await at.run(['stop'], { env })).code).toBe(0);
});

test('a stop that finds an account held by somebody who does not say who it is is no success', async () => {
  const account = join(at.path, 'home/grinder/accounts/abc123');
  mkdirSync(account, { recursive: true, mode: 0o700 });
  const env = { ...at.env, XDG_STATE_HOME: join(at.path, 'home') };
  const program = join(import.meta.dir, '../engine/lock-process.ts');
  const holder = Bun.spawn([process.execPath, program, join(account, 'lock.sqlite')], { stdin: 'pipe' });
  at.onClose(() => holder.kill(9));
  for await (const _ of holder.stdout) break;
  rmSync(join(account, 'lock.sqlite.holder.json'));
  const ran = await at.run(['stop'], { env });
  expect(ran.code).toBe(1);
  expect(ran.err).toContain('whoever holds account abc123');
  expect(ran.err).toContain('NOT ACKNOWLEDGED');
  // Of the same account, and it listens: that one is it.
  const reached = await at.daemon(at.config('a'), recordingTarget(), { account: 'abc123' });
  reached.answerWith(latched);
  expect((await at.run(['stop'], { env })).code).toBe(0);
});

test('the outcome as JSON names each daemon', async () => {
  await at.daemon(at.config('a'), recordingTarget(), { account: 'acc1' });
  const ran = await at.run(['stop', '--json']);
  expect(JSON.parse(ran.out)).toMatchObject({
    schema_version: 1,
    daemons: [{ account: 'acc1', environment: 'sim', acknowledged: true }],
  });
});

test('with --socket the daemon behind it is stopped, whatever the configuration says', async () => {
  const first = await at.daemon(at.config('a'));
  const second = await at.daemon(at.config('b'));
  const ran = await at.run([
    'stop',
    '--socket',
    first.places.socketPath,
    '--config',
    join(at.path, 'none.yaml'),
  ]);
  expect([ran.code, first.calls.length, second.calls.length]).toEqual([0, 1, 0]);
});

test('with --socket and nobody there the stop is not acknowledged, and no file is left', async () => {
  const ran = await at.run(['stop', '--socket', join(at.path, 'nobody.sock')]);
  expect(ran.code).toBe(1);
  expect(ran.err).toContain('NOT ACKNOWLEDGED');
  expect(existsSync(join(at.path, 'state', 'STOP'))).toBe(false);
});
