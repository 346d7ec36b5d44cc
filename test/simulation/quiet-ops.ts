/** What a simulated process tells people and Prometheus: nothing, but for what the observer counts. */
import type { Decision } from '../../src/engine/decide.ts';
import type { Log } from '../../src/ops/log.ts';
import type { Metrics } from '../../src/ops/metrics.ts';
import { aloneIn } from './alone.ts';
import type { ProcessWitness } from './process.ts';
import type { Owner } from './timeline.ts';

/** Takes every line and keeps none. */
export const SILENT: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  lost: () => 0,
  close: () => undefined,
};

/** Tells the observer of runs and of what was found out, while the process lives. */
export function countOnly(owner: Owner, witness: ProcessWitness, judged: () => Decision | null): Metrics {
  return {
    countRun: (counts) => {
      if (owner.dead) return;
      witness.runCounted(counts);
      for (const gate of aloneIn(judged())) witness.stoodAlone(gate);
    },
    countUnknownResolved: (outcome) => {
      if (!owner.dead) witness.resolved(outcome);
    },
    observeStopLatency: () => undefined,
    render: async () => '',
    contentType: '',
    fresh: () => true,
  };
}
