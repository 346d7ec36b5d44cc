import { afterAll, expect, test } from 'bun:test';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createMachine } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { climbTo4 } from './ceremony.ts';

afterAll(dropCache);

test('SIGHUP reads the configuration again: narrower stays live, wider steps down, broken disarms', async () => {
  await using machine = await createMachine();
  const daemon = await machine.start();
  await climbTo4(machine, daemon);
  const good = readFileSync(machine.configPath, 'utf8');
  const { config_digest: first } = (await daemon.status()).daemon;
  const quick = { interval_ms: 1000, confirm_after_ms: 1000, cooldown_seconds: 1 };

  machine.writeConfig({ reconcile: { ...quick, max_flatten_notional_usdt: 50 }, state_dir: 'elsewhere' });
  daemon.kill('SIGHUP');
  const narrowed = await daemon.when('other settings', (status) => status.daemon.config_digest !== first);
  expect(narrowed.stage.in_force).toBe(4);
  expect(narrowed.daemon.state_dir).toBe(machine.stateDir);
  expect(narrowed.covered['reconcile.max_flatten_notional_usdt']).toBe('50');
  const notes = (await daemon.status()).events.map(({ text }) => text).join('\n');
  expect(notes).toContain('waits for a restart: state_dir state -> elsewhere');

  writeFileSync(machine.configPath, `${good.slice(0, -3)}, "nonsense": 1}`);
  daemon.kill('SIGHUP');
  const disarmed = await daemon.when('the disarmed stage', ({ stage }) => stage.in_force === 3);
  expect(disarmed.alarms.join('\n')).toContain('the old settings stay, disarmed');
  expect(disarmed.daemon.config_digest).toBe(narrowed.daemon.config_digest);

  rmSync(machine.configPath);
  daemon.kill('SIGHUP');
  await daemon.when('the missing file named', ({ alarms }) => alarms.some((text) => text.includes('ENOENT')));

  machine.writeConfig({ reconcile: { ...quick, max_flatten_notional_usdt: 500 } });
  daemon.kill('SIGHUP');
  const widened = await daemon.when('the step down', ({ stage }) => stage.in_force < 3);
  expect(widened.alarms).toEqual([]);
  expect(widened.stage.in_force).toBe(1);
  expect((await machine.grinder(['audit', 'verify'])).code).toBe(0);
  daemon.kill('SIGTERM');
  expect(await daemon.ended).toMatchObject({ code: 0, err: '' });
}, 240_000);
