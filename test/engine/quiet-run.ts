/** A run in which nothing differed and nothing was done: what tests of the stages change one figure of. */
import type { RunCounts } from '../../src/engine/progress.ts';

export const QUIET_RUN: RunCounts = {
  due: true,
  planned: 0,
  plannedInAudit: 0,
  blocked: {},
  executed: 0,
  executedUnplanned: 0,
  mayHaveExecuted: 0,
  writesSent: 0,
  matched: true,
};
