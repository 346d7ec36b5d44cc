/** kill -9 at the system calls of a rotation, which goes on over many beats of a daemon that runs. */
import { afterAll, expect, test } from 'bun:test';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemClock } from '../../src/engine/clock.ts';
import { openJournal } from '../../src/engine/journal.ts';
import { readRecords } from '../../src/engine/journal-read.ts';
import { openLatch } from '../../src/engine/latch.ts';
import { entry } from '../engine/durable.ts';
import { createMachine, type Machine, waitFor } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { launch } from '../helpers/process.ts';
import { type KillPoint, killArgs, missingStrace } from './strace.ts';

afterAll(dropCache);

const LIMIT_MS = 240_000;
const LINES = 300;
/** Of the copy: begun, in the middle, all there, named. Of the audit: cut, synced, begun anew. */
const POINTS: readonly (KillPoint & { readonly of: 'copy' | 'audit' })[] = [
  { of: 'copy', call: 'openat', when: 1 },
  { of: 'copy', call: 'pwrite64', when: 4 },
  { of: 'copy', call: 'fdatasync', when: 7 },
  { of: 'copy', call: 'rename', when: 1 },
  { of: 'audit', call: 'ftruncate', when: 1 },
];

test.skipIf(missingStrace() !== null).concurrent(
  'F55: kill -9 at a system call of a rotation loses no line, and the next start rotates to the end',
  async () => {
    for (const point of POINTS) {
      await using machine = await createMachine();
      machine.writeConfig({ audit: { max_file_mb: 1 }, ceremony: { requested_stage: 0 } });
      leaveLongAudit(machine);
      const rotated = `${machine.auditPath}.0000000001`;
      const files = point.of === 'copy' ? [`${rotated}.new`] : [machine.auditPath];
      const command = [machine.program, 'run', '--headless', '--config', machine.configPath];
      const tracer = launch(['strace', ...killArgs(point, files), ...command], {
        cwd: machine.dir,
        env: machine.env,
      });
      const ended = await tracer.ended;
      expect({ ...point, code: ended.code, err: ended.err }).toMatchObject({ code: 137 });
      // A part of a copy has no name that a reader takes for a file of the audit.
      expect([point, existsSync(rotated)]).toEqual([point, point.of === 'audit']);
      expect(linesOf(machine)).toBe(LINES);
      const daemon = await machine.start();
      expect((await daemon.status()).alarms).toEqual([]);
      await waitFor('the rotation', () => (machine.log().includes('audit rotated to') ? true : null));
      expect(statSync(machine.auditPath).size).toBeLessThan(2 ** 19);
      expect(linesOf(machine)).toBe(LINES);
      daemon.kill('SIGTERM');
      expect((await daemon.ended).code).toBe(0);
      expect(await machine.grinder(['audit', 'verify'])).toMatchObject({ code: 0, err: '' });
      expect(existsSync(`${rotated}.new`)).toBe(false);
    }
  },
  LIMIT_MS,
);

/** What a daemon before this one left: more than a file may hold. */
function leaveLongAudit(machine: Machine): void {
  const account = join(machine.stateDir, 'account');
  for (const path of [dirname(machine.auditPath), account]) mkdirSync(path, { recursive: true, mode: 0o700 });
  openLatch({ path: join(account, 'latch'), firstUse: true, nowMs: systemClock.wallMs() }).close();
  const journal = openJournal({
    path: machine.auditPath,
    headPath: join(account, 'audit-head.json'),
    clock: systemClock,
  });
  const lines = Array.from({ length: LINES }, () =>
    entry({ run_id: 'left', mode: 'dry_run', stage: 0, details: { x: 'y'.repeat(4000) } }),
  );
  expect(journal.appendAll(lines).ok).toBe(true);
  journal.close();
}

function linesOf(machine: Machine): number {
  let lines = 0;
  readRecords(machine.auditPath, ({ run_id }) => {
    lines += Number(run_id === 'left');
  });
  return lines;
}
