/** What would make a criterion pass, and how long that takes at least where it is only time. Pure. */
import type { StageWorld } from './criteria.ts';
import { seconds } from './criterion.ts';
import type { Progress } from './progress.ts';
import type { Criterion } from './types.ts';

export interface WayToPass {
  /** For people; empty when it passes. */
  readonly text: string;
  /** Milliseconds that have to pass at least; null where time alone does nothing. */
  readonly leftMs: number | null;
}

const PASSES: WayToPass = { text: '', leftMs: null };

/** Names it for one criterion of the stage in force. */
export function wayToPass(
  { id, verdict }: Criterion,
  progress: Progress,
  world: Pick<StageWorld, 'requiredDwellMs' | 'intervalMs'>,
): WayToPass {
  if (verdict === 'PASS') return PASSES;
  if (id !== 'dwell') return { text: WAYS[id] ?? '', leftMs: null };
  const leftMs = Math.max(0, world.requiredDwellMs - progress.dwellMs);
  return { text: `${seconds(leftMs)} more with every source well`, leftMs };
}

/** By criterion; a test holds that each one is here. */
export const WAYS: Readonly<Record<string, string>> = {
  no_run: 'grinder stage 0 counts anew',
  no_write: 'grinder stage 0 counts anew',
  prerequisites: 'grinder doctor names what fails and how to mend it',
  runs_due: 'runs on their interval',
  gap: 'runs without a longer pause; the dwell starts over',
  executed_zero: 'nothing executed below stage 4; the dwell starts over',
  snapshot_age: 'a complete read of the exchange',
  feed: 'a checkpoint and heartbeats from the trading engine',
  ours_matched:
    'an order or position that engine and exchange both show, or grinder ack ours_matched before 4',
  planned: 'a mismatch to plan: a real one, or grinder inject-mismatch',
  plans_in_audit: 'a plan, and an audit that takes it',
  blocked_dry_run: 'a plan that dry_run blocks: a real mismatch, or grinder inject-mismatch',
  blocked_not_armed: 'a plan that not_armed blocks: a real mismatch, or grinder inject-mismatch',
  executed_is_planned: 'nothing: a breach leads to stage 1',
  audit: 'an audit that can be written: grinder audit verify',
  no_old_unknown: 'the outcome of that write, found or given by an operator',
};
