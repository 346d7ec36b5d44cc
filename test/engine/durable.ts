/** What the tests of durable state share: private directories, a clock of their own, entries, a disk that fails on demand. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEntry, JsonObject } from '../../src/engine/audit-record.ts';
import type { Clock } from '../../src/engine/clock.ts';
import { type Disk, realDisk } from '../../src/engine/disk.ts';
import type { Journal } from '../../src/engine/journal.ts';

/** Makes a private directory and what removes it again. */
export function scratch(): { readonly path: string; readonly [Symbol.dispose]: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'grinder-durable-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export interface HandClock extends Clock {
  readonly advance: (ms: number) => void;
  /** Sets the wall clock alone. */
  readonly jumpWall: (ms: number) => void;
}

/** A clock that moves only when told. */
export function handClock(startMs = 1_800_000_000_000): HandClock {
  let monoMs = 0;
  let offMs = startMs;
  return {
    wallMs: () => offMs + monoMs,
    monoMs: () => monoMs,
    advance: (ms) => {
      monoMs += ms;
    },
    jumpWall: (ms) => {
      offMs += ms;
    },
  };
}

/** An entry with nothing in it, changed as wanted. */
export function entry(changes: Partial<AuditEntry> = {}): AuditEntry {
  return {
    event_type: 'RECONCILE_RUN',
    run_id: 'r1',
    mode: 'live',
    stage: 4,
    action: 'none',
    status: null,
    block_reason: null,
    symbols: [],
    mismatch_counts: {},
    details: {},
    operator: null,
    synthetic: false,
    ...changes,
  };
}

/** The INTENT of a cancel. */
export function intentEntry(id: string, details: JsonObject = {}): AuditEntry {
  return entry({
    event_type: 'REMEDIATE_ATTEMPT',
    status: 'INTENT',
    action: 'cancel',
    symbols: ['BTCUSDT'],
    details: {
      intent_id: id,
      action_id: `cancel:${id}`,
      action: 'cancel',
      symbol: 'BTCUSDT',
      client_order_id: 'grinder_1_BTCUSDT_1_1_1',
      order_id: '7',
      conditional: false,
      repair_client_order_id: null,
      request_hash: 'h',
      notional_usdt: '0',
      ...details,
    },
  });
}

/** The outcome of an intent. */
export function outcomeEntry(
  id: string,
  status: 'EXECUTED' | 'REJECTED' | 'UNKNOWN' | 'FAILED',
  details: JsonObject = {},
): AuditEntry {
  return entry({
    event_type: 'REMEDIATE_RESULT',
    status,
    action: 'cancel',
    details: { intent_id: id, ...details },
  });
}

/** Does every piece of a rotation that is due, and says what it said. */
export function rotateNow(journal: Journal): string {
  for (let piece = 0; piece < 10_000; piece += 1) {
    const told = journal.maintain();
    if (told !== null) return told;
  }
  throw new Error('no rotation is due, or it never ends');
}

/** A mutating call of the disk. */
export type Fault = 'ENOSPC' | 'EIO' | 'SHORT' | 'EROFS' | 'EMFILE';

/** A real disk whose Nth mutating call (from 1) fails, once or from then on; SHORT writes half and then fails. */
export function faultyDisk(at: {
  readonly call: number;
  readonly fault: Fault;
  readonly after: 'heals' | 'stays';
}): Disk & { readonly calls: () => number; readonly arm: () => void } {
  let calls = 0;
  let armed = false;
  const fails = () => {
    if (!armed) return false;
    calls += 1;
    return at.after === 'stays' ? calls >= at.call : calls === at.call;
  };
  const trip = () => {
    if (fails()) throw Object.assign(new Error(at.fault), { code: at.fault });
  };
  return {
    ...realDisk,
    calls: () => calls,
    arm: () => {
      armed = true;
    },
    write: (fd, bytes, position) => {
      if (!fails()) return realDisk.write(fd, bytes, position);
      if (at.fault === 'SHORT') realDisk.write(fd, bytes.subarray(0, bytes.length >> 1), position);
      throw Object.assign(new Error(at.fault), { code: at.fault });
    },
    fdatasync: (fd) => {
      trip();
      realDisk.fdatasync(fd);
    },
    open: (path, flags, mode) => {
      trip();
      return realDisk.open(path, flags, mode);
    },
    rename: (from, to) => {
      trip();
      realDisk.rename(from, to);
    },
    truncate: (fd, size) => {
      trip();
      realDisk.truncate(fd, size);
    },
    remove: (path) => {
      trip();
      realDisk.remove(path);
    },
    syncDirectory: (path) => {
      trip();
      realDisk.syncDirectory(path);
    },
  };
}

/** A real disk that writes down which calls changed a file, each with its descriptor or path. */
export function recordingDisk(): { readonly disk: Disk; readonly calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    disk: {
      ...realDisk,
      write: (fd, bytes, position) => {
        calls.push(`write ${fd}`);
        return realDisk.write(fd, bytes, position);
      },
      fdatasync: (fd) => {
        calls.push(`sync ${fd}`);
        realDisk.fdatasync(fd);
      },
      rename: (from, to) => {
        calls.push('rename');
        realDisk.rename(from, to);
      },
    },
  };
}
