/** Mutations of how a request leaves, how long to stay away, and what a reply is taken for. */
import { GUARD, type Mutation } from './mutation.ts';

const OUTCOME = ['test/exchange/outcome.test.ts'];
const PAUSES = ['test/exchange/pause.test.ts'];
const LEAVING = ['test/exchange/leaving.test.ts'];
const WEIGHT = ['test/exchange/rate-limit.test.ts'];

export const inTransport: readonly Mutation[] = [
  {
    name: 'write-leaves-on-a-pooled-connection',
    file: 'src/exchange/transport.ts',
    search: 'const send = call.write === null ? sendPooled : sendOnce;',
    replace: 'const send = call.write === null ? sendPooled : sendPooled;\n      void sendOnce;',
    tests: ['test/exchange/deno.test.ts'],
  },
  {
    name: 'call-to-any-host',
    file: 'src/exchange/hosts.ts',
    search: ' || !NAMED[environment].includes(url.hostname))',
    replace: ')',
    tests: GUARD,
  },
  {
    name: 'mainnet-at-any-address',
    file: 'src/exchange/hosts.ts',
    search: 'mainnet: secure && NAMED.mainnet.includes(origin.hostname),',
    replace: 'mainnet: secure,',
    tests: GUARD,
  },
  {
    name: 'pause-not-asked-when-the-bytes-leave',
    file: 'src/exchange/transport.ts',
    search: 'deps.pause.why() ?? tooHeavy(deps, request)',
    replace: 'tooHeavy(deps, request)',
    tests: LEAVING,
  },
  {
    name: 'connects-during-a-ban',
    file: 'src/exchange/transport.ts',
    search: 'is not expected` : deps.pause.why();',
    replace: 'is not expected` : null;',
    tests: LEAVING,
  },
  {
    name: 'call-follows-a-redirect',
    file: 'src/exchange/transport.ts',
    search: "redirect: 'error' as const",
    replace: "redirect: 'follow' as const",
    tests: LEAVING,
  },
  {
    name: 'body-without-a-deadline',
    file: 'src/exchange/transport.ts',
    search: 'const reply = await withDeadline(work, deps.timeoutMs, abort);',
    replace: 'const reply = await withDeadline(work, deps.timeoutMs * 20, abort);',
    tests: ['test/exchange/transport.test.ts', 'test/exchange/replies.test.ts'],
  },
  {
    name: 'pauses-teach-nothing',
    file: 'src/exchange/transport.ts',
    search: "if (pause !== null) deps.emit({ type: 'backoff', ...pause });",
    replace: '',
    tests: ['test/exchange/pauses.test.ts'],
  },
  {
    name: 'endless-reply-is-read-on',
    file: 'src/exchange/send-once.ts',
    search: 'if (size > MAX_BODY_BYTES)',
    replace: 'if (size > MAX_BODY_BYTES * 1000)',
    tests: LEAVING,
  },
  {
    name: 'shorter-pause-ends-a-longer-one',
    file: 'src/exchange/pause.ts',
    search: '    if (end <= endMonoMs) return;\n',
    replace: '',
    tests: PAUSES,
  },
  {
    name: 'end-of-a-ban-is-not-read',
    file: 'src/exchange/pause.ts',
    search: 'bannedUntilMs(text) - clock.wallMs(),',
    replace: '0,',
    tests: PAUSES,
  },
  {
    name: 'firewall-is-no-pause',
    file: 'src/exchange/pause.ts',
    search: 'if (isRefusedAtTheDoor(httpStatus)) return',
    replace: 'if (isRefusedAtTheDoor(httpStatus) && httpStatus < 400) return',
    tests: PAUSES,
  },
  {
    name: 'pause-from-before-the-restart-is-over',
    file: 'src/exchange/pause.ts',
    search:
      "if (untilMs > clock.wallMs()) extend(untilMs - clock.wallMs(), 'a pause from before the restart');",
    replace: '',
    tests: PAUSES,
  },
  {
    name: 'meter-lets-everything-through',
    file: 'src/exchange/rate-limit.ts',
    search: 'if (before + weight > WEIGHT_LIMIT - reserve)',
    replace: 'if (before + weight > WEIGHT_LIMIT * 1000)',
    tests: WEIGHT,
  },
  {
    name: 'pictures-take-the-reserve',
    file: 'src/exchange/rate-limit.ts',
    search: 'const reserve = keeps ? WEIGHT_RESERVE : 0;',
    replace: 'const reserve = keeps ? 0 : 0;',
    tests: WEIGHT,
  },
  {
    name: 'meter-does-not-hear-the-exchange',
    file: 'src/exchange/rate-limit.ts',
    search: 'return Math.max(own, told.weight + told.since);',
    replace: 'return own;',
    tests: WEIGHT,
  },
  {
    name: 'filled-more-than-asked-is-believed',
    file: 'src/exchange/outcome.ts',
    search: '  if (compareDecimals(order.executedQty, order.origQty) > 0) return null;\n',
    replace: '',
    tests: OUTCOME,
  },
  {
    name: 'cancel-of-another-number-counts',
    file: 'src/exchange/outcome.ts',
    search: "if (order.orderId !== write.orderId || order.status !== 'CANCELED') return null;",
    replace: "if (order.status !== 'CANCELED') return null;",
    tests: OUTCOME,
  },
  {
    name: 'order-of-another-size-counts',
    file: 'src/exchange/outcome.ts',
    search: 'order.side !== write.side || compareDecimals(order.origQty, write.quantity) !== 0',
    replace: 'order.side !== write.side',
    tests: OUTCOME,
  },
  {
    name: 'conditional-reply-for-another-counts',
    file: 'src/exchange/outcome.ts',
    search: 'if (algoId !== write.orderId || clientAlgoId !== write.clientOrderId) return null;',
    replace: '',
    tests: OUTCOME,
  },
  {
    name: 'nothing-came-back-so-nothing-happened',
    file: 'src/exchange/outcome.ts',
    search: "    if (!reply.sent) return { status: 'NOT_SENT', message: clean(reply.why) };\n",
    replace: "    if (reply.why !== '') return { status: 'NOT_SENT', message: clean(reply.why) };\n",
    tests: [...OUTCOME, 'test/faults/unknown-writes.test.ts'],
  },
  {
    name: 'every-503-is-a-refusal',
    file: 'src/exchange/refusals.ts',
    search: 'return httpStatus === 503 && /^service unavailable\\.?$/i.test(message.trim());',
    replace: 'return httpStatus === 503 && message !== null;',
    tests: OUTCOME,
  },
  {
    name: 'every-code-is-a-refusal',
    file: 'src/exchange/refusals.ts',
    search: 'code !== null && DEFINITE_REFUSALS[kind].has(code);',
    replace: 'code !== null && (DEFINITE_REFUSALS[kind].has(code) || code < -1);',
    tests: OUTCOME,
  },
  {
    name: 'nameless-request-passes-the-guard',
    file: 'src/exchange/guard.ts',
    search: "    if (permit === null) return 'no permit';\n",
    replace: '    if (permit === null) return null;\n',
    tests: GUARD,
  },
  {
    name: 'parameter-twice-passes-the-guard',
    file: 'src/exchange/transport.ts',
    search: 'const unique = Object.keys(params).length === pairs.length;',
    replace: 'const unique = Object.keys(params).length <= pairs.length;',
    tests: GUARD,
  },
  {
    name: 'new-writer-forgets-used-permits',
    file: 'src/exchange/ccxt.ts',
    search:
      'createWriter({ options, transport: deps, interlock, clock, used, clean: scrubber.clean, mode }))',
    replace:
      'createWriter({ options, transport: deps, interlock, clock, used: new Set([...used].slice(used.size)), clean: scrubber.clean, mode }))',
    tests: GUARD,
  },
];
