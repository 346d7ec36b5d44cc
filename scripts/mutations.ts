/** Safety rules, each broken by one replacement of text, and the tests that have to notice. Read by scripts/mutate.ts. */

/** One way to break one rule. `search` occurs exactly once in `file`; `tests` are what must fail with `replace` there. */
export interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly search: string;
  readonly replace: string;
  readonly tests: readonly string[];
}

const GATES = ['test/gates/gates.test.ts', 'test/gates/fuzz.test.ts'];
const EXECUTOR = ['test/engine/executor.test.ts'];
const GUARD = ['test/exchange/transport.test.ts', 'test/exchange/dispatch.test.ts'];
const WIRE = ['test/exchange/wire.test.ts'];
const FLATTEN = ['test/engine/flatten.test.ts', 'test/engine/executor.test.ts'];
const FOLD = ['test/engine/fold.test.ts', 'test/daemon/outcomes.test.ts', 'test/daemon/world.test.ts'];
const JOURNAL = ['test/engine/journal.test.ts', 'test/engine/chain.test.ts'];
const STAGES = ['test/engine/stages.test.ts', 'test/engine/stage-walks.test.ts', 'test/engine/lease.test.ts'];

const inGates: readonly Mutation[] = [
  {
    name: 'gate-skipped',
    file: 'src/gates/index.ts',
    search: '  modeFlattenOnly,\n  cooldownNotElapsed,\n',
    replace: '  modeFlattenOnly,\n',
    tests: GATES,
  },
  {
    name: 'throwing-gate-is-open',
    file: 'src/gates/index.ts',
    search: "const ERROR: GateAnswer = { open: false, value: 'error'",
    replace: "const ERROR: GateAnswer = { open: true, value: 'error'",
    tests: GATES,
  },
  {
    name: 'last-closed-gate-is-the-reason',
    file: 'src/gates/index.ts',
    search: 'return verdicts.find((one) => one.open !== true)',
    replace: 'return verdicts.findLast((one) => one.open !== true)',
    tests: GATES,
  },
  {
    name: 'stale-feed-passes-at-its-limit',
    file: 'src/gates/expected-state-stale.ts',
    search: ' && expected.ageMs !== expected.staleAfterMs',
    replace: '',
    tests: GATES,
  },
  {
    name: 'new-session-is-trusted',
    file: 'src/gates/expected-state-stale.ts',
    search: 'expected.settled === true && expected.fault === null',
    replace: 'expected.fault === null',
    tests: GATES,
  },
  {
    name: 'confirmed-by-one-read',
    file: 'src/gates/not-confirmed.ts',
    search: 'completeReads >= 2',
    replace: 'completeReads >= 1',
    tests: GATES,
  },
  {
    name: 'failed-item-is-tried-for-ever',
    file: 'src/gates/unresolved-intent.ts',
    search: 'MANUAL_AFTER_FAILURES = 3',
    replace: 'MANUAL_AFTER_FAILURES = 3000',
    tests: [...GATES, 'test/daemon/outcomes.test.ts'],
  },
  {
    name: 'run-does-not-count-for-the-day',
    file: 'src/gates/max-calls-per-day.ts',
    search: 'totalCount(world.day?.calls, run.calls, 1)',
    replace: 'totalCount(world.day?.calls, 1)',
    tests: GATES,
  },
  {
    name: 'closing-order-in-hedge-mode-is-plain',
    file: 'src/gates/protective-order.ts',
    search: "LONG: ['BUY'],",
    replace: "LONG: ['BUY', 'SELL'],",
    tests: GATES,
  },
  {
    name: 'text-is-a-whitelist',
    file: 'src/gates/symbol-not-in-whitelist.ts',
    search: 'isWords(world.whitelist) && ',
    replace: '',
    tests: GATES,
  },
  {
    name: 'mass-mismatch-tolerates-ten-times-as-much',
    file: 'src/gates/mass-mismatch.ts',
    search: 'ALWAYS_TOLERATED = 3',
    replace: 'ALWAYS_TOLERATED = 30',
    tests: GATES,
  },
  {
    name: 'unknown-pause-is-none',
    file: 'src/gates/exchange-backoff.ts',
    search: 'answer(backoffLeftMs === 0,',
    replace: 'answer((backoffLeftMs ?? 0) === 0,',
    tests: GATES,
  },
  {
    name: 'position-need-not-lie-still',
    file: 'src/gates/expected-not-caught-up.ts',
    search: 'if (!behind.open || action.action ===',
    replace: 'if (behind.open || action.action ===',
    tests: [...GATES, 'test/daemon/late-feed.test.ts'],
  },
];

const inBudgets: readonly Mutation[] = [
  {
    name: 'wall-clock-jump-gives-budget-back',
    file: 'src/gates/budget.ts',
    search: 'return overByWall && overByMono;',
    replace: 'return overByWall || overByMono;',
    tests: ['test/gates/budget.test.ts', 'test/daemon/world.test.ts'],
  },
  {
    name: 'wall-clock-jump-ends-the-cooldown',
    file: 'src/daemon/world.ts',
    search: 'Math.min(byWall, core.clock.monoMs() - mono)',
    replace: 'Math.max(byWall, core.clock.monoMs() - mono)',
    tests: ['test/daemon/world.test.ts'],
  },
  {
    name: 'cooldown-by-the-first-write',
    file: 'src/daemon/world.ts',
    search: 'core.journal.state().dispatches.at(-1)',
    replace: 'core.journal.state().dispatches.at(0)',
    tests: ['test/daemon/world.test.ts'],
  },
  {
    name: 'nobody-asks-for-the-lock',
    file: 'src/daemon/world.ts',
    search: 'isLeader: core.leadership.stillHeld(),',
    replace: 'isLeader: true,',
    tests: ['test/daemon/world.test.ts'],
  },
  {
    name: 'budget-given-back-on-unknown',
    file: 'src/engine/fold.ts',
    search: '{ ...state, openIntents: new Map(state.openIntents).set(intent.intentId, unknown(intent)) },',
    replace:
      "refund({ ...state, openIntents: new Map(state.openIntents).set(intent.intentId, unknown(intent)) }, intent.intentId, 'all'),",
    tests: FOLD,
  },
  {
    name: 'unknown-closes-its-intent',
    file: 'src/engine/fold.ts',
    search: '{ ...state, openIntents: new Map(state.openIntents).set(intent.intentId, unknown(intent)) },',
    replace: 'closeIntent(state, intent.intentId),',
    tests: FOLD,
  },
  {
    name: 'outcome-can-change',
    file: 'src/engine/fold.ts',
    search: "if (intent === undefined || intent.status === 'unknown') return state;",
    replace: 'if (intent === undefined) return state;',
    tests: FOLD,
  },
  {
    name: 'refused-write-is-no-call',
    file: 'src/engine/fold.ts',
    search: "refund(closeIntent(state, intent.intentId), intent.intentId, 'notional'),",
    replace: "refund(closeIntent(state, intent.intentId), intent.intentId, 'all'),",
    tests: FOLD,
  },
  {
    name: 'unknown-does-not-spend-the-lease',
    file: 'src/daemon/run.ts',
    search: "new Set(['executed', 'unknown'])",
    replace: "new Set(['executed'])",
    tests: ['test/daemon/outcomes.test.ts'],
  },
  {
    name: 'chunk-above-the-cap',
    file: 'src/engine/chunk.ts',
    search: 'if (isWhole) return size;',
    replace: 'if (isWhole || true) return size;',
    tests: ['test/engine/chunk.test.ts', 'test/daemon/chunks.test.ts'],
  },
];

const inExecutor: readonly Mutation[] = [
  {
    name: 'resent-after-a-failed-dispatch',
    file: 'src/engine/executor.ts',
    search: "    return { status: 'UNKNOWN', httpStatus: null, code: null, message: describeError(error) };",
    replace:
      "    return send().catch(() => ({ status: 'UNKNOWN', httpStatus: null, code: null, message: describeError(error) }));",
    tests: EXECUTOR,
  },
  {
    name: 'gates-not-asked-after-the-last-read',
    file: 'src/engine/executor.ts',
    search: 'const late = closedGate(pass, prepared.action, true);',
    replace: 'const late = closedGate(pass, prepared.action, false);',
    tests: EXECUTOR,
  },
  {
    name: 'sent-without-an-intent-on-disk',
    file: 'src/engine/executor.ts',
    search: "if (!intent.ok) return failed(tools, ended(action, 'failed', 'port_error', intent.problem));",
    replace: '',
    tests: EXECUTOR,
  },
  {
    name: 'symbol-not-frozen',
    file: 'src/engine/executor.ts',
    search: "if (intent.symbol === action.symbol) return 'unresolved_intent';",
    replace: "if (intent.symbol === '') return 'unresolved_intent';",
    tests: EXECUTOR,
  },
  {
    name: 'goes-on-after-a-journal-error',
    file: 'src/engine/executor.ts',
    search: "if (!journal.healthy()) return 'audit_unavailable';",
    replace: '',
    tests: EXECUTOR,
  },
  {
    name: 'stop-not-seen-between-actions',
    file: 'src/engine/executor.ts',
    search: "if (interlock.latched()) return 'stop_latched';",
    replace: '',
    tests: EXECUTOR,
  },
  {
    name: 'judge-that-throws-lets-through',
    file: 'src/engine/executor.ts',
    search: "    return 'not_confirmed';",
    replace: '    return null;',
    tests: EXECUTOR,
  },
  {
    name: 'write-outside-the-plan',
    file: 'src/engine/executor.ts',
    search: 'if (stray !== null) {',
    replace: "if (stray === '') {",
    tests: EXECUTOR,
  },
  {
    name: 'dispatch-waited-for-without-end',
    file: 'src/engine/executor.ts',
    search: 'return await withinDeadline(send(), tools.dispatchLimitMs ?? DISPATCH_LIMIT_MS);',
    replace: 'return await send();',
    tests: EXECUTOR,
  },
  {
    name: 'cancels-what-is-not-live',
    file: 'src/engine/prepare-write.ts',
    search: 'if (!isLive(fresh.status)) return',
    replace: "if (fresh.status === 'UNKNOWN') return",
    tests: EXECUTOR,
  },
  {
    name: 'order-may-have-become-another',
    file: 'src/engine/prepare-write.ts',
    search: 'if (planned[key] !== fresh[key]) return',
    replace: 'if (key === undefined) return',
    tests: EXECUTOR,
  },
  {
    name: 'flattens-a-position-that-moved',
    file: 'src/engine/prepare-write.ts',
    search: 'if (position.updatedAtMs > planned.updatedAtMs)',
    replace: 'if (position.updatedAtMs > planned.updatedAtMs + 1e15)',
    tests: [...EXECUTOR, 'test/faults/reads-before-writes.test.ts'],
  },
  {
    name: 'flattens-a-position-that-grew',
    file: 'src/engine/prepare-write.ts',
    search: 'return is.abs().isGreaterThan(was.abs()) ?',
    replace: 'return is.abs().isGreaterThan(was.abs().times(100)) ?',
    tests: EXECUTOR,
  },
  {
    name: 'terms-may-exceed-the-position',
    file: 'src/engine/prepare-write.ts',
    search: 'if (excess !== null) return',
    replace: "if (excess === '') return",
    tests: EXECUTOR,
  },
  {
    name: 'any-price-will-do',
    file: 'src/engine/prepare-write.ts',
    search: "MOST_PRICE_MOVE = '0.05'",
    replace: "MOST_PRICE_MOVE = '5000'",
    tests: EXECUTOR,
  },
  {
    name: 'flip-is-fine',
    file: 'src/engine/verify-write.ts',
    search: 'return { verified: false, text: `FLIPPED',
    replace: 'return { verified: true, text: `FLIPPED',
    tests: EXECUTOR,
  },
  {
    name: 'one-denial-resolves',
    file: 'src/engine/resolve-step.ts',
    search: 'next.inARow >= rules.agreeing',
    replace: 'next.inARow >= 1',
    tests: ['test/engine/intents.test.ts'],
  },
  {
    name: 'denial-counts-while-the-write-may-arrive',
    file: 'src/engine/resolve-step.ts',
    search: 'if (read.nowMonoMs - progress.firstLookMonoMs < rules.windowMs)',
    replace: 'if (read.nowMonoMs - progress.firstLookMonoMs < 0)',
    tests: ['test/engine/intents.test.ts'],
  },
  {
    name: 'resolver-asks-about-what-is-in-flight',
    file: 'src/engine/intents.ts',
    search: 'if (intent.intentId !== tools.inFlight()) await look(intent);',
    replace: 'await look(intent);',
    tests: ['test/engine/intents.test.ts'],
  },
];

const onTheWire: readonly Mutation[] = [
  {
    name: 'reduce-only-dropped',
    file: 'src/exchange/wire.ts',
    search: "{ reduceOnly: 'true' }",
    replace: '{}',
    tests: WIRE,
  },
  {
    name: 'position-side-dropped',
    file: 'src/exchange/wire.ts',
    search: '{ positionSide: write.positionSide }',
    replace: '{}',
    tests: WIRE,
  },
  {
    name: 'opens-the-other-side-in-hedge-mode',
    file: 'src/exchange/wire.ts',
    search: 'return side === closing ? null',
    replace: 'return side !== null ? null',
    tests: WIRE,
  },
  {
    name: 'cancels-by-client-id-alone',
    file: 'src/exchange/wire.ts',
    search: 'const params = { symbol, orderId, origClientOrderId: clientOrderId };',
    replace: 'const params = { symbol, origClientOrderId: clientOrderId };',
    tests: WIRE,
  },
  {
    name: 'closes-more-than-planned',
    file: 'src/engine/flatten.ts',
    search: 'compareDecimals(planned, size) < 0 ? planned : size',
    replace: 'compareDecimals(planned, size) > 0 ? planned : size',
    tests: FLATTEN,
  },
  {
    name: 'largest-order-of-the-wrong-type',
    file: 'src/engine/flatten.ts',
    search: "orderType === 'market' ? rules.marketMaxQuantity : rules.maxQuantity",
    replace: "orderType !== 'market' ? rules.marketMaxQuantity : rules.maxQuantity",
    tests: FLATTEN,
  },
  {
    name: 'slippage-bound-not-held',
    file: 'src/engine/flatten.ts',
    search: "if (side === 'BUY' || bound.isEqualTo(below)) return below;",
    replace: 'return below;',
    tests: FLATTEN,
  },
  {
    name: 'old-permit-passes',
    file: 'src/engine/interlock.ts',
    search: 'if (permit.epoch !== interlock.epoch())',
    replace: 'if (permit.epoch > interlock.epoch())',
    tests: ['test/engine/interlock.test.ts', ...GUARD],
  },
  {
    name: 'expired-permit-passes',
    file: 'src/engine/interlock.ts',
    search: 'if (!(nowMonoMs < permit.deadlineMonoMs))',
    replace: 'if (!(nowMonoMs < permit.deadlineMonoMs + 1e9))',
    tests: ['test/engine/interlock.test.ts', ...GUARD],
  },
  {
    name: 'request-may-differ-from-its-intent',
    file: 'src/engine/interlock.ts',
    search: 'if (permit.requestHash !== requestHash)',
    replace: "if (requestHash === '')",
    tests: ['test/engine/interlock.test.ts', ...GUARD],
  },
  {
    name: 'latch-not-checked-at-the-wire',
    file: 'src/engine/interlock.ts',
    search: "if (interlock.latched()) return 'stop latched';",
    replace: '',
    tests: ['test/engine/interlock.test.ts', ...GUARD],
  },
  {
    name: 'write-switch-not-checked',
    file: 'src/engine/interlock.ts',
    search: "if (!interlock.writesAllowed()) return 'not armed';",
    replace: '',
    tests: ['test/engine/interlock.test.ts', ...GUARD],
  },
  {
    name: 'interlock-starts-open',
    file: 'src/engine/interlock.ts',
    search: '  interlock.setLatch();\n  return interlock;',
    replace: '  return interlock;',
    tests: ['test/engine/interlock.test.ts'],
  },
  {
    name: 'permit-used-twice',
    file: 'src/exchange/guard.ts',
    search: "if (used.has(permit.intentId)) return 'permit already used';",
    replace: '',
    tests: GUARD,
  },
  {
    name: 'cancel-all-is-allowed',
    file: 'src/exchange/guard.ts',
    search: "  'DELETE /fapi/v1/algoOrder',\n",
    replace: "  'DELETE /fapi/v1/algoOrder',\n  'DELETE /fapi/v1/allOpenOrders',\n",
    tests: GUARD,
  },
  {
    name: 'reader-may-write',
    file: 'src/exchange/guard.ts',
    search: "return method === 'GET' || READER_ALLOWS",
    replace: "return method !== 'PATCH' || READER_ALLOWS",
    tests: GUARD,
  },
  {
    name: 'write-stays-valid-for-a-minute',
    file: 'src/exchange/guard.ts',
    search: 'windowMs <= MAX_WRITE_WINDOW_MS',
    replace: 'windowMs <= 60_000',
    tests: GUARD,
  },
  {
    name: 'last-question-asked-before-the-connection',
    file: 'src/exchange/send-once.ts',
    search: '  const socket = await connect(target, once.signal);',
    replace:
      '  const early = once.mayLeave();\n  once = { ...once, mayLeave: () => early };\n  const socket = await connect(target, once.signal);',
    tests: ['test/exchange/send-once.test.ts'],
  },
  {
    name: 'writer-outlives-stage-4',
    file: 'src/daemon/ceremony.ts',
    search: '  void core.exchange.setWriter(false);\n}',
    replace: '}',
    tests: ['test/daemon/outcomes.test.ts', 'test/daemon/ceremony.test.ts'],
  },
  {
    name: 'timeout-is-a-refusal',
    file: 'src/exchange/refusals.ts',
    search: 'new Set([400, 401])',
    replace: 'new Set([400, 401, 408])',
    tests: ['test/exchange/outcome.test.ts'],
  },
  {
    name: 'gone-order-is-a-refusal',
    file: 'src/exchange/refusals.ts',
    search: 'const CANCEL: readonly number[] = [-1119];',
    replace: 'const CANCEL: readonly number[] = [-1119, -2011];',
    tests: ['test/exchange/outcome.test.ts'],
  },
  {
    name: 'reply-for-another-order-counts',
    file: 'src/exchange/outcome.ts',
    search: 'if (order.symbol !== write.symbol || order.clientOrderId !== write.clientOrderId) return null;',
    replace: '',
    tests: ['test/exchange/outcome.test.ts'],
  },
  {
    name: 'failed-read-is-not-found',
    file: 'src/exchange/queries.ts',
    search: 'if (result.code === NO_SUCH_ORDER) return',
    replace: 'if (result.code !== 1) return',
    tests: ['test/faults/reads-before-writes.test.ts'],
  },
];

const inJournal: readonly Mutation[] = [
  {
    name: 'corrupt-journal-fails-open',
    file: 'src/engine/journal.ts',
    search: "problem = opened.problem ?? '';",
    replace: "problem = '';",
    tests: JOURNAL,
  },
  {
    name: 'journal-error-forgotten',
    file: 'src/engine/journal.ts',
    search: 'return { ok: false, problem: poison(error) };',
    replace: 'return { ok: false, problem: describeError(error) };',
    tests: JOURNAL,
  },
  {
    name: 'line-not-synced',
    file: 'src/engine/journal.ts',
    search: '      disk.fdatasync(file.fd);\n      file = { ...file, size: file.size + bytes.length };',
    replace: '      file = { ...file, size: file.size + bytes.length };',
    tests: JOURNAL,
  },
  {
    name: 'foreign-writer-not-noticed',
    file: 'src/engine/journal.ts',
    search: '      expectUntouched(path, file, disk);\n      writeAll',
    replace: '      writeAll',
    tests: JOURNAL,
  },
  {
    name: 'hash-not-checked',
    file: 'src/engine/chain.ts',
    search: 'if (hash !== sha256(canonical(unhashed)) || text',
    replace: 'if (text',
    tests: JOURNAL,
  },
  {
    name: 'rolled-back-journal-accepted',
    file: 'src/engine/journal-open.ts',
    search: 'if (seq < head.head.seq)',
    replace: 'if (seq < 0)',
    tests: JOURNAL,
  },
  {
    name: 'unreadable-latch-is-clear',
    file: 'src/engine/latch.ts',
    search: "    set({ by: 'latch file',",
    replace: "    void ({ by: 'latch file',",
    tests: ['test/engine/latch.test.ts'],
  },
  {
    name: 'any-stop-can-be-cleared',
    file: 'src/engine/latch.ts',
    search: 'if (reading.latchId !== latchId)',
    replace: "if (latchId === '')",
    tests: ['test/engine/latch.test.ts'],
  },
  {
    name: 'lock-is-not-exclusive',
    file: 'src/engine/lock.ts',
    search: 'PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE',
    replace: 'PRAGMA journal_mode = DELETE; BEGIN',
    tests: ['test/engine/lock.test.ts'],
  },
];

const inPicture: readonly Mutation[] = [
  {
    name: 'incomplete-read-confirms',
    file: 'src/engine/confirm.ts',
    search: 'if (!observed.complete || !(atMonoMs > state.latestReadMonoMs)) return state;',
    replace: 'if (!(atMonoMs > state.latestReadMonoMs)) return state;',
    tests: ['test/engine/confirm.test.ts'],
  },
  {
    name: 'difference-to-an-untrusted-feed-confirms',
    file: 'src/engine/confirm.ts',
    search: 'if (!rules.trusted) return { ...state, sightings: new Map() };',
    replace: '',
    tests: ['test/engine/confirm.test.ts'],
  },
  {
    name: 'ghost-kept',
    file: 'src/engine/order-rules.ts',
    search: 'mismatch: settled ? ghost(order, record, context.options) : null',
    replace: 'mismatch: null',
    tests: ['test/engine/compare.test.ts'],
  },
  {
    name: 'failed-read-is-an-empty-account',
    file: 'src/engine/compare-orders.ts',
    search: 'if (!observed.complete) return { mismatches: [], queries: [] };',
    replace: '',
    tests: ['test/engine/compare.test.ts'],
  },
  {
    name: 'older-read-contradicts-the-engine',
    file: 'src/engine/order-rules.ts',
    search: 'if (record.readAtMonoMs >= context.startedMonoMs) return { mismatch: null, matched };',
    replace: '',
    tests: ['test/engine/compare.test.ts'],
  },
  {
    name: 'gap-in-the-feed-unnoticed',
    file: 'src/engine/expected.ts',
    search: 'return line.seq === next ? state :',
    replace: 'return line.seq >= next ? state :',
    tests: ['test/engine/expected.test.ts', 'test/engine/feed.test.ts'],
  },
];

const inStages: readonly Mutation[] = [
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
    search: 'if (now.nowMonoMs >= offer.untilMonoMs)',
    replace: 'if (now.nowMonoMs >= offer.untilMonoMs + 1e9)',
    tests: [
      'test/daemon/approval.test.ts',
      'test/daemon/two-operators.test.ts',
      'test/daemon/commands.test.ts',
    ],
  },
  {
    name: 'one-operator-is-two',
    file: 'src/engine/approval.ts',
    search: 'return offer.approvedBy.includes(by.name)',
    replace: "return offer.approvedBy.includes('')",
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

export const MUTATIONS: readonly Mutation[] = [
  ...inGates,
  ...inBudgets,
  ...inExecutor,
  ...onTheWire,
  ...inJournal,
  ...inPicture,
  ...inStages,
];
