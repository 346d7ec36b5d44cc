/** The account's position mode: asked for rarely (weight 30), and again at once when positions contradict it. */
import type { ObservedPosition, ReadReport } from '../engine/types.ts';
import type { Reader } from './reader.ts';
import { modeReply } from './rows.ts';
import type { PositionMode } from './wire.ts';

export interface KnownMode {
  readonly mode: PositionMode | null;
  /** The reads this took; empty when it was remembered. */
  readonly reports: readonly ReadReport[];
}

export interface PositionModeCache {
  /** The mode as last read, without a call. */
  readonly current: () => PositionMode | null;
  /** The mode, read again when it is old. */
  readonly get: () => Promise<KnownMode>;
  /** Holds the mode against positions just read; reads it again when they disagree, null when they still do. */
  readonly confirm: (known: KnownMode, positions: readonly ObservedPosition[]) => Promise<KnownMode>;
  readonly forget: () => void;
}

const KEEP_MS = 300_000;

/** Starts without knowing; `monoMs` is any monotonic clock. */
export function createPositionModeCache(read: Reader, monoMs: () => number): PositionModeCache {
  let cached: { readonly mode: PositionMode; readonly atMs: number } | null = null;

  async function refresh(): Promise<KnownMode> {
    const { report, value } = await read('positionSide/dual', {}, modeReply);
    cached = value === null ? null : { mode: value.dualSidePosition ? 'hedge' : 'one_way', atMs: monoMs() };
    return { mode: cached?.mode ?? null, reports: [report] };
  }

  return {
    current: () => cached?.mode ?? null,
    get: async () => {
      if (cached !== null && monoMs() - cached.atMs < KEEP_MS) return { mode: cached.mode, reports: [] };
      return refresh();
    },
    confirm: async (known, positions) => {
      if (known.mode === null || !contradicts(known.mode, positions)) return known;
      const again = await refresh();
      const reports = [...known.reports, ...again.reports];
      if (again.mode === null || !contradicts(again.mode, positions)) return { mode: again.mode, reports };
      cached = null;
      return { mode: null, reports };
    },
    forget: () => {
      cached = null;
    },
  };
}

function contradicts(mode: PositionMode, positions: readonly ObservedPosition[]): boolean {
  return positions.some(({ positionSide, amount }) => {
    const both = positionSide === 'BOTH';
    if (mode === 'one_way') return !both;
    return both && Number(amount) !== 0;
  });
}
