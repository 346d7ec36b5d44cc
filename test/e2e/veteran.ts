/**
 * The journal of a daemon that passed its stages earlier. On an exchange of its own process a dwell takes ten minutes,
 * and nothing shortens it: so a test writes, with the engine's own journal, what such a daemon would have left.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { coveredFor } from '../../src/config/covered.ts';
import { loadConfig } from '../../src/config/load.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { openJournal } from '../../src/engine/journal.ts';
import { openLatch } from '../../src/engine/latch.ts';
import type { Machine } from '../helpers/daemon.ts';

/** Where lock, latch and head record of an account live on this machine. */
export function accountDirOf(machine: Machine, apiKey: string): string {
  const id = createHash('sha256').update(apiKey).digest('hex').slice(0, 12);
  return join(machine.env['XDG_STATE_HOME'] ?? '', 'grinder/accounts', id);
}

/** Leaves evidence of stages 1 to 3 under the machine's configuration as it is now; before the first start. */
export async function leaveEvidence(machine: Machine, apiKey: string): Promise<void> {
  const told = await machine.grinder(['--version']);
  const version = /^grinder (\S+)/.exec(told.out)?.[1] ?? '';
  const loaded = loadConfig({ text: readFileSync(machine.configPath, 'utf8'), env: {}, flags: new Map() });
  if (!loaded.ok) throw new Error(loaded.problems.map(({ key }) => key).join(', '));
  const directory = accountDirOf(machine, apiKey);
  for (const path of [dirname(machine.auditPath), directory])
    mkdirSync(path, { recursive: true, mode: 0o700 });
  openLatch({ path: join(directory, 'latch'), firstUse: true, nowMs: systemClock.wallMs() }).close();
  const headPath = join(directory, 'audit-head.json');
  const journal = openJournal({ path: machine.auditPath, headPath, clock: systemClock });
  const covered = { ...loaded.settings.flat, account: 'sim' };
  for (const stage of [1, 2, 3] as const) {
    const done = journal.append({
      ...{ event_type: 'STAGE_EVIDENCE', run_id: '', mode: 'dry_run', stage, action: 'none', status: null },
      ...{ block_reason: null, symbols: [], mismatch_counts: {}, operator: null, synthetic: false },
      details: { stage, verdict: 'PASS', covered: coveredFor(stage, covered), version, criteria: [] },
    });
    if (!done.ok) throw new Error(done.problem);
  }
  journal.close();
}
