import { afterEach, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findDeno } from '../../scripts/runtimes.mjs';
import { NO_SUPERVISOR, openSupervisor } from '../../src/ops/sd-notify.ts';
import { until } from '../control/fixture.ts';
import { listenAsSystemd } from '../helpers/notify-socket.ts';

const quiet = {
  watchdogUsec: undefined,
  watchdogPid: undefined,
  pid: 7,
  ownPath: '/nowhere',
  monoMs: () => 0,
};

test('without NOTIFY_SOCKET nobody watches, and nothing is opened', () => {
  const problems: string[] = [];
  for (const notifySocket of [undefined, '']) {
    const opened = openSupervisor({ ...quiet, notifySocket, onProblem: (one) => problems.push(one) });
    expect(opened).toBe(NO_SUPERVISOR);
  }
  expect(problems).toEqual([]);
});

test('an address that is no path, and a runtime without datagrams, are said and passed over', () => {
  const problems: string[] = [];
  for (const notifySocket of ['@abstract', '/run/systemd/notify'])
    openSupervisor({ ...quiet, notifySocket, onProblem: (one) => problems.push(one) }).ready();
  expect(problems).toEqual([
    'NOTIFY_SOCKET @abstract is no path: systemd is not told anything',
    'this runtime has no unix datagrams: systemd is not told anything',
  ]);
});

let dir = '';
afterEach(() => {
  if (dir !== '') rmSync(dir, { recursive: true, force: true });
});

/** Speaks through the runtime that ships: its clock goes 100 ms a call, its watchdog is 900 ms. */
const SERVICE = `
import { openSupervisor } from ${JSON.stringify(join(import.meta.dir, '../../src/ops/sd-notify.ts'))};
const [notifySocket, ownPath, watchdogPid] = process.argv.slice(2);
let now = 0;
const one = openSupervisor({ notifySocket, watchdogUsec: '900000', watchdogPid, pid: 7, ownPath,
  monoMs: () => (now += 100), onProblem: (problem) => console.error(problem) });
one.ready();
for (let beat = 0; beat < 7; beat += 1) one.alive('stage\\n1');
one.stopping();
setTimeout(() => { one.close(); process.exit(0); }, 200);
`;

async function heardBySystemd(watchdogPid: string): Promise<readonly string[]> {
  dir = mkdtempSync(join(tmpdir(), 'grinder-notify-'));
  const [notify, own, script] = [join(dir, 'notify'), join(dir, 'own'), join(dir, 'service.mjs')];
  await Bun.write(script, SERVICE);
  using systemd = await listenAsSystemd(notify);
  const deno = findDeno(join(import.meta.dir, '../..'));
  const run = ['run', '--no-config', '--no-lock', '--unstable-net', '--allow-all', script];
  const service = Bun.spawn([deno, ...run, notify, own, watchdogPid], { stderr: 'pipe' });
  expect(await service.exited).toBe(0);
  await until('the end', () => systemd.heard().at(-1) === 'STOPPING=1');
  expect(existsSync(own)).toBe(false);
  return systemd.heard();
}

test('systemd hears that it is ready, alive three times per watchdog period, what it does, and that it stops', async () => {
  expect(await heardBySystemd('7')).toEqual([
    'READY=1',
    'STATUS=stage 1',
    'WATCHDOG=1',
    'WATCHDOG=1',
    'WATCHDOG=1',
    'STOPPING=1',
  ]);
});

test('a watchdog that is meant for another process is left alone', async () => {
  expect(await heardBySystemd('8')).toEqual(['READY=1', 'STATUS=stage 1', 'STOPPING=1']);
});
