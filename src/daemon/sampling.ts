/** Writes the figures of the stage in force to the audit, now and then. */
import { isSampleDue, type Sampled, sampleDetails } from '../engine/criteria-samples.ts';
import { currentCriteria } from '../engine/stages.ts';
import { entryBase, stageContext } from './ceremony.ts';
import { type Core, instant } from './core.ts';

/** Makes the sampler; call it with every heartbeat. In stage 0 nothing is sampled: it has no dwell and no run. */
export function createSampler(core: Core): () => void {
  let last: Sampled | null = null;
  return () => {
    const { stage, latch } = core.vitals;
    if (stage.inForce === 0 || latch !== null || !core.journal.healthy()) return;
    const { nowMonoMs: atMonoMs } = instant(core.clock);
    const criteria = currentCriteria(stage, stageContext(core));
    const verdicts = criteria.map(({ verdict }) => verdict).join(' ');
    const { sinceMs } = stage;
    const stayMs = atMonoMs - stage.progress.startedMonoMs;
    const { dwellMs } = core.settings.ceremony;
    if (!isSampleDue(last, { sinceMs, atMonoMs, stayMs, dwellMs, verdicts })) return;
    last = { sinceMs, atMonoMs, verdicts };
    core.journal.append({
      ...entryBase(core),
      event_type: 'STAGE_EVIDENCE',
      details: sampleDetails(criteria),
    });
  };
}
