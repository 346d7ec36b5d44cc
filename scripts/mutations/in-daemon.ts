/** Mutations of what the daemon looks at on its own, and of what it still knows after a restart. */
import { FOLD, type Mutation } from './mutation.ts';

const PERMITS = ['test/daemon/permits.test.ts'];

export const inDaemon: readonly Mutation[] = [
  {
    name: 'what-the-feed-says-leaves-permits-good',
    file: 'src/daemon/ticking.ts',
    search: 'if (changed && vitals.stage.inForce === 4) core.interlock.advance();',
    replace: 'if (changed && vitals.stage.inForce > 4) core.interlock.advance();',
    tests: PERMITS,
  },
  {
    name: 'gate-that-closes-leaves-permits-good',
    file: 'src/daemon/gate-watch.ts',
    search: 'if ([...closed].some((gate) => !closedBefore.has(gate))) core.interlock.advance();',
    replace: '',
    tests: PERMITS,
  },
  {
    name: 'stream-that-goes-down-leaves-permits-good',
    file: 'src/daemon/listening.ts',
    search: "    case 'stream_down':\n      core.interlock.advance();\n",
    replace: "    case 'stream_down':\n",
    tests: PERMITS,
  },
  {
    name: 'account-that-changes-leaves-permits-good',
    file: 'src/daemon/listening.ts',
    search: "    case 'account_update':\n      core.interlock.advance();\n",
    replace: "    case 'account_update':\n",
    tests: PERMITS,
  },
  {
    name: 'ban-is-not-written-down',
    file: 'src/daemon/listening.ts',
    search: 'details: { backoff_until_ms: event.untilMs, why: event.why },',
    replace: 'details: { backoff_ms: event.untilMs, why: event.why },',
    tests: ['test/daemon/ban.test.ts', 'test/daemon/world.test.ts'],
  },
  {
    name: 'ban-is-forgotten-at-a-restart',
    file: 'src/daemon/compose.ts',
    search: 'backoffUntilMs: journal.state().backoffUntilMs,',
    replace: 'backoffUntilMs: 0,',
    tests: ['test/daemon/composing.test.ts'],
  },
  {
    name: 'ban-outlives-no-restart-in-the-gate',
    file: 'src/daemon/vitals.ts',
    search: 'untilMonoMs: now.nowMonoMs + Math.max(0, kept.backoffUntilMs - now.nowMs),',
    replace: 'untilMonoMs: now.nowMonoMs,',
    tests: ['test/daemon/composing.test.ts'],
  },
  {
    name: 'later-ban-forgotten-for-an-earlier-one',
    file: 'src/engine/fold.ts',
    search: 'Math.max(state.backoffUntilMs, backoff)',
    replace: 'backoff',
    tests: FOLD,
  },
  {
    name: 'hanging-run-pets-the-watchdog',
    file: 'src/daemon/supervising.ts',
    search: 'if (since !== null && core.clock.monoMs() - since > RUN_HANGS_MS) return;',
    replace: 'if (since !== null && core.clock.monoMs() - since > RUN_HANGS_MS * 1000) return;',
    tests: ['test/daemon/supervising.test.ts'],
  },
  {
    name: 'ready-before-anything-is-open',
    file: 'src/daemon/daemon.ts',
    search: '  const sockets = await openSockets(core, target, source);\n',
    replace: '  supervisor.ready();\n  const sockets = await openSockets(core, target, source);\n',
    tests: ['test/daemon/starting.test.ts'],
  },
  {
    name: 'rotation-forgets-an-open-intent',
    file: 'src/engine/checkpoint.ts',
    search: "    ...[...state.openIntents.values()].map((intent) => ({ kind: 'intent', ...intent })),\n",
    replace: '',
    tests: ['test/engine/journal-rotation.test.ts'],
  },
  {
    name: 'rotation-forgets-a-ban',
    file: 'src/engine/checkpoint.ts',
    search: 'backoff_until_ms: state.backoffUntilMs,',
    replace: 'backoff_until_ms: 0,',
    tests: ['test/engine/journal-rotation.test.ts'],
  },
  {
    name: 'rotation-forgets-what-failed',
    file: 'src/engine/checkpoint.ts',
    search:
      "    ...[...state.failuresByItem].map(([action_id, count]) => ({ kind: 'failures', action_id, count })),\n",
    replace: '',
    tests: ['test/engine/journal-rotation.test.ts'],
  },
  {
    name: 'rotation-forgets-what-was-spent',
    file: 'src/engine/checkpoint.ts',
    search:
      "    ...state.dispatches.map((dispatch) => itemOf(dispatch, () => ({ kind: 'dispatch', ...dispatch }))),\n",
    replace: '',
    tests: ['test/engine/journal-rotation.test.ts'],
  },
  {
    name: 'unverified-write-clears-its-failures',
    file: 'src/engine/fold.ts',
    search: "return details['verified'] === false ? countFailure(state, actionId) : state;",
    replace: "return details['verified'] === false ? clearFailures(state, actionId) : state;",
    tests: FOLD,
  },
  {
    name: 'evidence-of-another-program-counts',
    file: 'src/engine/evidence.ts',
    search: 'return evidence.version === context.version && countsButForVersion(evidence, context);',
    replace: 'return countsButForVersion(evidence, context);',
    tests: ['test/engine/evidence.test.ts', 'test/engine/stages.test.ts'],
  },
  {
    name: 'evidence-lasts-for-ever',
    file: 'src/engine/evidence.ts',
    search: 'if (age < -CLOCK_STEP_MS || age > EVIDENCE_MAX_AGE_MS) return false;',
    replace: 'if (age < -CLOCK_STEP_MS) return false;',
    tests: ['test/engine/evidence.test.ts', 'test/engine/stages.test.ts'],
  },
  {
    name: 'evidence-outlives-a-long-downtime',
    file: 'src/engine/fold.ts',
    search: '      silentMs > DOWNTIME_MAX_MS\n',
    replace: '      silentMs > DOWNTIME_MAX_MS * 1000\n',
    tests: [...FOLD, 'test/daemon/evidence.test.ts', 'test/daemon/evidence-records.test.ts'],
  },
  {
    name: 'picture-from-before-a-suspend-is-fresh',
    file: 'src/daemon/world.ts',
    search: 'return Math.max(clock.monoMs() - complete.startedMonoMs, clock.wallMs() - complete.endedAtMs);',
    replace: 'return clock.monoMs() - complete.startedMonoMs;',
    tests: ['test/daemon/world.test.ts'],
  },
];
