/** The runbook's lines as a table. Three things differ: the interval is 1 s, the last sleep 3 s, and port and log ours. */
import type { StatusDocument } from '../../src/control/protocol.ts';

/** A line of the runbook, and what it says to expect. */
export interface Step {
  readonly run: string;
  readonly holds: (out: string) => boolean;
}

export interface StageBlock {
  readonly stage: 0 | 1 | 2 | 3 | 4;
  readonly title: string;
  readonly exports: readonly string[];
  /** Arguments of `inject-mismatch`, where the runbook injects one. */
  readonly inject?: readonly string[];
  /** What the operator waits for before looking. */
  readonly shown: (status: StatusDocument) => boolean;
  readonly steps: readonly Step[];
}

const metrics = 'curl -s http://localhost:9090/metrics';
const log = '/var/log/grinder/app.log';

const zeroLines = (out: string): boolean => out.trim() === '0';
/** The sum of a metric's series, as they stand in what grep let through. */
const sum = (out: string, name: string, label = ''): number =>
  out
    .split('\n')
    .filter((line) => line.startsWith(`grinder_reconcile_${name}`) && line.includes(label))
    .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
const noneExecuted: Step = {
  run: `${metrics} | grep action_executed`,
  holds: (out) => out.includes('action_executed_total') && sum(out, 'action_executed_total') === 0,
};

export const PREREQUISITES: readonly Step[] = [
  {
    run: 'grep -E "prefix|allowed_strategies" config.yaml',
    holds: (out) => /prefix: "grinder_"/.test(out) && /allowed_strategies: \["1"/.test(out),
  },
  { run: 'grep symbol_whitelist config.yaml', holds: (out) => out.includes('"BTCUSDT"') },
  {
    run: 'grep max_flatten_notional_usdt config.yaml',
    holds: (out) => Number(/: (\d+)/.exec(out)?.[1]) <= 100,
  },
  { run: 'grep cooldown_seconds config.yaml', holds: (out) => Number(/: (\d+)/.exec(out)?.[1]) >= 60 },
];

export const blocks: readonly StageBlock[] = [
  {
    stage: 0,
    title: 'baseline, nothing runs',
    exports: [
      'export RECONCILE_ENABLED=0',
      'export RECONCILE_ACTION=none',
      'export ARMED=0',
      'unset ALLOW_MAINNET_TRADE',
    ],
    shown: ({ daemon }) => daemon.ready,
    steps: [
      { run: `${metrics} | grep grinder_reconcile_runs_total`, holds: (out) => sum(out, 'runs_total') === 0 },
      { run: `grep "FAKE_PORT\\|place_market_order\\|cancel_order" ${log} | wc -l`, holds: zeroLines },
    ],
  },
  {
    stage: 1,
    title: 'detect only',
    exports: [
      'export RECONCILE_ENABLED=1',
      'export RECONCILE_INTERVAL_MS=1000',
      'export RECONCILE_ACTION=none       # No remediation',
      'export RECONCILE_DRY_RUN=true      # Extra safety',
    ],
    shown: ({ run }) => run.count >= 3,
    steps: [
      {
        run: `${metrics} | grep grinder_reconcile`,
        holds: (out) =>
          sum(out, 'runs_total') > 0 &&
          /^grinder_reconcile_runs_with_mismatch_total \d+$/m.test(out) &&
          sum(out, 'action_executed_total') === 0,
      },
      {
        run: `${metrics} | grep last_snapshot_age`,
        holds: (out) =>
          /^grinder_reconcile_last_snapshot_age_seconds \d/m.test(out) &&
          sum(out, 'last_snapshot_age_seconds') < 120,
      },
      {
        run: `grep -E "REST: Skipping|WS: Skipping|PRICE: Fetch" ${log} | tail -5`,
        holds: (out) => out.split('\n').every((line) => line === '' || line.startsWith('{')),
      },
      noneExecuted,
      { run: `grep -E "REMEDIATION_EXECUTED|port\\.cancel|port\\.place" ${log} | wc -l`, holds: zeroLines },
    ],
  },
  {
    stage: 2,
    title: 'plans, and executes nothing',
    exports: [
      'export RECONCILE_ACTION=cancel_all   # Or: flatten, auto',
      'export RECONCILE_DRY_RUN=true        # Plans only, no execution',
      'export ALLOW_ACTIVE_REMEDIATION=true # Allow planning',
      'export ARMED=0                       # Blocked at armed gate',
    ],
    inject: [],
    shown: ({ counters }) => counters.planned > 0,
    steps: [
      { run: `${metrics} | grep action_planned`, holds: (out) => sum(out, 'action_planned_total') > 0 },
      {
        run: 'grep "PLANNED" audit/reconcile.jsonl | tail -5',
        holds: (out) => out.trim() !== '' && JSON.parse(out.split('\n')[0] ?? '').status === 'PLANNED',
      },
      noneExecuted,
      {
        run: `${metrics} | grep action_blocked`,
        holds: (out) =>
          sum(out, 'action_blocked_total', 'reason="dry_run"') +
            sum(out, 'action_blocked_total', 'reason="not_armed"') >
          0,
      },
    ],
  },
  {
    stage: 3,
    title: 'execution is blocked by the gate',
    exports: [
      'export RECONCILE_DRY_RUN=false       # No longer dry-run',
      'export ALLOW_ACTIVE_REMEDIATION=true # Allow remediation',
      'export ARMED=0                       # BUT: Still blocked at armed gate',
      'unset ALLOW_MAINNET_TRADE            # AND: No mainnet trade permission',
    ],
    shown: ({ counters }) => (counters.blocked_by_reason['not_armed'] ?? 0) > 0,
    steps: [
      {
        run: `${metrics} | grep action_blocked`,
        holds: (out) => /reason="(not_armed|env_var_missing)"\} [1-9]/.test(out),
      },
      noneExecuted,
      { run: `grep "REMEDIATION_EXECUTED" ${log} | wc -l`, holds: zeroLines },
    ],
  },
  {
    stage: 4,
    title: 'live, with limits',
    exports: [
      'export ARMED=1',
      'export ALLOW_MAINNET_TRADE=1',
      `export RECONCILE_SYMBOL_WHITELIST='["BTCUSDT"]'`,
      'export MAX_FLATTEN_NOTIONAL_USDT=100',
      'export RECONCILE_COOLDOWN_SECONDS=60',
      'export MAX_ORDERS_PER_ACTION=3',
      'export MAX_SYMBOLS_PER_ACTION=1',
    ],
    inject: ['--real'],
    shown: ({ counters }) => counters.executed > 0,
    steps: [
      { run: `${metrics} | grep grinder_reconcile`, holds: (out) => sum(out, 'armed') === 1 },
      {
        run: `${metrics} | grep action_executed`,
        holds: (out) => sum(out, 'action_executed_total') === 1,
      },
      {
        run: 'tail -n 200 audit/reconcile.jsonl | grep EXECUTED',
        holds: (out) => JSON.parse(out.split('\n')[0] ?? '').status === 'EXECUTED',
      },
    ],
  },
];

/** Each takes the exports of stage 4 back at one place; `stage` is where that holds. */
export const STOP_METHODS = [
  { line: 'export RECONCILE_ENABLED=0', stage: 0 },
  { line: 'export RECONCILE_ACTION=none', stage: 1 },
  { line: 'export ARMED=0', stage: 3 },
] as const;

export const VERIFY_ROLLBACK: readonly string[] = [
  `BEFORE=$(${metrics} | grep action_executed_total | awk '{print $2}')`,
  'sleep 3',
  `AFTER=$(${metrics} | grep action_executed_total | awk '{print $2}')`,
  '[ "$BEFORE" = "$AFTER" ] && echo "STOPPED OK" || echo "WARNING: Still executing"',
];

const verifyStopped: Step = { ...noneExecuted, run: 'curl -s localhost:9090/metrics | grep action_executed' };

/** In a shell without exports. The last asks for stage 4, which takes a confirmed act besides. */
export const QUICK_REFERENCE = [
  {
    command: 'RECONCILE_ENABLED=1 RECONCILE_ACTION=none ./run_live.sh',
    stage: 1,
    steps: [noneExecuted],
  },
  {
    command: 'RECONCILE_ACTION=cancel_all RECONCILE_DRY_RUN=true ./run_live.sh',
    stage: 2,
    steps: [noneExecuted],
  },
  {
    command: 'ARMED=1 ALLOW_MAINNET_TRADE=1 RECONCILE_DRY_RUN=false ./run_live.sh',
    stage: 3,
    steps: [noneExecuted],
  },
  { command: 'export RECONCILE_ENABLED=0; ./run_live.sh', stage: 0, steps: [verifyStopped] },
  { command: 'export RECONCILE_ACTION=none; ./run_live.sh', stage: 1, steps: [verifyStopped] },
] as const;
