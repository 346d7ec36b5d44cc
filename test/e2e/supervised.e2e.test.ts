import { afterAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import { until } from '../control/fixture.ts';
import { createMachine } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { listenAsSystemd } from '../helpers/notify-socket.ts';

afterAll(dropCache);

test('under systemd the executable says that it is ready, that it lives, what it does, and that it stops', async () => {
  await using machine = await createMachine();
  const path = join(machine.dir, 'notify');
  using systemd = await listenAsSystemd(path);
  const daemon = await machine.start({ env: { NOTIFY_SOCKET: path, WATCHDOG_USEC: '1500000' } });
  const alive = () => systemd.heard().filter((text) => text === 'WATCHDOG=1').length;
  await until('watchdog messages', () => alive() > 2);
  expect(systemd.heard()[0]).toBe('READY=1');
  await until('the stage named', () => systemd.heard().includes('STATUS=sim: stage 1 Detect-only'));
  expect((await machine.grinder(['stop', '--config', machine.configPath])).code).toBe(0);
  await until('the latch named', () => systemd.heard().includes('STATUS=sim: stage 0 Baseline, LATCHED'));
  const before = alive();
  await until('more watchdog messages', () => alive() > before + 2);
  daemon.kill('SIGTERM');
  expect(await daemon.ended).toMatchObject({ code: 0, err: '' });
  await until('the end', () => systemd.heard().at(-1) === 'STOPPING=1');
  expect(machine.leftovers()).toEqual([]);
}, 120_000);
