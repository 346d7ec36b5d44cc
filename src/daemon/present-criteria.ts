/** The criteria of the stage in force with figure, limit, time left and what would make them pass. */
import type { StatusDocument } from '../control/protocol.ts';
import { dwellFor } from '../engine/evidence.ts';
import type { StageContext, StageState } from '../engine/stage-types.ts';
import { currentCriteria } from '../engine/stages.ts';
import { wayToPass } from '../engine/way-to-pass.ts';

/** Presents them as of now. */
export function criteriaRows(stage: StageState, context: StageContext): StatusDocument['stage']['criteria'] {
  const { intervalMs } = context.world;
  const requiredDwellMs = dwellFor(stage.inForce, stage.evidence, context, context.dwellMs);
  return currentCriteria(stage, context).map((one) => {
    const way = wayToPass(one, stage.progress, { requiredDwellMs, intervalMs });
    return { ...one, left_ms: way.leftMs, to_pass: way.text };
  });
}
