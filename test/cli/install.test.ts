import { afterEach, beforeEach, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemdUnit } from '../../src/ops/systemd-unit.ts';
import { machine } from './fixture.ts';

let at: ReturnType<typeof machine>;
beforeEach(() => {
  at = machine();
});
afterEach(() => at.close());

test('install prints the unit of this executable and configuration', async () => {
  const config = at.config('a');
  const { out, err, code } = await at.run(['install', '--print', '--user', 'trader', '--config', config]);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('\nUser=trader\n');
  expect(out).toContain(`\nExecStart=/usr/local/bin/grinder run --headless --config ${config}\n`);
});

test('install does nothing else, and says so', async () => {
  const { err, code } = await at.run(['install']);
  expect(code).toBe(64);
  expect(err).toContain('install --print');
  expect((await at.run(['install', '--print', '--user', 'x y'])).code).toBe(64);
});

test('the unit restarts after no exit that would repeat itself, and lets a stop take its time', () => {
  const unit = systemdUnit({
    executable: '/usr/local/bin/grinder',
    configPath: '/etc/g.yaml',
    user: 'grinder',
  });
  expect(unit).toContain('RestartPreventExitStatus=64 77 78');
  expect(unit).toContain('Type=notify');
  expect(unit).toContain('ExecReload=/bin/kill -HUP $MAINPID');
});

test('the unit gives up on no exit that may pass: somebody watches again however long a port or the account was taken', () => {
  const unit = systemdUnit({ executable: '/bin/true', configPath: '/etc/g.yaml', user: 'grinder' });
  expect(unit).toMatch(/^StartLimitIntervalSec=0$/m);
  expect(unit).toMatch(/^Restart=on-failure$/m);
  expect(unit).toMatch(/^RestartSec=10$/m);
  expect(unit).not.toMatch(/^(StartLimitBurst|StartLimitAction)=/m);
  expect(unit).not.toMatch(/^RestartPreventExitStatus=.*\b75\b/m);
});

const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0;
if (!hasAnalyze) {
  if (process.env['CI'] === 'true') throw new Error('systemd-analyze is missing: the unit is not checked');
  console.warn('SKIPPED: the unit is not checked, systemd-analyze is missing');
}

test.skipIf(!hasAnalyze)('systemd has nothing to object to', () => {
  const dir = mkdtempSync(join(tmpdir(), 'grinder-unit-'));
  try {
    const path = join(dir, 'grinder.service');
    writeFileSync(path, systemdUnit({ executable: '/bin/true', configPath: '/etc/g.yaml', user: 'daemon' }));
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' });
    const about = `${verified.stdout}${verified.stderr}`
      .split('\n')
      .filter((line) => line.includes('grinder'));
    expect([verified.status, about]).toEqual([0, []]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
