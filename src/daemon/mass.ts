/**
 * Mass mismatches as the daemon lives with them: the gate closes at once; a set that a second complete read confirms
 * lowers to stage 1 and holds there, across restarts, until an operator acknowledges it by name.
 */
import type { Operator } from '../engine/approval.ts';
import type { Comparison } from '../engine/comparison.ts';
import { type MassFigures, massFigures, massFingerprint, massItems } from '../engine/mass.ts';
import { acknowledgedDetails, foundDetails, isAcknowledged, MASS_ITEM } from '../engine/mass-records.ts';
import type { ExpectedState, Observation } from '../engine/types.ts';
import { expectedStateStale } from '../gates/expected-state-stale.ts';
import type { MassWorld } from '../gates/gate.ts';
import { isMass } from '../gates/mass-mismatch.ts';
import { entryBase, sendStageEvent } from './ceremony.ts';
import type { Core } from './core.ts';
import { gateWorld } from './world.ts';

/** More items than this can't be acknowledged at once: their record would not fit into a line of the audit. */
const MAX_ITEMS = 20_000;

/** Takes note of a run's comparison before its gates are asked. */
export function noteMass(
  core: Core,
  comparison: Comparison,
  seen: { readonly observation: Observation; readonly expected: ExpectedState },
): void {
  const { vitals } = core;
  // Of a picture that lacks parts nothing may match; that it lacks them is another gate's reason.
  if (!seen.observation.complete) return;
  const world = massWorld(core, comparison);
  vitals.mass = world;
  if (!isTrusted(core, seen.expected)) return;
  if (!isMass(world) || world.acknowledged) {
    vitals.massSinceMonoMs = null;
    return;
  }
  vitals.massSinceMonoMs ??= seen.observation.startedMonoMs;
  const spanMs = seen.observation.startedMonoMs - vitals.massSinceMonoMs;
  if (vitals.massFound === null && spanMs < core.settings.reconcile.confirmAfterMs) return;
  remember(core, massItems(comparison), world);
  vitals.mass = { ...world, pending: true };
}

/** Lowers to stage 1 while one is not acknowledged; call it once the run is written down. */
export function lowerForMass(core: Core): void {
  const { vitals } = core;
  if (vitals.massFound === null || vitals.stage.request.stage <= 1) return;
  const why = `mass mismatch: ${vitals.massFound.figure}`;
  sendStageEvent(core, { type: 'lower', stage: 1, by: MASS_ITEM, why });
}

/** Acknowledges the set that waits, as it was seen last; says why not, or null. */
export function acknowledgeMass(core: Core, who: Operator): string | null {
  const { vitals, journal, notebook } = core;
  const operator = who.name;
  const { massFound: waiting } = vitals;
  if (waiting === null) return 'there is no mass mismatch to acknowledge';
  if (waiting.items.length > MAX_ITEMS)
    return `${waiting.items.length} items are too many to acknowledge at once, at most ${MAX_ITEMS}`;
  const details = { ...acknowledgedDetails(waiting), operator_unverified: !who.verified };
  const appended = journal.append({ ...entryBase(core), event_type: 'ACKNOWLEDGED', operator, details });
  if (!appended.ok) return `not acknowledged, the audit can't take it: ${appended.problem}`;
  vitals.massFound = null;
  vitals.massSinceMonoMs = null;
  // Whether this covers what there is now, the next run tells.
  if (vitals.mass !== null) vitals.mass = { ...vitals.mass, pending: false };
  notebook.alarm(MASS_ITEM, null);
  const text = `${MASS_ITEM} ${waiting.fingerprint} acknowledged by ${operator}: ${waiting.figure}`;
  notebook.note('info', 'ACKNOWLEDGED', text);
  return null;
}

/** Says it again after a restart. */
export function recallMass(core: Core): void {
  const { massFound } = core.vitals;
  if (massFound !== null) core.notebook.alarm(MASS_ITEM, alarmText(massFound.figure));
}

/** What the gate reads of one comparison. */
function massWorld(core: Core, comparison: Comparison): MassWorld {
  const figures = massFigures(comparison);
  const acknowledged = isMass(figures) && isCovered(core, massItems(comparison));
  return { ...figures, acknowledged, pending: core.vitals.massFound !== null };
}

function remember(core: Core, items: readonly string[], figures: MassFigures): void {
  const { vitals, journal, notebook } = core;
  const fingerprint = massFingerprint(items);
  if (vitals.massFound?.fingerprint === fingerprint) return;
  const figure = `${figures.unexpected} of ${figures.ours} unexpected, ${figures.matched} match`;
  vitals.massFound = { fingerprint, items, figure };
  const kept = items.length > MAX_ITEMS ? { fingerprint, items: [], figure } : vitals.massFound;
  journal.append({ ...entryBase(core), event_type: 'CHECKPOINT', details: foundDetails(kept) });
  notebook.alarm(MASS_ITEM, alarmText(figure));
}

function alarmText(figure: string): string {
  return `MASS MISMATCH: ${figure}: the picture is wrong, not the account; at most stage 1 until grinder ack ${MASS_ITEM}`;
}

function isCovered(core: Core, items: readonly string[]): boolean {
  return isAcknowledged(items, core.journal.state().ceremonyRecords, core.clock.wallMs());
}

/** A feed that is silent, broken or new closes a gate of its own; what it lacks is no finding. */
function isTrusted(core: Core, expected: ExpectedState): boolean {
  return expectedStateStale.judge(gateWorld(core, expected)).open;
}
