/** A status with something of everything, and states made from it. */
import type { StatusDocument } from '../../src/control/protocol.ts';
import { initialState, reduce } from '../../src/tui/reduce.ts';
import { themeOf } from '../../src/tui/theme.ts';
import type { ScreenState } from '../../src/tui/types.ts';
import { exampleStatus } from '../control/fixture.ts';

/** 2023-11-14T22:13:20Z. */
export const AT_MS = 1_700_000_000_000;

type Gate = StatusDocument['gates'][number];

const gate = (name: string, state: Gate['state'], rest: Partial<Gate> = {}): Gate => ({
  gate: name,
  state,
  value: '0.8s',
  limit: '120s',
  rule: `Keeps ${name} from harm by looking twice before anything is written to the exchange.`,
  changed_at_ms: AT_MS - 7_200_000,
  unacknowledged: false,
  ...rest,
});

/** Nine gates: one unacknowledged, two closed, one stale. */
export const gates: readonly Gate[] = [
  gate('stop_latched', 'open', { value: 'clear', limit: 'clear' }),
  gate('not_leader', 'open', { value: 'leader', limit: 'leader', unacknowledged: true }),
  gate('audit_unavailable', 'open', { value: 'ok', limit: 'ok' }),
  gate('dry_run', 'closed', { value: 'true', limit: 'false' }),
  gate('allow_active_remediation_false', 'open', { value: 'true', limit: 'true' }),
  gate('not_armed', 'closed', { value: 'disarmed', limit: 'armed' }),
  gate('snapshot_stale', 'open', { changed_at_ms: AT_MS - 3 * 86_400_000 }),
  gate('clock_skew', 'stale', { value: '12ms', limit: '500ms', changed_at_ms: AT_MS - 9000 }),
  gate('exchange_backoff', 'open', { value: 'none', limit: 'none' }),
];

/** The status of the frames. */
export const status: StatusDocument = {
  ...exampleStatus,
  at_ms: AT_MS,
  daemon: { ...exampleStatus.daemon, environment: 'testnet', uptime_ms: 76 * 3_600_000 },
  stage: {
    ...exampleStatus.stage,
    criteria: [
      { id: 'dwell', title: 'dwell', verdict: 'INCONCLUSIVE', figure: '02:20', limit: '>= 10:00' },
      { id: 'executed', title: 'executed', verdict: 'PASS', figure: '0', limit: '= 0' },
    ],
  },
  gates: [...gates],
  events: [
    {
      seq: 1,
      at_ms: AT_MS - 89_000,
      level: 'warn',
      text: 'GATE clock_skew open -> STALE',
      unacknowledged: true,
    },
    {
      seq: 2,
      at_ms: AT_MS - 4000,
      level: 'info',
      text: 'RECONCILE_RUN r-7: 1 mismatch',
      unacknowledged: false,
    },
  ],
};

export interface StateSetting {
  readonly columns?: number;
  readonly rows?: number;
  readonly ascii?: boolean;
  readonly readOnly?: boolean;
  readonly ownsDaemon?: boolean;
  readonly status?: StatusDocument | null;
}

/** A state that received `status` at monotonic 1000 ms over a link of 12 ms. */
export function stateOf(setting: StateSetting = {}): ScreenState {
  const { glyphs } = themeOf({ LANG: 'C.UTF-8' }, { ascii: setting.ascii ?? false });
  const start = initialState(
    {
      operator: 'tester',
      readOnly: setting.readOnly ?? false,
      ownsDaemon: setting.ownsDaemon ?? false,
      glyphs,
    },
    { columns: setting.columns ?? 80, rows: setting.rows ?? 24 },
    { nowMs: 1000, wallMs: AT_MS },
  );
  if (setting.status === null) return start;
  const up = reduce(reduce(start, { type: 'link', up: true, why: '' }), { type: 'latency', ms: 12 });
  const received = { status: setting.status ?? status, atMs: 1000 };
  return reduce(up, { type: 'tick', nowMs: 1000, wallMs: AT_MS, received });
}

/** The same state `ms` later, without a word from the daemon. */
export const later = (state: ScreenState, ms: number): ScreenState =>
  reduce(state, { type: 'tick', nowMs: state.nowMs + ms, wallMs: state.wallMs + ms, received: null });

/** A status in which everything that must not be overlooked is there at once. */
export const warned: StatusDocument = {
  ...status,
  prerequisites: [],
  kill_switch: true,
  canary: true,
  unresolved: [
    { intent_id: 'i-1', symbol: 'BTCUSDT', action: 'flatten', age_ms: 75_000, state: 'UNKNOWN' },
    { intent_id: 'i-2', symbol: 'ETHUSDT', action: 'cancel', age_ms: 5000, state: 'INTENT' },
  ],
  alarms: [
    'MASS MISMATCH: 7 of 9 unexpected, 2 match: the picture is wrong, not the account; at most stage 1',
    'clock moved 4 s',
  ],
  acknowledgements: [
    { item: 'mass_mismatch', why: '7 of 9 unexpected, 2 match (set 5a5a)', done_by: null },
    { item: 'key_rights', why: 'not told', done_by: 'ann' },
    { item: 'team_notified', why: 'nobody can check it', done_by: null },
  ],
};

/** A stream that contradicts the reads, and a sweep that is late. */
export const contradicted: StatusDocument = {
  ...status,
  stream: {
    ...status.stream,
    disagreements: 12,
    by_kind: { unheard: 11, differs: 1 },
    last_disagreement: { text: 'unheard: never told: order x', at_ms: AT_MS - 5000 },
    swept_age_ms: 301_000,
    disagrees: true,
  },
  alarms: ['stream and reads disagree, 12 since the start, last unheard: never told: order x'],
};

/** The longest verdict there is, on a latch that is not on disk. */
export const judged = (verdict: string, durable = true): StatusDocument => {
  const of = latched();
  const text = durable ? 'LATCHED' : 'LATCHED, NOT DURABLE, DO NOT RESTART';
  return { ...of, latch: { ...of.latch, id: '75d8dfb4', durable, text, verdict } };
};

export const OPEN_VERDICT =
  'STOPPED, open: the latch is not durable, 2 write(s) without a known outcome, 1 execution(s) after the stop, ' +
  'no complete read of the exchange since; no mismatch in that time, so this proves little';

/** A status that is latched. */
export const latched = (of: StatusDocument = status): StatusDocument => ({
  ...of,
  latch: {
    latched: true,
    id: 'L-7',
    by: 'tester',
    reason: 'Ctrl+X',
    at_ms: AT_MS,
    durable: true,
    text: 'LATCHED',
    verdict: null,
  },
});
