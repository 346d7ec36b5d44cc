/** A daemon's target that records what it was asked, and a status that passes the protocol's own schema. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ControlTarget } from '../../src/control/control.ts';
import type { CommandReply, StatusDocument } from '../../src/control/protocol.ts';
import type { PlanDocument } from '../../src/control/protocol-plan.ts';

export const exampleStatus: StatusDocument = {
  schema_version: 1,
  seq: 1,
  at_ms: 1_700_000_000_000,
  daemon: {
    pid: 4242,
    host: 'trd01',
    version: '0.1.0',
    commit: 'abc1234',
    runtime: 'Bun 1.4.5',
    packaging: 'source',
    environment: 'sim',
    account: 'sim',
    embedded_simulator: true,
    owned_by_terminal: false,
    uptime_ms: 4 * 3_600_000,
    ready: true,
    config_path: '/etc/grinder/config.yaml',
    config_digest: 'd1',
    socket: '/run/grinder/a.sock',
    state_dir: '/var/lib/grinder',
    audit_path: '/var/lib/grinder/audit.jsonl',
    log_path: '/var/log/grinder/app.log',
    metrics: '127.0.0.1:9090',
  },
  stage: {
    in_force: 1,
    name: 'Detect-only',
    since_ms: 1_700_000_000_000 - 140_000,
    requested: 2,
    requested_by: 'environment',
    earned: 1,
    hold: { stage: 3, because: 'ARMED=0 holds at 3' },
    next: { stage: 2, left_ms: 461_000, passed: 3, total: 4, missing: ['dwell 02:20 of 10:00'] },
    next_step: 'Stage 2 follows by itself in 07:41.',
    criteria: [],
  },
  switches: {
    loop: true,
    action: 'none',
    dry_run: true,
    allow_active_remediation: false,
    armed: false,
    mainnet_trade: false,
  },
  arming: { armed: false, lease_left_ms: null, executions_left: null },
  latch: {
    latched: false,
    id: null,
    by: '',
    reason: '',
    at_ms: null,
    durable: true,
    text: '',
    verdict: null,
  },
  snapshot: { age_ms: 800, max_age_ms: 120_000, complete: true, open_orders: 12 },
  stream: {
    disagreements: 0,
    by_kind: {},
    last_disagreement: null,
    swept_age_ms: 12_000,
    sweep_every_ms: 300_000,
    disagrees: false,
  },
  sources: [
    { source: 'rest', up: true, age_ms: 800, detail: '' },
    { source: 'ws', up: false, age_ms: null, detail: 'reconnecting' },
    { source: 'price', up: true, age_ms: 900, detail: '' },
    { source: 'expected', up: true, age_ms: 1200, detail: '' },
  ],
  run: {
    id: 'r-7',
    count: 7,
    interval_ms: 30_000,
    last_at_ms: 1_700_000_000_000 - 4000,
    last_duration_ms: 41,
  },
  gates: [
    {
      gate: 'not_armed',
      state: 'closed',
      value: 'disarmed',
      limit: 'armed',
      rule: 'r',
      changed_at_ms: 1,
      unacknowledged: false,
    },
    {
      gate: 'snapshot_stale',
      state: 'open',
      value: '0.8s',
      limit: '120s',
      rule: 'r',
      changed_at_ms: 1,
      unacknowledged: false,
    },
  ],
  counters: {
    planned: 12,
    blocked: 12,
    executed: 0,
    failed: 0,
    unknown: 0,
    last_run: { planned: 3, blocked: 3, executed: 0, failed: 0, unknown: 0 },
    planned_per_minute: 3,
    blocked_by_reason: { dry_run: 12 },
  },
  mismatches: [
    {
      key: 'k',
      type: 'ORDER_EXISTS_UNEXPECTED',
      symbol: 'BTCUSDT',
      id: 'grinder_1_BTCUSDT_1_1700000000_1',
      remediation: 'cancel',
      reason: 'not_armed',
      planned: true,
      synthetic: false,
      detail: 'not expected, live',
    },
  ],
  mismatch_count: 1,
  foreign_orders: { BTCUSDT: 2 },
  unresolved: [],
  budgets: {
    calls_used_day: 0,
    calls_limit_day: 100,
    notional_used_day: '0',
    notional_limit_day: '5000',
  },
  acknowledgements: [{ item: 'team_notified', why: 'nobody can check it', done_by: null }],
  prerequisites: [],
  kill_switch: false,
  canary: false,
  alarms: [],
  events: [],
  covered: { environment: 'sim' },
};

export const examplePlan: PlanDocument = {
  schema_version: 1,
  at_ms: 1_700_000_000_000,
  run_id: 'r-1',
  age_ms: 4000,
  stage: 2,
  actions: [
    {
      action: 'cancel',
      symbol: 'BTCUSDT',
      id: 'grinder_1_BTCUSDT_0_1700000000_1',
      order_id: '77',
      side: null,
      quantity: null,
      notional_usdt: '0',
      mismatch: 'ORDER_EXISTS_UNEXPECTED',
      detail: 'live, expected nothing',
      synthetic: true,
      reason: 'dry_run',
      verdicts: [
        { gate: 'stop_latched', open: true, value: 'clear', limit: 'clear' },
        { gate: 'dry_run', open: false, value: 'true', limit: 'false' },
        { gate: 'not_armed', open: false, value: 'disarmed', limit: 'armed' },
      ],
    },
    {
      action: 'flatten',
      symbol: 'ETHUSDT',
      id: 'BOTH',
      order_id: null,
      side: 'SELL',
      quantity: '0.5',
      notional_usdt: '1500.00',
      mismatch: 'POSITION_NONZERO_UNEXPECTED',
      detail: 'expected 0, found 0.5',
      synthetic: false,
      reason: null,
      verdicts: [{ gate: 'stop_latched', open: true, value: 'clear', limit: 'clear' }],
    },
  ],
  action_count: 3,
};

export interface Call {
  readonly name: string;
  readonly body: unknown;
}

/** A target whose status a test may change, and which answers every command with ok. */
export function recordingTarget(change: (status: StatusDocument) => StatusDocument = (status) => status) {
  const calls: Call[] = [];
  const listeners = new Set<() => void>();
  let seq = 0;
  let replyWith: (call: Call) => Promise<CommandReply> = async (call) => okReply(`did ${call.name}`);
  const target: ControlTarget = {
    status: () => {
      seq += 1;
      return change({ ...exampleStatus, seq });
    },
    plan: () => examplePlan,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    command: (name, body) => {
      const call = { name, body };
      calls.push(call);
      return replyWith(call);
    },
  };
  return {
    target,
    calls,
    notify: () => {
      for (const listener of listeners) listener();
    },
    statusCalls: () => seq,
    listeners: () => listeners.size,
    answerWith: (next: (call: Call) => Promise<CommandReply>) => {
      replyWith = next;
    },
  };
}

export function okReply(message: string): CommandReply {
  return { schema_version: 1, ok: true, exit_code: 0, message };
}

/** A fresh private directory with a name short enough for a socket, and how to remove it. */
export function privateDir(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'gc-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Polls until the condition holds; throws after five seconds. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 5000;
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
