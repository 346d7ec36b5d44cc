/**
 * Reading the configuration again (SIGHUP): between two runs, whole or not at all, and never in a way that opens a gate
 * which the ceremony has not earned under the new settings.
 */
import { effectOfChange } from '../config/change-effect.ts';
import { type ConfigSources, describeProblems } from '../config/load.ts';
import { type Change, type Reload, reloadConfig } from '../config/reload.ts';
import { NOTHING_SEEN } from '../engine/confirm.ts';
import { freshProgress } from '../engine/progress.ts';
import { earned, entryBase, sendStageEvent } from './ceremony.ts';
import { type Core, instant } from './core.ts';
import { judgePrerequisites } from './prerequisites.ts';

export interface Reloader {
  /** Asks for it; taken up as soon as no run is under way. */
  readonly ask: () => void;
  /** Called often; does what was asked for when it may. */
  readonly tick: () => void;
}

/** `reread` gives the sources as they are now and may throw what reading throws; null where there is no file. */
export function createReloader(input: {
  readonly core: Core;
  readonly reread: (() => ConfigSources) | null;
  readonly busy: () => boolean;
  readonly runSoon: () => void;
}): Reloader {
  const { core, reread } = input;
  let asked = false;
  return {
    ask: () => {
      if (reread !== null) asked = true;
      else core.notebook.note('warn', 'SIGHUP', 'SIGHUP: there is no configuration file to read again');
    },
    tick: () => {
      if (!asked || reread === null || input.busy()) return;
      asked = false;
      const reload = readAgain(core, reread);
      if (reload.kind === 'refused') return keepOld(core, reload);
      core.notebook.alarm('config', null);
      takeOver(core, reload);
      if (reload.changes.length > 0) input.runSoon();
    },
  };
}

function readAgain(core: Core, reread: () => ConfigSources): Reload {
  try {
    return reloadConfig(core.settings, reread());
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: 'refused', problems: [{ key: 'file', value: why, expected: 'a file that can be read' }] };
  }
}

/** The old settings stay, disarmed: nobody knows what the operator meant to change. */
function keepOld(core: Core, { problems }: Extract<Reload, { kind: 'refused' }>): void {
  const { request } = core.vitals.stage;
  const stage = request.stage === 4 ? 3 : request.stage;
  core.interlock.advance();
  core.vitals.offer = null;
  sendStageEvent(core, { type: 'request', stage, by: 'SIGHUP', why: 'the configuration was refused' });
  const text = describeProblems(problems, core.places.configPath ?? 'none').replace(
    'nothing was started',
    'the old settings stay, disarmed',
  );
  core.notebook.alarm('config', text);
  core.journal.append({
    ...entryBase(core),
    event_type: 'CONFIG_LOADED',
    details: {
      refused: problems.map(({ key, value, expected }) => `${key}: ${value}: expected ${expected}`),
      digest: core.settings.digest,
    },
  });
}

function takeOver(core: Core, reload: Extract<Reload, { kind: 'read' }>): void {
  const { changes, atNextStart, settings } = reload;
  const before = core.settings.digest;
  const effect = effectOfChange(core.settings.flat, settings.flat);
  const inForce = core.vitals.stage.inForce;
  const earnedBefore = earned(core);
  if (changes.length > 0) {
    // Permits and plans were given under the old settings.
    core.interlock.advance();
    core.settings = settings;
    // Or a code would be good again once the settings are what they were when it was shown.
    core.vitals.offer = null;
    forgetJudgements(core, changes);
    restartDwell(core, effect.withdrawsFrom);
    // What is wider than the evidence lowers the stage in this very turn.
    sendStageEvent(core, { type: 'tick' });
    // Evidence may have been earned under wider settings than those somebody armed.
    if (effect.arming === 'ended' && core.vitals.stage.inForce === 4)
      sendStageEvent(core, { type: 'lower', stage: 3, by: 'SIGHUP', why: 'wider settings than were armed' });
  }
  const isCovered = earned(core) >= earnedBefore;
  core.journal.append({
    ...entryBase(core),
    event_type: 'CONFIG_LOADED',
    details: {
      digest: settings.digest,
      digest_before: before,
      changes: changes.map(asText),
      at_next_start: atNextStart.map(asText),
      widened: [...reload.widened],
      evidence_withdrawn_from: isCovered ? null : effect.withdrawsFrom,
      approvals: effect.approvals,
      arming: effect.arming,
      covered: settings.flat,
    },
  });
  tell(core, reload, { inForce, isCovered });
}

/** A confirmation belongs to the settings it was judged under, as a plan and a prerequisite do; a picture to the symbols that were read for it. */
function forgetJudgements(core: Core, changes: readonly Change[]): void {
  const { vitals } = core;
  vitals.confirm = NOTHING_SEEN;
  vitals.resettledMonoMs = core.clock.monoMs();
  // Or what is to be acknowledged of the new settings would be asked for some seconds later, and stage 4 be entered before.
  if (vitals.prerequisites !== null) vitals.prerequisites = judgePrerequisites(core);
  if (!changes.some(({ key }) => key === 'reconcile.symbol_whitelist')) return;
  vitals.observation = null;
  vitals.complete = null;
  vitals.view = { ...vitals.view, base: null };
}

/** What a stage has shown so far under narrower settings is no evidence for wider ones: it begins anew where it stands. */
function restartDwell({ vitals, clock }: Core, withdrawsFrom: number | null): void {
  const { stage } = vitals;
  if (withdrawsFrom === null || stage.inForce < withdrawsFrom || stage.inForce === 4) return;
  const progress = freshProgress(instant(clock), stage.progress.restarts + 1);
  vitals.stage = { ...stage, progress };
}

function tell(
  core: Core,
  { changes, atNextStart, widened }: Extract<Reload, { kind: 'read' }>,
  before: { readonly inForce: number; readonly isCovered: boolean },
): void {
  const { notebook, vitals } = core;
  const list = (all: readonly Change[]): string => all.map(asText).join(', ');
  if (changes.length === 0 && atNextStart.length === 0)
    notebook.note('info', 'CONFIG_LOADED', 'SIGHUP: the configuration says what it said');
  if (changes.length > 0) notebook.note('warn', 'CONFIG_LOADED', `SIGHUP: in force now: ${list(changes)}`);
  if (atNextStart.length > 0)
    notebook.note('warn', 'CONFIG_LOADED', `SIGHUP: waits for a restart: ${list(atNextStart)}`);
  if (widened.length === 0) return;
  const now = vitals.stage.inForce;
  const fell = now < before.inForce ? `; stage ${before.inForce} -> ${now}` : '';
  const keys = widened.join(', ');
  notebook.note(
    'warn',
    'CONFIG_LOADED',
    before.isCovered
      ? `SIGHUP: wider than before, within the evidence: ${keys}${fell}`
      : `SIGHUP: evidence doesn't cover ${keys} any more${fell}`,
  );
}

function asText({ key, before, after }: Change): string {
  return `${key} ${before === '' ? 'unset' : before} -> ${after === '' ? 'unset' : after}`;
}
