/** Mutations of stages, evidence, approvals and arming. */
import { type Mutation, STAGES } from './mutation.ts';

export const inStages: readonly Mutation[] = [
  {
    name: 'stage-4-without-a-lease',
    file: 'src/engine/stages.ts',
    search: 'state.lease === null ? 3 : 4',
    replace: '4',
    tests: STAGES,
  },
  {
    name: 'latch-does-not-hold-the-stage',
    file: 'src/engine/stages.ts',
    search: '  if (state.latched) return 0;\n',
    replace: '',
    tests: STAGES,
  },
  {
    name: 'lease-outlives-the-wall-clock',
    file: 'src/engine/lease.ts',
    search: 'now.nowMs >= lease.untilMs || ',
    replace: '',
    tests: STAGES,
  },
  {
    name: 'lease-outlives-its-executions',
    file: 'src/engine/lease.ts',
    search: 'if (lease.executionsLeft <= 0) return',
    replace: 'if (lease.executionsLeft <= -100) return',
    tests: STAGES,
  },
  {
    name: 'lease-outlives-a-suspend',
    file: 'src/engine/lease.ts',
    search: 'if (gapMs > 3 * intervalMs) return',
    replace: 'if (gapMs > 3e9 * intervalMs) return',
    tests: STAGES,
  },
  {
    name: 'approval-of-something-else',
    file: 'src/engine/approval.ts',
    search: 'if (now.digest !== offer.digest)',
    replace: "if (now.digest === '')",
    tests: [
      'test/daemon/approval.test.ts',
      'test/daemon/two-operators.test.ts',
      'test/daemon/commands.test.ts',
    ],
  },
  {
    name: 'approval-after-two-minutes',
    file: 'src/engine/approval.ts',
    search: 'now.nowMonoMs >= offer.untilMonoMs || ',
    replace: '',
    tests: [
      'test/daemon/approval.test.ts',
      'test/daemon/two-operators.test.ts',
      'test/daemon/commands.test.ts',
    ],
  },
  {
    name: 'write-without-a-plan',
    file: 'src/engine/executor.ts',
    search: 'if (stray !== null) {',
    replace: 'if (stray !== null && pass === null) {',
    tests: ['test/engine/executor.test.ts', 'test/daemon/run.test.ts'],
  },
  {
    name: 'breach-is-earned-back-at-once',
    file: 'src/engine/stages.ts',
    search: 'progress: freshProgress(context, state.progress.restarts + 1) };\n      return;',
    replace: '};\n      return;',
    tests: ['test/engine/machine-walk.test.ts'],
  },
  {
    name: 'refused-raise-is-a-refused-lowering',
    file: 'src/engine/ceremony-machine.ts',
    search: 'event.stage <= stage.request.stage);',
    replace: 'event.stage < 0);',
    tests: ['test/engine/machine-walk.test.ts'],
  },
  {
    name: 'one-operator-is-two',
    file: 'src/engine/approval.ts',
    search: 'return offer.approvedBy.includes(by.name)',
    replace: "return offer.approvedBy.includes('')",
    tests: ['test/daemon/approval.test.ts', 'test/daemon/two-operators.test.ts'],
  },
  {
    name: 'code-given-back-by-another',
    file: 'src/engine/approval.ts',
    search: 'if (!isSame(offer.shownTo, given.by))',
    replace: "if (given.by.name === '')",
    tests: ['test/daemon/approval.test.ts', 'test/daemon/two-operators.test.ts'],
  },
  {
    name: 'stop-latches-nothing-at-once',
    file: 'src/daemon/stopping.ts',
    search: 'core.interlock.setLatch();',
    replace: '',
    tests: ['test/daemon/stopping.test.ts'],
  },
];
