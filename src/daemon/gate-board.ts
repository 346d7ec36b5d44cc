/** The gates as the screen shows them: what each says now, since when, and whether somebody has to look. */
import type { StatusDocument } from '../control/protocol.ts';
import type { Verdict } from '../engine/types.ts';
import { GATES } from '../gates/index.ts';

type GateRow = StatusDocument['gates'][number];

/** Remembers each gate's last change. */
export interface GateBoard {
  /** Takes the verdicts of the moment; `stale` names gates whose figures are too old to trust. */
  readonly update: (verdicts: readonly Verdict[], stale: boolean, nowMs: number) => readonly GateRow[];
  readonly rows: () => readonly GateRow[];
  /** Takes the marks off rows that changed until then, in wall time: a later change nobody has seen. */
  readonly acknowledge: (untilMs: number) => void;
}

const BY_NAME = new Map(GATES.map((gate) => [gate.name, gate]));

/** Calls back with every change, as words. */
export function createGateBoard(onChange: (gate: string, from: string, to: string) => void): GateBoard {
  let rows: readonly GateRow[] = [];
  const wasOpen = new Set<string>();
  return {
    rows: () => rows,
    acknowledge: (untilMs) => {
      rows = rows.map((row) => (row.changed_at_ms <= untilMs ? { ...row, unacknowledged: false } : row));
    },
    update: (verdicts, stale, nowMs) => {
      const before = new Map(rows.map((row) => [row.gate, row]));
      rows = verdicts.map((verdict) => {
        const known = before.get(verdict.gate);
        const scope = BY_NAME.get(verdict.gate);
        const state = stale && scope?.scope === 'action' ? 'stale' : verdict.open ? 'open' : 'closed';
        const moved = known !== undefined && known.state !== state;
        // A snapshot that went stale takes all such gates with it; that is told once, by snapshot_stale.
        if (moved && known.state !== 'stale' && state !== 'stale') onChange(verdict.gate, known.state, state);
        const row = {
          gate: verdict.gate,
          state,
          value: verdict.value,
          limit: verdict.limit,
          rule: scope?.rule ?? '',
          changed_at_ms: known === undefined || moved ? nowMs : known.changed_at_ms,
          unacknowledged:
            (known?.unacknowledged ?? false) ||
            (known?.state === 'closed' && state === 'open' && wasOpen.has(verdict.gate)),
        } as const;
        if (state === 'open') wasOpen.add(verdict.gate);
        return row;
      });
      return rows;
    },
  };
}

/** Live verdicts for the gates of the world, the last run's for those that look at an action. */
export function mergeVerdicts(live: readonly Verdict[], lastRun: readonly Verdict[]): readonly Verdict[] {
  const last = new Map(lastRun.map((verdict) => [verdict.gate, verdict]));
  return live.map((verdict) =>
    BY_NAME.get(verdict.gate)?.scope === 'action' ? (last.get(verdict.gate) ?? verdict) : verdict,
  );
}
