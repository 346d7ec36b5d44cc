import { describe, expect, test } from 'bun:test';
import { coveredFor } from '../../src/config/covered.ts';
import { stageContext } from '../../src/daemon/ceremony.ts';
import { runCommand } from '../../src/daemon/commands.ts';
import type { Core } from '../../src/daemon/core.ts';
import { entryOf } from '../../src/daemon/evidence-records.ts';
import { acknowledgements, judgePrerequisites } from '../../src/daemon/prerequisites.ts';
import { clearStop, stop } from '../../src/daemon/stopping.ts';
import { entry, scratch } from '../engine/durable.ts';
import { type CoreRig, coreIn } from './core.ts';

const HOUR = 3_600_000;
const START = 1_800_000_000_000;
const stages = ({ vitals }: Core) => vitals.stage.evidence.map(({ stage }) => stage);

function pass(core: Core, stage: 1 | 2 | 3): void {
  const { covered, version } = stageContext(core);
  const evidence = { stage, passedAtMs: 0, covered: coveredFor(stage, covered), version };
  core.journal.append(
    entryOf(
      { type: 'evidence_passed', evidence, criteria: [] },
      { ...core.vitals.stage, inForce: stage },
      '',
    ),
  );
}

function passed(directory: string): void {
  const { core } = coreIn(directory);
  for (const stage of [1, 2, 3] as const) pass(core, stage);
  core.journal.close();
}

describe('evidence over restarts', () => {
  test('is found again', () => {
    using directory = scratch();
    passed(directory.path);
    expect(stages(coreIn(directory.path, { startMs: START + HOUR }).core)).toEqual([1, 2, 3]);
  });

  test('that a long downtime voided stays void at the restart after', () => {
    using directory = scratch();
    passed(directory.path);
    const first = coreIn(directory.path, { startMs: START + 25 * HOUR }).core;
    expect(stages(first)).toEqual([]);
    first.journal.append(entry({ event_type: 'CONFIG_LOADED' }));
    first.journal.close();
    const second = coreIn(directory.path, { startMs: START + 25 * HOUR + 60_000 }).core;
    expect(stages(second)).toEqual([]);
    pass(second, 1);
    second.journal.close();
    expect(stages(coreIn(directory.path, { startMs: START + 26 * HOUR }).core)).toEqual([1]);
  });

  test('does not outlive a stop whose record the disk did not take', () => {
    using directory = scratch();
    passed(directory.path);
    const stopped = coreIn(directory.path);
    // A full disk: the preallocated latch takes the stop, the audit takes nothing more.
    stopped.core.journal.close();
    expect(stop(stopped.core, stopped.latch, { by: 'ann', reason: '' }).durable).toBe(true);
    const after = coreIn(directory.path);
    expect(stages(after.core)).toEqual([]);
    expect(
      clearStop(after.core, after.latch, { latchId: after.core.vitals.latch?.id ?? '', by: 'ann' }),
    ).toBeNull();
    after.core.journal.close();
    expect(stages(coreIn(directory.path).core)).toEqual([]);
  });
});

describe('an acknowledgement', () => {
  const remote = (cap: number) =>
    `exchange: {endpoints: {rest: "http://127.0.0.1:1", ws: "ws://127.0.0.1:1"}, key_file: k, secret_file: s}
reconcile: {max_flatten_notional_usdt: ${cap}}
`;
  const look = ({ core }: CoreRig) => {
    core.vitals.prerequisites = judgePrerequisites(core);
    return new Map(acknowledgements(core).map(({ item, doneBy }) => [item, doneBy]));
  };
  const ack = ({ core, latch }: CoreRig, item: string) =>
    runCommand(
      {
        core,
        latch,
        newCode: () => 'code',
        stopNow: () => stop(core, latch, { by: '', reason: '' }),
        acknowledgeGates: () => undefined,
        runSoon: () => undefined,
        resolve: async () => ({ schema_version: 1, ok: false, exit_code: 1, message: '' }),
        shutdown: () => undefined,
        ending: () => false,
        realStray: async () => null,
      },
      'ack',
      { operator: 'ann', item },
    );

  test('of one figure does not hold for another, and one of an account not for another account', async () => {
    using directory = scratch();
    const first = coreIn(directory.path, { text: remote(150) });
    expect(look(first).get('flatten_cap')).toBeNull();
    expect(await ack(first, 'flatten_cap')).toMatchObject({ ok: true });
    expect(await ack(first, 'team_notified')).toMatchObject({ ok: true });
    expect(look(first).get('flatten_cap')).toBe('ann');
    first.core.journal.close();
    const wider = coreIn(directory.path, { text: remote(100_000) });
    expect(look(wider).get('flatten_cap')).toBeNull();
    expect(look(wider).get('team_notified')).toBe('ann');
    const other = { ...wider, core: { ...wider.core, identity: { ...wider.core.identity, account: 'x' } } };
    expect(look(other).get('team_notified')).toBeNull();
  });
});
