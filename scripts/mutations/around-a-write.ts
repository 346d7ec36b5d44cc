/** Mutations of the reads around a write, of what resolves it, and of how large it is. */
import { EXECUTOR, FLATTEN, FOLD, type Mutation } from './mutation.ts';

export const aroundAWrite: readonly Mutation[] = [
  {
    name: 'one-position-that-came-twice-is-taken',
    file: 'src/engine/prepare-write.ts',
    search: 'if (rows.length > 1) return',
    replace: 'if (rows.length > 2) return',
    tests: EXECUTOR,
  },
  {
    name: 'position-that-flipped-is-closed-the-other-way',
    file: 'src/engine/prepare-write.ts',
    search: 'if (was.isNegative() !== is.isNegative()) return',
    replace: 'if (was.isNaN() !== is.isNaN()) return',
    tests: EXECUTOR,
  },
  {
    name: 'order-that-is-gone-is-cancelled',
    file: 'src/engine/prepare-write.ts',
    search: "if (found.kind === 'not_found') return blocked('not_confirmed', 'the order is gone');",
    replace:
      "if (found.kind === 'not_found') return { kind: 'ready', write: { kind: 'cancel', symbol, orderId, clientOrderId, conditional }, action: { ...action, notionalUsdt: '0' }, before: null };",
    tests: EXECUTOR,
  },
  {
    name: 'notional-of-the-plan-is-reserved',
    file: 'src/engine/prepare-write.ts',
    search: '    action: { ...action, quantity, notionalUsdt },\n',
    replace: '    action: { ...action, quantity },\n',
    tests: EXECUTOR,
  },
  {
    name: 'failed-read-says-the-cancel-worked',
    file: 'src/engine/verify-write.ts',
    search: "if (found.kind === 'failed') return { verified: null,",
    replace: "if (found.kind === 'failed') return { verified: true,",
    tests: EXECUTOR,
  },
  {
    name: 'position-that-stayed-is-verified',
    file: 'src/engine/verify-write.ts',
    search: 'verified: left.abs().isLessThan(was.abs())',
    replace: 'verified: left.abs().isLessThanOrEqualTo(was.abs())',
    tests: EXECUTOR,
  },
  {
    name: 'failed-read-is-a-hint',
    file: 'src/engine/resolve-step.ts',
    search:
      "function cancelSign(result: OrderQueryResult): Sign {\n  if (result.kind === 'failed') return { kind: 'nothing', text: result.error };",
    replace:
      "function cancelSign(result: OrderQueryResult): Sign {\n  if (result.kind === 'failed') return { kind: 'hint', outcome: 'executed', text: result.error };",
    tests: ['test/engine/intents.test.ts'],
  },
  {
    name: 'hints-need-not-agree',
    file: 'src/engine/resolve-step.ts',
    search: 'inARow: progress.hint === sign.outcome ? progress.inARow + 1 : 1,',
    replace: 'inARow: progress.inARow + 1,',
    tests: ['test/engine/intents.test.ts'],
  },
  {
    name: 'a-write-that-died-is-no-failure',
    file: 'src/engine/fold.ts',
    search: "intent?.status === 'open' && inVain",
    replace: 'false',
    tests: FOLD,
  },
  {
    name: 'position-before-is-not-kept',
    file: 'src/engine/fold.ts',
    search: 'position: details.position_before,',
    replace: 'position: null,',
    tests: [...FOLD, 'test/engine/intents.test.ts', ...EXECUTOR],
  },
  {
    name: 'chunk-leaves-a-rest-too-small-to-close',
    file: 'src/engine/chunk.ts',
    search: 'const chunk = rest.isLessThan(smallest)',
    replace: 'const chunk = rest.isLessThan(0)',
    tests: ['test/engine/chunk.test.ts'],
  },
  {
    name: 'rest-below-a-step-is-counted',
    file: 'src/engine/plan.ts',
    search: '    notionalUsdt: notional(quantity, markPrice),',
    replace: '    notionalUsdt: notional(absolute(position.amount), markPrice),',
    tests: ['test/engine/plan.test.ts'],
  },
  {
    name: 'chunk-without-headroom',
    file: 'src/engine/chunk.ts',
    search: '.dividedBy(10_000).plus(1));',
    replace: '.times(0).plus(1));',
    tests: ['test/engine/chunk.test.ts'],
  },
  {
    name: 'flatten-in-a-mode-that-is-not-known',
    file: 'src/engine/flatten.ts',
    search: "  if (positionMode === null) return 'the position mode is not known';\n",
    replace: '',
    tests: FLATTEN,
  },
  {
    name: 'order-that-leans-since-the-picture-is-overlooked',
    file: 'src/daemon/executing.ts',
    search: '        ...protectedSince(expected, core.vitals.view),\n',
    replace: '',
    tests: ['test/daemon/leaning.test.ts'],
  },
  {
    name: 'what-is-posted-voids-no-permit',
    file: 'src/daemon/feed-source.ts',
    search: 'if (feed.poll() && vitals.stage.inForce === 4)',
    replace: 'if (feed.poll() && vitals.stage.inForce > 4)',
    tests: ['test/daemon/feed-source.test.ts'],
  },
  {
    name: 'thread-that-hears-leaves-permits-to-control',
    file: 'src/exchange/thread.ts',
    search: 'if (WORSE.has(event.type)) interlock.advance();',
    replace: '',
    tests: ['test/exchange/client.test.ts'],
  },
];
