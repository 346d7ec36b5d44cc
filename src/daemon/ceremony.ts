/**
 * The ceremony as it runs: feeds the stage machine, writes its effects to the audit, and makes the interlock and the
 * write transport follow. Lowering takes effect in shared memory before anything is awaited or written.
 */

import type { CoveredSettings } from '../config/covered.ts';
import type { Settings } from '../config/load.ts';
import { stepMachine } from '../engine/ceremony-machine.ts';
import type {
  Answer,
  MachineContext,
  MachineEffect,
  MachineEvent,
  MachineState,
} from '../engine/ceremony-types.ts';
import { earnedBy } from '../engine/evidence.ts';
import { MASS_ITEM } from '../engine/mass-records.ts';
import { OTHER_EXECUTOR_ITEM } from '../engine/other-executor.ts';
import type { Hold, StageContext } from '../engine/stage-types.ts';
import { STAGE_NAMES } from '../engine/stages.ts';
import type { StageNumber } from '../engine/types.ts';
import { NO_WORK } from './armed-work.ts';
import { type Core, instant } from './core.ts';
import { approvalEntry, baseEntry, entryOf } from './evidence-records.ts';
import { intentAgeMs, isFeedWell, snapshotAgeMs } from './world.ts';

/**
 * Applies one event to the machine and carries out what follows; never throws. An approval that the audit doesn't take
 * is none: nothing moves, and the offer is used up.
 */
export function sendStageEvent(core: Core, event: MachineEvent): Answer {
  const { vitals } = core;
  // What the machine is told of the moment asks the disk, where the lock lies; a lowering doesn't wait for it.
  if (leadsDown(event, vitals.stage.inForce)) core.interlock.allowWrites(false);
  const step = stepMachine(machineOf(core), event, machineContext(core));
  for (const effect of step.effects) {
    const problem = effect.type === 'approved' ? recordApproval(core, effect) : null;
    if (problem === null) continue;
    vitals.offer = null;
    sendStageEvent(core, { type: 'tick' });
    return { kind: 'refused', why: `the approval can't be written to the audit: ${problem}` };
  }
  const before = vitals.stage.inForce;
  vitals.stage = step.state.stage;
  vitals.offer = step.state.offer;
  const { inForce } = vitals.stage;
  if (inForce < before) lower(core);
  if (before === 0 && inForce > 0) vitals.loopSinceMonoMs = core.clock.monoMs();
  for (const effect of step.effects) if (effect.type !== 'approved') record(core, effect);
  if (inForce === 4 && before !== 4) raiseToLive(core);
  return step.answer;
}

/** The machine as it stands. */
export function machineOf({ vitals }: Core): MachineState {
  return { stage: vitals.stage, offer: vitals.offer };
}

/** What the machine needs to know of the moment. */
export function machineContext(core: Core): MachineContext {
  const { settings, identity } = core;
  return {
    ...stageContext(core),
    host: identity.host,
    approvals: settings.ceremony.approvals,
    leaseMs: settings.arming.lease,
    maxExecutions: settings.arming.maxExecutions,
  };
}

/** The part of it that stages and evidence read. */
export function stageContext(core: Core): StageContext {
  const { settings, vitals } = core;
  const expected = core.feed.state();
  const now = instant(core.clock);
  const oldestMs = Math.max(
    ...[...core.journal.state().openIntents.values()].map((intent) => intentAgeMs(core, intent)),
  );
  return {
    ...now,
    holds: holdsOf(core),
    covered: coveredToday(core),
    version: core.identity.version,
    dwellMs: settings.ceremony.dwellMs,
    world: {
      intervalMs: settings.reconcile.intervalMs,
      snapshotAgeMs: snapshotAgeMs(core),
      snapshotMaxAgeMs: settings.freshness.snapshotMaxAgeMs,
      sourcesWell: vitals.observation?.complete === true,
      hasCheckpoint: expected.checkpoint !== null,
      // A comparison with a picture that has a gap or a broken line, or is not read to its end, is no evidence of anything.
      feedFresh: isFeedWell(core),
      auditHealthy: core.journal.healthy(),
      failedPrerequisites:
        vitals.prerequisites?.filter(({ verdict }) => verdict === 'FAIL').map(({ id }) => id) ?? null,
      oldestUnknownMs: Number.isFinite(oldestMs) ? oldestMs : null,
      unknownLimitMs: settings.ceremony.unknownLimitMs,
    },
  };
}

const TODAY = new WeakMap<Core, { readonly settings: Settings; readonly covered: CoveredSettings }>();

/** The same object as long as the settings are. */
function coveredToday(core: Core): CoveredSettings {
  const { settings, identity } = core;
  const known = TODAY.get(core);
  if (known?.settings === settings) return known.covered;
  const covered = { ...settings.flat, account: identity.account };
  TODAY.set(core, { settings, covered });
  return covered;
}

/** Everything that holds the stage down now. */
export function holdsOf(core: Core): readonly Hold[] {
  const { settings, journal, leadership, vitals } = core;
  const holds: Hold[] = [];
  if (settings.wishes.hold !== null)
    holds.push({ ...settings.wishes.hold, remedy: 'start it without that variable: ./run_live.sh' });
  if (settings.reconcile.action === 'none')
    holds.push({
      stage: 1,
      because: 'reconcile.action is none: there is nothing to plan',
      remedy: 'change it in the configuration, then ./run_live.sh',
    });
  if (!settings.audit.enabled)
    holds.push({
      stage: 1,
      because: 'audit_unavailable: the audit is switched off',
      remedy: 'switch it on (audit.enabled, GRINDER_AUDIT_ENABLED), then ./run_live.sh',
    });
  else if (!journal.healthy())
    holds.push({
      stage: 1,
      because: `audit_unavailable: ${journal.problem()}`,
      remedy: 'grinder audit verify, repair what it names, then ./run_live.sh',
    });
  if (vitals.massFound !== null)
    holds.push({
      stage: 1,
      because: `${MASS_ITEM}: ${vitals.massFound.figure}; look, then grinder ack ${MASS_ITEM}`,
      remedy: `grinder ack ${MASS_ITEM}`,
    });
  if (vitals.otherExecutor !== null)
    holds.push({
      stage: 1,
      because: `not_leader: another executor sent ${vitals.otherExecutor.clientOrderId}; find and end it, then grinder ack ${OTHER_EXECUTOR_ITEM}`,
      remedy: `grinder ack ${OTHER_EXECUTOR_ITEM}`,
    });
  if (!leadership.stillHeld())
    holds.push({
      stage: 1,
      because: 'not_leader: the account lock is lost',
      remedy: 'see who holds it, then ./run_live.sh',
    });
  return holds;
}

/** The highest stage earned today. */
export function earned(core: Core): StageNumber {
  return earnedBy(core.vitals.stage.evidence, stageContext(core));
}

/** Whatever comes of the moment, stage 4 is over with it. */
function leadsDown(event: MachineEvent, inForce: StageNumber): boolean {
  const { type } = event;
  if (inForce !== 4) return false;
  return type === 'lower' || type === 'breach' || (type === 'request' && event.stage < inForce);
}

function lower(core: Core): void {
  core.interlock.allowWrites(false);
  void core.exchange.setWriter(false);
}

/** Writes become possible only once the entry into stage 4 is in the audit. */
function raiseToLive(core: Core): void {
  core.vitals.armedWork = NO_WORK;
  if (!core.journal.healthy()) return;
  core.interlock.allowWrites(true);
  void core.exchange.setWriter(true).then(() => {
    if (core.vitals.stage.inForce !== 4) void core.exchange.setWriter(false);
  });
}

/** Says why the audit didn't take it, or null. */
function recordApproval(core: Core, effect: Extract<MachineEffect, { type: 'approved' }>): string | null {
  const appended = core.journal.append(approvalEntry(effect, entryBase(core), core.settings.digest));
  if (!appended.ok) return appended.problem;
  const { purpose, by, approvedBy, needed } = effect;
  const what = purpose === 'enter' ? 'stage 4' : 'more time in stage 4';
  const who = by.verified ? by.name : `${by.name} (operator_unverified)`;
  core.notebook.note('warn', 'APPROVED', `${what} approved by ${who}, ${approvedBy.length} of ${needed}`);
  return null;
}

function record(core: Core, effect: Exclude<MachineEffect, { type: 'approved' }>): void {
  const { notebook, vitals } = core;
  const appended = core.journal.append(entryOf(effect, vitals.stage, vitals.runId ?? ''));
  switch (effect.type) {
    case 'stage_changed': {
      const level =
        effect.by === 'breach' && effect.to < effect.from
          ? 'alarm'
          : effect.to === 4 || effect.by === 'lease'
            ? 'warn'
            : 'info';
      notebook.note(
        level,
        'STAGE_CHANGED',
        `STAGE ${effect.from} -> ${effect.to} ${STAGE_NAMES[effect.to] ?? ''} (${effect.why}, by ${effect.by})`,
        { from: effect.from, to: effect.to, by: effect.by },
      );
      break;
    }
    case 'requested':
      notebook.note('info', 'STAGE_REQUESTED', `stage ${effect.stage} ${effect.why} by ${effect.by}`);
      break;
    case 'evidence_passed':
      notebook.note('info', 'STAGE_EVIDENCE', `STAGE ${effect.evidence.stage} passed its criteria`, {
        stage: effect.evidence.stage,
      });
      break;
    case 'evidence_withdrawn':
      notebook.note(
        'warn',
        'STAGE_EVIDENCE',
        `evidence from stage ${effect.fromStage} on withdrawn: ${effect.why}`,
        { from_stage: effect.fromStage },
      );
      break;
  }
  if (!appended.ok && core.settings.audit.enabled)
    notebook.alarm('audit', `AUDIT UNAVAILABLE: ${appended.problem}`);
}

/** An audit entry's common fields, as of now. */
export function entryBase(core: Core) {
  return baseEntry(core.vitals.stage, core.vitals.runId ?? '');
}
