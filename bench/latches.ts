/** Stops seen in the audit, and how long after their cause they were written down. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import type { ControlClient } from '../src/control/client.ts';
import { clearLatch, pause, until } from './daemon.ts';

/** A daemon in stage 1 with runs going on, and its audit. */
export interface StopTarget {
  readonly client: ControlClient;
  readonly auditPath: string;
  /** Presses whatever stops, once. */
  readonly press: () => void;
}

const INTERVAL_MS = 1000;

/**
 * Stops `count` times at any moment of a run's interval, and clears the latch in between. A sample is the time from
 * the press to the audit's line, which is written after the latch is on disk: whole milliseconds, rounded up.
 */
export async function latchTimes(target: StopTarget, count: number): Promise<readonly number[]> {
  const latches = followLatches(target.auditPath);
  const samples: number[] = [];
  for (let stop = 0; stop < count; stop += 1) {
    await runsAgain(target.client);
    await pause(Math.random() * INTERVAL_MS);
    const pressedAtMs = Date.now();
    target.press();
    const latchedAtMs = await until(latches, 'the latch in the audit', 10_000, 2);
    samples.push(latchedAtMs - pressedAtMs + 1);
    await clearLatch(target.client, 1);
  }
  return samples;
}

/**
 * Waits until a run has ended without a latch. A stop that nobody answered within half a second leaves the STOP file as
 * well, which may stop once more after the latch was cleared: that one is cleared too.
 */
export async function runsAgain(client: ControlClient): Promise<void> {
  let before: number | null = null;
  const hasRun = async (): Promise<boolean> => {
    const { latch, stage, run } = await client.status();
    if (latch.latched) {
      await clearLatch(client, 1);
      return false;
    }
    before ??= run.count;
    return stage.in_force >= 1 && run.count > before;
  };
  await until(hasRun, 'a run', 60_000, 50);
}

/** Gives the time of each STOP_LATCHED line once, oldest first; null while there is none. */
function followLatches(path: string): () => number | null {
  let offset = 0;
  let half = '';
  const times: number[] = [];
  const readOn = (): void => {
    if (!existsSync(path)) return;
    const fd = openSync(path, 'r');
    const chunk = Buffer.alloc(1 << 20);
    for (let got = readSync(fd, chunk, 0, chunk.length, offset); got > 0; ) {
      offset += got;
      half += chunk.toString('utf8', 0, got);
      got = readSync(fd, chunk, 0, chunk.length, offset);
    }
    closeSync(fd);
    const lines = half.split('\n');
    half = lines.pop() ?? '';
    for (const line of lines) {
      const record: unknown = JSON.parse(line);
      if (isLatch(record)) times.push(record.ts_ms);
    }
  };
  readOn();
  times.length = 0;
  return () => {
    readOn();
    return times.shift() ?? null;
  };
}

function isLatch(record: unknown): record is { readonly ts_ms: number } {
  return (
    typeof record === 'object' &&
    record !== null &&
    'event_type' in record &&
    record.event_type === 'STOP_LATCHED' &&
    'ts_ms' in record &&
    typeof record.ts_ms === 'number'
  );
}
