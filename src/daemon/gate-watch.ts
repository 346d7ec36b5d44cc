/** Looks at the gates between runs: what closes voids every permit, and the board shows what they say now. */
import type { GateWorld } from '../gates/gate.ts';
import { worldVerdicts } from '../gates/index.ts';
import type { Core } from './core.ts';
import { worldWithinRun } from './executing.ts';
import { type GateBoard, mergeVerdicts } from './gate-board.ts';
import { gateWorld, snapshotAgeMs } from './world.ts';

export interface GateWatchDeps {
  readonly core: Core;
  readonly board: GateBoard;
  /** A run is under way: its own writes must not close its cooldown. */
  readonly executing: () => boolean;
}

/**
 * Makes the look. It belongs into every heartbeat, and before every document that tells of gates: whatever came between two
 * heartbeats, a decision, a stop or a stage, is beside the row that it closed.
 */
export function createGateWatch({ core, board, executing }: GateWatchDeps): () => void {
  const { vitals, clock } = core;
  let closedBefore: ReadonlySet<string> = new Set();
  return () => {
    const expected = core.feed.state();
    const world: GateWorld = executing() ? worldWithinRun(core, expected) : gateWorld(core, expected);
    const verdicts = worldVerdicts(world);
    const closed = new Set(verdicts.filter(({ open }) => !open).map(({ gate }) => gate));
    if ([...closed].some((gate) => !closedBefore.has(gate))) core.interlock.advance();
    closedBefore = closed;
    const ageMs = snapshotAgeMs(core);
    // A verdict of a run long ago is old in stage 0 too.
    const judged = vitals.stage.inForce > 0 || vitals.decision !== null;
    const stale = judged && (ageMs === null || ageMs > core.settings.freshness.snapshotMaxAgeMs);
    board.update(mergeVerdicts(verdicts, vitals.decision?.gates ?? []), stale, clock.wallMs());
  };
}
