import { describe, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findDeno } from '../../scripts/runtimes.mjs';
import { acquireLock, readHolder, thisLockMachine } from '../../src/engine/lock.ts';
import { scratch } from './durable.ts';

const self = { pid: 1, host: 'here', sinceMs: 0, socket: '/run/x.sock' };
const bun = [process.execPath, 'run'];
const deno = [findDeno(join(import.meta.dir, '../..')), 'run', '-A'];

async function contender(path: string, runtime: readonly string[]) {
  const [command = '', ...flags] = runtime;
  const child = spawn(command, [...flags, join(import.meta.dir, 'lock-process.ts'), path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  const said: { held: boolean; why: string } = JSON.parse(String(line));
  const gone = once(child, 'exit');
  return {
    said,
    pid: child.pid,
    signal: (name: NodeJS.Signals) => child.kill(name),
    end: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

describe('the account lock', () => {
  test('is private, held once, told to the second, free after release', () => {
    using directory = scratch();
    const path = join(directory.path, 'account', 'lock');
    const first = acquireLock(path, self);
    if (!first.held) throw new Error(first.why);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(first.stillHeld()).toBe(true);
    const second = acquireLock(path, self);
    expect(second).toMatchObject({ held: false, busy: true, holder: self });
    expect(second.held ? '' : second.why).toContain('process 1 on here');
    rmSync(`${path}.holder.json`);
    expect(acquireLock(path, self)).toMatchObject({ held: false, busy: true, holder: null });
    expect(first.stillHeld()).toBe(true);
    first.release();
    expect(first.stillHeld()).toBe(false);
    expect(readHolder(path)).toBeNull();
    expect(acquireLock(path, self).held).toBe(true);
  });

  test('is no longer held once its file is removed, replaced or moved', () => {
    const harms: readonly ((path: string) => void)[] = [
      (path) => rmSync(path),
      (path) => renameSync(path, `${path}.old`),
      (path) => {
        copyFileSync(path, `${path}.copy`);
        renameSync(`${path}.copy`, path);
      },
    ];
    for (const harm of harms) {
      using directory = scratch();
      const path = join(directory.path, 'lock');
      const lock = acquireLock(path, self);
      if (!lock.held) throw new Error(lock.why);
      harm(path);
      expect(lock.stillHeld()).toBe(false);
    }
  });

  test('F57: one that was lost is let go of without taking away the name of who has it now', () => {
    using directory = scratch();
    const path = join(directory.path, 'lock');
    const lost = acquireLock(path, self);
    if (!lost.held) throw new Error(lost.why);
    rmSync(path);
    const next = { ...self, pid: 2 };
    const taken = acquireLock(path, next);
    if (!taken.held) throw new Error(taken.why);
    lost.release();
    expect(acquireLock(path, self)).toMatchObject({ held: false, busy: true, holder: next });
    taken.release();
    expect(readHolder(path)).toBeNull();
  });

  test('F44: is taken on a full disk too, without the name of one that died', () => {
    using directory = scratch();
    const path = join(directory.path, 'lock');
    const dead = acquireLock(path, self);
    if (!dead.held) throw new Error(dead.why);
    copyFileSync(`${path}.holder.json`, `${path}.kept`);
    dead.release();
    renameSync(`${path}.kept`, `${path}.holder.json`);
    const full = (): never => {
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    };
    const disk = { ...thisLockMachine.disk, write: full };
    const lock = acquireLock(path, { ...self, pid: 2 }, { ...thisLockMachine, disk });
    expect(lock.held && lock.stillHeld()).toBe(true);
    expect(acquireLock(path, self)).toMatchObject({ held: false, busy: true, holder: null });
  });

  test('refuses a link, a directory and a file that is no lock', () => {
    using directory = scratch();
    const path = join(directory.path, 'lock');
    symlinkSync(join(directory.path, 'elsewhere'), path);
    expect(acquireLock(path, self)).toMatchObject({ held: false, busy: false, holder: null });
    rmSync(path);
    expect(acquireLock(directory.path, self).held).toBe(false);
    writeFileSync(path, 'not a database '.repeat(100), { mode: 0o600 });
    expect(acquireLock(path, self)).toMatchObject({ held: false, busy: false, holder: null });
  });

  for (const [name, runtime] of [
    ['bun', bun],
    ['deno', deno],
  ] as const) {
    test(`keeps a second process of ${name} out until the first is dead, a stopped one included`, async () => {
      using directory = scratch();
      const path = join(directory.path, 'lock');
      const holder = await contender(path, runtime);
      try {
        expect(holder.said).toEqual({ held: true, why: '' });
        expect(acquireLock(path, self)).toMatchObject({ held: false, holder: { pid: holder.pid } });
        holder.signal('SIGSTOP');
        expect(acquireLock(path, self).held).toBe(false);
      } finally {
        await holder.end();
      }
      expect(acquireLock(path, self).held).toBe(true);
    });
  }

  test('of twenty simultaneous starts one wins, and all others name it, not one that died', async () => {
    using directory = scratch();
    const path = join(directory.path, 'lock');
    const dead = await contender(path, bun);
    await dead.end();
    const all = await Promise.all(Array.from({ length: 20 }, () => contender(path, bun)));
    await Promise.all(all.map((one) => one.end()));
    const [winner, ...more] = all.filter((one) => one.said.held);
    expect(more).toEqual([]);
    for (const { said } of all.filter((one) => one !== winner))
      expect(said.why).toContain(`held by process ${winner?.pid} on h`);
  }, 60_000);
});
