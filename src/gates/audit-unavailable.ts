import { answer } from './answer.ts';
import type { WorldGate } from './gate.ts';

/** Nothing is done that cannot be written down first. */
export const auditUnavailable: WorldGate = {
  name: 'audit_unavailable',
  scope: 'world',
  rule: 'Nothing is done that cannot be written down first.',
  judge: ({ audit }) =>
    answer(
      audit.enabled === true && audit.healthy === true,
      audit.enabled ? audit.problem || healthWord(audit.healthy) : 'off',
      'healthy',
    ),
};

function healthWord(healthy: boolean): string {
  return healthy ? 'healthy' : 'unhealthy';
}
