/** Mutations of what is asked once more between a plan and its write. */
import { EXECUTOR, type Mutation } from './mutation.ts';

const WRITES = ['test/daemon/invariants-writes.test.ts'];

export const beforeDispatch: readonly Mutation[] = [
  {
    name: 'latch-not-asked-before-the-dispatch',
    file: 'src/engine/executor.ts',
    search: "  if (tools.interlock.latched()) return { status: 'NOT_SENT', message: 'stop latched' };\n",
    replace: '',
    tests: EXECUTOR,
  },
  {
    name: 'intents-count-nothing-within-a-run',
    file: 'src/engine/executor.ts',
    search: '  pass.used = spend(pass.used, action);\n',
    replace: '',
    tests: EXECUTOR,
  },
  {
    name: 'switch-not-asked-between-actions',
    file: 'src/engine/executor.ts',
    search: "  if (!interlock.writesAllowed()) return 'not_armed';\n",
    replace: '',
    tests: EXECUTOR,
  },
  {
    name: 'permit-is-good-for-ever',
    file: 'src/engine/executor.ts',
    search: 'deadlineMonoMs: atMonoMs + tools.permitMs,',
    replace: 'deadlineMonoMs: Number.POSITIVE_INFINITY,',
    tests: EXECUTOR,
  },
  {
    name: 'permit-is-good-for-ever-by-the-wall-clock',
    file: 'src/engine/executor.ts',
    search: 'deadlineMs: tools.clock.wallMs() + tools.permitMs,',
    replace: 'deadlineMs: Number.POSITIVE_INFINITY,',
    tests: EXECUTOR,
  },
  {
    name: 'permit-of-the-epoch-of-now',
    file: 'src/engine/executor.ts',
    search: 'const permit = { intentId: id, requestHash, epoch, ...deadlines };',
    replace: 'const permit = { intentId: id, requestHash, epoch: tools.interlock.epoch(), ...deadlines };',
    tests: EXECUTOR,
  },
  {
    name: 'canary-is-prepared-for-sending',
    file: 'src/engine/prepare-write.ts',
    search: 'if (action.synthetic || action.mismatch.synthetic)',
    replace:
      'if (action.synthetic && action.mismatch.synthetic && action.symbol === tools.newClientOrderId())',
    tests: EXECUTOR,
  },
  {
    name: 'canary-is-in-the-ledger',
    file: 'src/engine/plan-ledger.ts',
    search: 'reason === null && !action.synthetic && !action.mismatch.synthetic',
    replace: 'reason === null',
    tests: ['test/engine/plan-ledger.test.ts'],
  },
  {
    name: 'canary-passes-its-gate',
    file: 'src/gates/synthetic.ts',
    search: 'const real = action.synthetic === false && action.mismatch.synthetic === false;',
    replace: 'const real = true;',
    tests: ['test/gates/gates.test.ts'],
  },
  {
    name: 'ledger-entry-is-good-twice',
    file: 'src/engine/plan-ledger.ts',
    search: '      left.splice(index, 1);\n',
    replace: '',
    tests: ['test/engine/plan-ledger.test.ts'],
  },
  {
    name: 'ledger-takes-more-than-was-planned',
    file: 'src/engine/plan-ledger.ts',
    search: 'compareDecimals(wanted, absolute(quantity)) <= 0',
    replace: 'compareDecimals(wanted, absolute(quantity)) >= -1',
    tests: ['test/engine/plan-ledger.test.ts'],
  },
  {
    name: 'ledger-of-what-every-plan-would-hold',
    file: 'src/daemon/run.ts',
    search: 'const ledger = openLedger(isWritten ? decision.planned : []);',
    replace: 'const ledger = openLedger(decision.planned.map((one) => ({ ...one, reason: null })));',
    tests: ['test/daemon/run.test.ts', 'test/daemon/outcomes.test.ts', ...WRITES],
  },
  {
    name: 'plan-that-is-not-in-the-audit-is-executed',
    file: 'src/daemon/run.ts',
    search: 'const isWritten = written === decision.planned.length;',
    replace: 'const isWritten = true;',
    tests: ['test/daemon/run.test.ts', 'test/daemon/outcomes.test.ts', ...WRITES],
  },
  {
    name: 'run-begun-below-stage-4-executes',
    file: 'src/daemon/run.ts',
    search: 'const inStage4 = stageAtStart === 4 && vitals.stage.inForce === 4;',
    replace: 'const inStage4 = vitals.stage.inForce === 4;',
    tests: ['test/daemon/run.test.ts', ...WRITES],
  },
  {
    name: 'run-executes-more-than-the-lease-has-left',
    file: 'src/daemon/run.ts',
    search: 'const actions = withinLease(decision.runnable, vitals.stage.lease);',
    replace: 'const actions = decision.runnable;',
    tests: ['test/daemon/run.test.ts', 'test/daemon/outcomes.test.ts', ...WRITES],
  },
  {
    name: 'lock-not-asked-for-again-before-a-write',
    file: 'src/daemon/executing.ts',
    search:
      'return { ...gateWorld(core, expected), sinceLastWriteMs: sinceLastWriteAtRunMs, day: dayAtRun };',
    replace:
      'return { ...gateWorld(core, expected), isLeader: true, sinceLastWriteMs: sinceLastWriteAtRunMs, day: dayAtRun };',
    tests: ['test/daemon/run.test.ts', ...WRITES],
  },
  {
    name: 'feed-not-read-again-before-a-write',
    file: 'src/daemon/executing.ts',
    search: '  core.feed.poll();\n',
    replace: '',
    tests: ['test/daemon/run.test.ts', 'test/daemon/late-feed.test.ts', ...WRITES],
  },
  {
    name: 'what-the-engine-said-since-is-not-compared',
    file: 'src/daemon/executing.ts',
    search: "    return 'not_confirmed';\n  const failures",
    replace: '    void again;\n  const failures',
    tests: ['test/daemon/run.test.ts', 'test/daemon/late-feed.test.ts', ...WRITES],
  },
  {
    name: 'what-a-suspend-ended-goes-on',
    file: 'src/daemon/executing.ts',
    search: "  sendStageEvent(core, { type: 'tick' });\n",
    replace: '',
    tests: ['test/daemon/run.test.ts', 'test/daemon/invariants-writes.test.ts'],
  },
  {
    name: 'write-outside-the-plan-is-no-breach',
    file: 'src/daemon/executing.ts',
    search: "unplanned: (why) => sendStageEvent(core, { type: 'breach', why }),",
    replace: 'unplanned: () => undefined,',
    tests: ['test/daemon/run.test.ts', 'test/daemon/outcomes.test.ts', ...WRITES],
  },
];
