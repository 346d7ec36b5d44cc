import { afterEach, beforeEach, expect, test } from 'bun:test';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { doctorCommand } from '../../src/cli/doctor.ts';
import { adviceFor } from '../../src/cli/doctor-advice.ts';
import { exampleStatus, recordingTarget } from '../control/fixture.ts';
import { machine } from './fixture.ts';

let at: ReturnType<typeof machine>;
let path: string;
beforeEach(() => {
  at = machine();
  path = at.config('a', 'metrics: { listen: "127.0.0.1:0" }\n');
});
afterEach(() => at.close());

const doctor = (...more: readonly string[]) =>
  at.run(['doctor', '--config', path, ...more], { extraCommands: [doctorCommand] });

test('a machine that is well is 0, with what only people can tell and what to do about it', async () => {
  const ran = await doctor();
  expect({ code: ran.code, err: ran.err }).toEqual({ code: 0, err: '' });
  expect(ran.out).toContain('no daemon runs');
  expect(ran.out).toMatch(/^PASS +whitelist +symbol whitelist +BTCUSDT$/m);
  expect(ran.out).toMatch(/^INCONCLUSIVE +team_notified/m);
  expect(ran.out).toContain('grinder ack team_notified');
  expect(ran.out).toMatch(/ pass, 0 fail, /);
});

test('one failed item is 1, and its advice says what to do', async () => {
  mkdirSync(join(at.path, 'a-state'), { mode: 0o700 });
  chmodSync(join(at.path, 'a-state'), 0o777);
  const ran = await doctor('--json');
  expect(ran.code).toBe(1);
  const document = JSON.parse(ran.out);
  expect(document).toMatchObject({ schema_version: 1, ok: false, environment: 'sim', daemon_pid: null });
  const failed = document.checks.filter(({ verdict }: { verdict: string }) => verdict === 'FAIL');
  expect(failed).toMatchObject([{ id: 'file_modes', advice: expect.stringContaining('chmod') }]);
});

test('a configuration that can not be used is 78', async () => {
  path = at.config('a', 'reconcile: { cooldown_seconds: 0 }\n');
  const ran = await doctor();
  expect(ran).toMatchObject({ code: 78, out: '' });
  expect(ran.err).toContain('reconcile.cooldown_seconds');
});

test('a configuration that can not be used is told as JSON too', async () => {
  const ran = await at.run(['doctor', '--json'], {
    env: { ...at.env, RECONCILE_ENABLED: 'maybe' },
    extraCommands: [doctorCommand],
  });
  expect([ran.code, ran.err]).toEqual([78, '']);
  expect(JSON.parse(ran.out)).toMatchObject({ schema_version: 1, ok: false, problems: [{ value: 'maybe' }] });
});

test('a running daemon is asked, and who acknowledged what is shown', async () => {
  const verdict = 'PASS' as const;
  const told = ['whitelist', 'clock', 'key_rights', 'position_mode'].map((id) => ({
    ...{ id, title: id, verdict, figure: 'told', limit: '' },
  }));
  const acknowledgements = [{ item: 'team_notified', why: 'x', done_by: 'ann' }];
  const recorder = recordingTarget((status) => ({ ...status, prerequisites: told, acknowledgements }));
  await at.daemon(path, recorder);
  const ran = await doctor();
  expect(ran.out).toContain(`asked of the daemon, pid ${exampleStatus.daemon.pid}`);
  expect(ran.out).toMatch(/PASS +clock +clock +told/);
  expect(ran.out).toContain('acknowledged by ann');
  expect(recorder.calls).toEqual([]);
});

test('everything that can fail or stay open says what to do', async () => {
  const { checks } = JSON.parse((await doctor('--json')).out);
  for (const { id } of checks)
    expect({ id, advice: adviceFor(id, 'FAIL') + adviceFor(id, 'INCONCLUSIVE') }).not.toEqual({
      id,
      advice: '',
    });
});

test('a daemon that gives no usable answer is a finding, and not called absent', async () => {
  await at.daemon(path, recordingTarget(noStatus));
  const ran = await doctor();
  expect(ran.code).toBe(1);
  expect(ran.out).toContain('a daemon is there and gave no usable answer, looked at from here');
  expect(ran.out).not.toContain('no daemon runs');
});

function noStatus(): never {
  throw new Error('no status');
}
