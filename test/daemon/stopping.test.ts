import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { begin } from '../../src/daemon/beginning.ts';
import { entryBase } from '../../src/daemon/ceremony.ts';
import { clearStop, stop } from '../../src/daemon/stopping.ts';
import { realDisk } from '../../src/engine/disk.ts';
import { openLatch } from '../../src/engine/latch.ts';
import { leaveStopFile, stopFileMark } from '../../src/engine/stop-file.ts';
import { scratch } from '../engine/durable.ts';
import { observation } from '../helpers/engine-world.ts';
import { ticking } from './beating.ts';
import { type CoreRig, coreIn } from './core.ts';

const ann = { by: 'ann', reason: 'looks wrong' };
const bob = { by: 'bob', reason: '' };

/** What a start does with what it finds, once its parts are joined. */
function start({ core, latch }: CoreRig): void {
  begin({
    core,
    room: {
      scheduler: {
        soon: () => undefined,
        tick: () => undefined,
        close: async () => undefined,
        runningSince: () => null,
      },
      eventRuns: { soon: () => undefined, close: () => undefined },
    },
    stopNow: (by, reason) => stop(core, latch, { by, reason }),
    fatal: () => undefined,
  });
}

describe('a stop', () => {
  test('F81 two screens, one clears and one stops: a clear on its way does not undo a stop that came after it was asked for', () => {
    using directory = scratch();
    const { core, latch } = coreIn(directory.path);
    const first = stop(core, latch, ann);
    expect(first).toMatchObject({ durable: true, by: 'ann' });
    const second = stop(core, latch, bob);
    expect(clearStop(core, latch, { latchId: first.id, by: 'ann' })).toContain(second.id);
    expect(core.interlock.latched()).toBe(true);
    expect(core.vitals.latch).toMatchObject({ id: second.id, durable: true, reason: 'looks wrong' });
    expect(clearStop(core, latch, { latchId: second.id, by: 'ann' })).toBeNull();
    expect(core.interlock.latched()).toBe(false);
  });

  test('a refused clear leaves the file STOP where it is', () => {
    using directory = scratch();
    const { core, latch } = coreIn(directory.path);
    const path = join(core.places.stateDir, 'STOP');
    const { id } = stop(core, latch, ann);
    writeFileSync(path, '');
    core.vitals.stopFileSeen = stopFileMark(core.places.stateDir);
    expect(clearStop(core, latch, { latchId: `${id}x`, by: 'ann' })).toContain(id);
    expect(existsSync(path)).toBe(true);
    expect(clearStop(core, latch, { latchId: id, by: 'ann' })).toBeNull();
    expect(existsSync(path)).toBe(false);
  });

  test('latches and takes the right to write away before the disk is asked', () => {
    using directory = scratch();
    const asked: (readonly [boolean, boolean])[] = [];
    const disk = {
      ...realDisk,
      fdatasync: (fd: number) => {
        asked.push([core.interlock.latched(), core.interlock.writesAllowed()]);
        realDisk.fdatasync(fd);
      },
    };
    const { core, latch } = coreIn(directory.path, { latchDisk: disk });
    core.interlock.allowWrites(true);
    asked.length = 0;
    stop(core, latch, ann);
    expect(asked.length).toBeGreaterThan(0);
    for (const seen of asked) expect(seen).toEqual([true, false]);
  });

  test('a file STOP that comes while latched is a newer stop, one that was there before is not', () => {
    using directory = scratch();
    const rig = coreIn(directory.path);
    const tick = ticking(rig);
    const first = stop(rig.core, rig.latch, ann);
    tick();
    expect(rig.core.vitals.latch?.id).toBe(first.id);
    writeFileSync(join(rig.core.places.stateDir, 'STOP'), '');
    tick();
    const second = rig.core.vitals.latch?.id ?? '';
    expect(second).not.toBe(first.id);
    tick();
    expect(rig.core.vitals.latch?.id).toBe(second);
    expect(clearStop(rig.core, rig.latch, { latchId: first.id, by: 'ann' })).toContain(second);
    expect(clearStop(rig.core, rig.latch, { latchId: second, by: 'ann' })).toBeNull();
    tick();
    expect(rig.core.vitals.latch).toBeNull();
  });

  test('a file STOP that comes right before a clear is a newer stop, though nobody has looked for it yet', () => {
    using directory = scratch();
    const rig = coreIn(directory.path);
    const tick = ticking(rig);
    const first = stop(rig.core, rig.latch, ann);
    tick();
    writeFileSync(join(rig.core.places.stateDir, 'STOP'), '');
    const refused = clearStop(rig.core, rig.latch, { latchId: first.id, by: 'ann' });
    expect(rig.core.interlock.latched()).toBe(true);
    expect(refused).toContain(rig.core.vitals.latch?.id ?? 'none');
    expect(rig.core.vitals.latch?.id).not.toBe(first.id);
    tick();
    expect(
      clearStop(rig.core, rig.latch, { latchId: rig.core.vitals.latch?.id ?? '', by: 'ann' }),
    ).toBeNull();
    tick();
    expect(rig.core.vitals.latch).toBeNull();
  });

  test('a file STOP that the start latched for is not taken for a second stop', () => {
    using directory = scratch();
    const rig = coreIn(directory.path);
    const tick = ticking(rig);
    writeFileSync(join(rig.core.places.stateDir, 'STOP'), '');
    start(rig);
    const id = rig.core.vitals.latch?.id ?? '';
    expect(id).not.toBe('');
    tick();
    tick();
    expect(rig.core.vitals.latch?.id).toBe(id);
  });

  test('a file STOP that came while nothing ran is newer than the latch that the start finds', () => {
    using directory = scratch();
    const { core, latch } = coreIn(directory.path);
    const { id } = stop(core, latch, ann);
    core.journal.close();
    latch.close();
    leaveStopFile(core.places.stateDir, { ...bob, atMs: 1 });
    const rig = coreIn(directory.path);
    expect(rig.core.vitals.latch?.id).toBe(id);
    start(rig);
    // Whoever saw the older one only has not seen this.
    expect(clearStop(rig.core, rig.latch, { latchId: id, by: 'ann' })).toContain('look at it first');
    const newer = rig.core.vitals.latch?.id ?? '';
    expect(newer).not.toBe(id);
    expect(rig.core.interlock.latched()).toBe(true);
    expect(clearStop(rig.core, rig.latch, { latchId: newer, by: 'ann' })).toBeNull();
  });

  test('a file STOP that is touched or written again is a newer stop', () => {
    using directory = scratch();
    const rig = coreIn(directory.path);
    const tick = ticking(rig);
    const path = join(rig.core.places.stateDir, 'STOP');
    writeFileSync(path, '');
    tick();
    const ids = new Set([rig.core.vitals.latch?.id ?? '']);
    for (const again of [
      () => utimesSync(path, 2_000_000_000, 2_000_000_000),
      () => writeFileSync(path, 'now'),
    ]) {
      const seen = rig.core.vitals.latch?.id ?? '';
      again();
      expect(clearStop(rig.core, rig.latch, { latchId: seen, by: 'ann' })).toContain('look at it first');
      tick();
      ids.add(rig.core.vitals.latch?.id ?? '');
    }
    expect(ids.size).toBe(3);
    expect(existsSync(path)).toBe(true);
  });

  test('a latch that a failed clear may have taken off the disk is not called durable any more', () => {
    using directory = scratch();
    let failing = false;
    const disk = {
      ...realDisk,
      fdatasync: (fd: number) => {
        if (failing) throw new Error('EIO');
        realDisk.fdatasync(fd);
      },
    };
    const { core, latch } = coreIn(directory.path, { latchDisk: disk });
    const { id } = stop(core, latch, ann);
    failing = true;
    expect(clearStop(core, latch, { latchId: id, by: 'ann' })).toContain('stays');
    // What a restart would find now:
    const path = join(directory.path, 'account', 'latch');
    expect(openLatch({ path, firstUse: false, nowMs: 0 }).current().latched).toBe(false);
    expect(core.interlock.latched()).toBe(true);
    expect(core.vitals.latch).toMatchObject({ id, durable: false });
    expect(core.notebook.alarms().join()).toContain('do not restart');
    failing = false;
    expect(stop(core, latch, bob)).toMatchObject({ durable: true });
    expect(openLatch({ path, firstUse: false, nowMs: 0 }).current().latched).toBe(true);
    expect(core.notebook.alarms()).toEqual([]);
  });

  test('a verdict that named what is open is given anew when that is over, one that was OK stays', () => {
    using directory = scratch();
    const rig = coreIn(directory.path);
    const tick = ticking(rig);
    const { atMonoMs } = stop(rig.core, rig.latch, ann);
    rig.clock.advance(rig.core.settings.ceremony.stopVerifyMs + 1);
    tick();
    expect(rig.core.vitals.latch?.verdict).toStartWith(
      'STOPPED, open: no complete read of the exchange since',
    );
    rig.core.vitals.complete = observation([], [], { startedMonoMs: atMonoMs + 1 });
    rig.core.vitals.mismatchSinceStop = true;
    tick();
    expect(rig.core.vitals.latch?.verdict).toBe('STOPPED OK');
    rig.core.vitals.complete = null;
    tick();
    expect(rig.core.vitals.latch?.verdict).toBe('STOPPED OK');
  });

  test('a stop is not OK while the audit has lost lines that may hold a write of unknown outcome', () => {
    using directory = scratch();
    const before = coreIn(directory.path);
    for (const seen of [1, 2, 3])
      before.core.journal.append({
        ...entryBase(before.core),
        event_type: 'ACKNOWLEDGED',
        details: { seen },
      });
    before.core.journal.close();
    const { auditPath } = before.core.places;
    const lines = readFileSync(auditPath, 'utf8').split('\n');
    writeFileSync(auditPath, [lines[0], 'garbage', ...lines.slice(2)].join('\n'));

    const rig = coreIn(directory.path);
    expect(rig.core.journal.healthy()).toBe(false);
    const tick = ticking(rig);
    const { atMonoMs } = stop(rig.core, rig.latch, ann);
    rig.core.vitals.complete = observation([], [], { startedMonoMs: atMonoMs + 1 });
    rig.core.vitals.mismatchSinceStop = true;
    rig.clock.advance(rig.core.settings.ceremony.stopVerifyMs + 1);
    tick();
    expect(rig.core.vitals.latch?.verdict).toBe(
      'STOPPED, open: the audit does not tell whether a write is without a known outcome',
    );
  });
});
