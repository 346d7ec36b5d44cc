/** A stop when the disk has no byte left: the latch was preallocated for it. */
import { afterAll, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMachine } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';

afterAll(dropCache);

const LIMIT_MS = 240_000;
const canMount = process.getuid?.() === 0 && mountable();
if (!canMount) console.error('SKIPPED: a small disk to fill takes root and mount');

test.skipIf(!canMount)(
  'F79 full disk: a stop is latched durably, the alarm says so, and a restart finds it',
  async () => {
    await using machine = await createMachine();
    const disk = join(machine.dir, 'disk');
    mkdirSync(disk, { mode: 0o700 });
    using _small = mounted(disk, '3m');
    machine.writeConfig({
      state_dir: 'disk/state',
      audit: { path: 'disk/audit/reconcile.jsonl' },
      log: { path: 'disk/logs/app.log' },
    });
    const daemon = await machine.start();
    fill(disk);
    const stopped = await machine.grinder(['stop', '--config', machine.configPath]);
    expect(stopped).toMatchObject({ code: 0, err: '' });
    expect(stopped.out).toContain('LATCHED');
    expect(stopped.out).not.toContain('NOT DURABLE');
    const { latch, alarms } = await daemon.status();
    expect(latch).toMatchObject({ latched: true, durable: true });
    expect(alarms.join()).toContain('the disk of the audit is nearly full');
    daemon.kill('SIGKILL');
    await daemon.ended;
    // There is room for nothing: it comes up all the same, as stopped as it was.
    fill(disk);
    const full = await machine.start();
    const told = await full.status();
    expect(told).toMatchObject({ latch: { latched: true, id: latch.id }, stage: { in_force: 0 } });
    expect(told.stage.hold?.because).toContain('audit_unavailable');
    full.kill('SIGKILL');
    await full.ended;
    for (const name of readdirSync(disk).filter((one) => one.startsWith('fill-'))) rmSync(join(disk, name));
    const next = await machine.start();
    expect((await next.status()).latch).toMatchObject({ latched: true, id: latch.id });
    next.kill('SIGKILL');
    await next.ended;
  },
  LIMIT_MS,
);

/** Takes every block, then every byte. */
function fill(disk: string): void {
  for (const size of [65_536, 4096, 1]) {
    try {
      for (let n = 0; statfsSync(disk).bavail > 0; n += 1)
        writeFileSync(join(disk, `fill-${Date.now()}-${size}-${n}`), Buffer.alloc(size));
    } catch {
      // Full for pieces of this size.
    }
  }
}

function mounted(path: string, size: string): Disposable {
  const done = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', path]);
  if (done.status !== 0) throw new Error(String(done.stderr));
  return { [Symbol.dispose]: () => void spawnSync('umount', ['-l', path]) };
}

function mountable(): boolean {
  const probe = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
  return probe.status === 0;
}
