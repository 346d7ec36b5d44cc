/** Rules that are asked for twice, broken in every place at once: what is left to notice is that the rule is gone. */
import { EXECUTOR, GUARD, type Mutation } from './mutation.ts';

export const wholeRules: readonly Mutation[] = [
  {
    name: 'lock-is-asked-for-nowhere',
    file: 'src/daemon/world.ts',
    search: 'isLeader: core.leadership.stillHeld(),',
    replace: 'isLeader: true,',
    also: [
      {
        file: 'src/daemon/ceremony.ts',
        search: '  if (!leadership.stillHeld())\n',
        replace: "  if (!leadership.stillHeld() && vitals.runId === 'never')\n",
      },
    ],
    tests: ['test/daemon/world.test.ts', 'test/daemon/ceremony.test.ts'],
  },
  {
    name: 'stop-is-asked-for-nowhere-before-a-write',
    file: 'src/engine/interlock.ts',
    search:
      "  if (interlock.latched()) return 'stop latched';\n  if (!interlock.writesAllowed()) return 'not armed';\n  if (permit.epoch !== interlock.epoch()) return",
    replace: '  if (permit.epoch < 0) return',
    also: [
      {
        file: 'src/engine/executor.ts',
        search: "  if (interlock.latched()) return 'stop_latched';\n",
        replace: '',
      },
      {
        file: 'src/engine/executor.ts',
        search: "  if (!interlock.writesAllowed()) return 'not_armed';\n",
        replace: '',
      },
      {
        file: 'src/engine/executor.ts',
        search: "  if (tools.interlock.latched()) return { status: 'NOT_SENT', message: 'stop latched' };\n",
        replace: '',
      },
    ],
    tests: [...EXECUTOR, ...GUARD],
  },
  {
    name: 'moved-position-is-looked-at-nowhere',
    file: 'src/engine/prepare-write.ts',
    search: 'if (position.updatedAtMs > planned.updatedAtMs)',
    replace: 'if (position.updatedAtMs > planned.updatedAtMs + 1e15)',
    also: [
      {
        file: 'src/engine/prepare-write.ts',
        search: 'return is.abs().isGreaterThan(was.abs()) ?',
        replace: 'return is.abs().isGreaterThan(was.abs().times(100)) ?',
      },
      {
        file: 'src/engine/prepare-write.ts',
        search: 'if (excess !== null) return',
        replace: "if (excess === '') return",
      },
    ],
    tests: EXECUTOR,
  },
  {
    name: 'open-intent-freezes-nothing',
    file: 'src/engine/executor.ts',
    search: "if (intent.symbol === action.symbol) return 'unresolved_intent';",
    replace: "if (intent.symbol === '') return 'unresolved_intent';",
    also: [
      {
        file: 'src/gates/unresolved-intent.ts',
        search: 'if (unresolvedSymbols.includes(action.symbol)) return',
        replace: "if (unresolvedSymbols.includes('')) return",
      },
    ],
    tests: EXECUTOR,
  },
  {
    name: 'failed-audit-is-looked-at-nowhere',
    file: 'src/engine/executor.ts',
    search: "if (!intent.ok) return failed(tools, ended(action, 'failed', 'port_error', intent.problem));",
    replace: '',
    also: [
      {
        file: 'src/engine/executor.ts',
        search: "  if (!journal.healthy()) return 'audit_unavailable';\n",
        replace: '',
      },
      {
        file: 'src/gates/audit-unavailable.ts',
        search: 'audit.healthy === true',
        replace: 'audit.healthy !== null',
      },
      {
        file: 'src/daemon/ceremony.ts',
        search: '  else if (!journal.healthy())\n',
        replace: "  else if (!journal.healthy() && vitals.runId === 'never')\n",
      },
      {
        file: 'src/daemon/run.ts',
        search: 'const isWritten = written === decision.planned.length;',
        replace: 'const isWritten = true;',
      },
    ],
    tests: EXECUTOR,
  },
  {
    name: 'lease-is-asked-for-nowhere',
    file: 'src/engine/lease.ts',
    search: "  if (lease.executionsLeft <= 0) return 'arming lease over: its executions are used up';\n",
    replace: '',
    also: [
      {
        file: 'src/engine/lease.ts',
        search: 'return actions.slice(0, Math.max(0, lease?.executionsLeft ?? 0));',
        replace: 'return lease === null ? [] : actions;',
      },
    ],
    tests: ['test/engine/lease.test.ts', 'test/engine/stages.test.ts'],
  },
];
