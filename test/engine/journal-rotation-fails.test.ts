/** A rotation that a disk fails in, the last words of that process, and the rotation after them. */
import { expect, setDefaultTimeout, test } from 'bun:test';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { type Disk, realDisk } from '../../src/engine/disk.ts';
import { type Journal, openJournal } from '../../src/engine/journal.ts';
import { verifyJournal } from '../../src/engine/journal-verify.ts';
import {
  entry,
  type Fault,
  faultyDisk,
  handClock,
  intentEntry,
  outcomeEntry,
  rotateNow,
  scratch,
} from './durable.ts';

setDefaultTimeout(90_000);

const stopped = entry({ event_type: 'STOP_LATCHED', operator: 'ann', details: { latch_id: 'L-1' } });

const places = (directory: string) => ({
  path: join(directory, 'audit', 'reconcile.jsonl'),
  headPath: join(directory, 'account', 'head.json'),
});

const open = (directory: string, disk?: Disk): Journal =>
  openJournal({
    ...places(directory),
    clock: handClock(),
    maxFileBytes: 1,
    ...(disk === undefined ? {} : { disk }),
  });

/** Fails at one call of the disk during a rotation and goes on as a daemon would; says whether the journal noticed. */
function failAt(directory: string, at: Parameters<typeof faultyDisk>[0]): { failed: boolean; calls: number } {
  const first = open(directory);
  first.append(intentEntry('i0', { notional_usdt: '40' }));
  rotateNow(first);
  first.append(outcomeEntry('i0', 'EXECUTED'));
  first.close();

  const disk = faultyDisk(at);
  const journal = open(directory, disk);
  journal.append(intentEntry('i1', { notional_usdt: '40' }));
  disk.arm();
  for (let piece = 0; piece < 20 && journal.healthy(); piece += 1) if (journal.maintain() !== null) break;
  const failed = !journal.healthy();
  const told = journal.append(outcomeEntry('i1', 'EXECUTED')).ok;
  const said = journal.append(stopped).ok;
  const before = journal.state();
  journal.close();

  const again = open(directory);
  expect(again.problem()).toBe('');
  expect(again.state().dispatches).toEqual(before.dispatches);
  if (told) expect(again.state().openIntents.size).toBe(0);
  if (said) expect(again.state().ceremonyRecords.at(-1)?.event_type).toBe('STOP_LATCHED');
  again.append(entry());
  rotateNow(again);
  again.append(entry());
  const last = again.state();
  again.close();

  const third = open(directory);
  expect([third.problem(), third.state()]).toEqual(['', last]);
  third.close();
  const { path, headPath } = places(directory);
  expect(verifyJournal(path, { headPath })).toMatchObject({ ok: true });
  return { failed, calls: disk.calls() };
}

for (const fault of ['SHORT', 'ENOSPC', 'EIO'] satisfies readonly Fault[]) {
  for (const after of ['heals', 'stays'] as const) {
    test(`${fault} at any call of a rotation, which ${after}: last words are taken in, and the next rotation is believed`, () => {
      let failures = 0;
      for (let call = 1, calls = 1; call <= calls; call += 1) {
        using directory = scratch();
        const one = failAt(directory.path, { call, fault, after });
        if (one.failed) failures += 1;
        calls = Math.min(one.calls, 60);
      }
      expect(failures).toBeGreaterThan(3);
    });
  }
}

test('a start that fails itself while it undoes such a rotation leaves the next one all it needs', () => {
  using directory = scratch();
  const origin = join(directory.path, 'origin');
  const disk = withoutRoomForCheckpoints();
  const journal = open(origin, disk);
  journal.append(intentEntry('i1', { notional_usdt: '40' }));
  expect(rotateNow(journal)).toContain('ENOSPC');
  expect(journal.append(outcomeEntry('i1', 'EXECUTED')).ok).toBe(true);
  const before = journal.state();
  journal.close();

  let failed = 0;
  for (let call = 1, calls = 1; call <= calls; call += 1) {
    const copy = join(directory.path, `copy${call}`);
    cpSync(origin, copy, { recursive: true });
    const failing = faultyDisk({ call, fault: 'SHORT', after: 'stays' });
    failing.arm();
    const refused = opened(() => open(copy, failing));
    if (!refused.isWell) failed += 1;
    calls = failing.calls() >= call ? call + 1 : call;

    const next = open(copy);
    expect([call, next.problem(), next.state()]).toEqual([call, '', before]);
    rotateNow(next);
    next.close();
    const last = open(copy);
    expect([call, last.problem()]).toEqual([call, '']);
    last.close();
  }
  expect(failed).toBeGreaterThan(3);
});

/** A disk that takes half of each checkpoint. */
function withoutRoomForCheckpoints(): Disk {
  return {
    ...realDisk,
    write: (fd, bytes, position) => {
      if (!Buffer.from(bytes).includes('"CHECKPOINT"')) return realDisk.write(fd, bytes, position);
      realDisk.write(fd, bytes.subarray(0, bytes.length >> 1), position);
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    },
  };
}

function opened(start: () => Journal): { readonly isWell: boolean } {
  try {
    const journal = start();
    const isWell = journal.healthy();
    journal.close();
    return { isWell };
  } catch {
    return { isWell: false };
  }
}
