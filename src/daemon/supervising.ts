/** What whoever watches over the daemon is told: alive while the loop goes round, and in a word what it does. */
import { STAGE_NAMES } from '../engine/stages.ts';
import type { Supervisor } from '../ops/sd-notify.ts';
import type { Core } from './core.ts';
import type { Scheduler } from './scheduler.ts';
import { latchText } from './stopping.ts';

/** A run of this length hangs: each of its requests has a deadline. The longest pause of the exchange delays runs, it is no run. */
const RUN_HANGS_MS = 600_000;

/** Says that the daemon lives, unless a run hangs; called on each heartbeat, so that a blocked thread says nothing either. */
export function tellAlive(
  core: Core,
  scheduler: Pick<Scheduler, 'runningSince'>,
  supervisor: Supervisor,
): void {
  const since = scheduler.runningSince();
  if (since !== null && core.clock.monoMs() - since > RUN_HANGS_MS) return;
  supervisor.alive(statusLine(core));
}

function statusLine({ vitals, settings }: Core): string {
  const { inForce } = vitals.stage;
  const latched = vitals.latch === null ? '' : `, ${latchText(vitals.latch)}`;
  return `${settings.exchange.environment}: stage ${inForce} ${STAGE_NAMES[inForce] ?? ''}${latched}`;
}
