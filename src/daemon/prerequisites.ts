/** The ceremony's prerequisites (contract, section 6) as criteria, and what an operator has to acknowledge before stage 4. */
import { createHash } from 'node:crypto';
import { escapeText } from '../engine/escape.ts';
import { MASS_ITEM } from '../engine/mass-records.ts';
import { OTHER_EXECUTOR_ITEM } from '../engine/other-executor.ts';
import { judgePrerequisites as judge } from '../engine/prerequisites.ts';
import type { Criterion } from '../engine/types.ts';
import { MANUAL_AFTER_FAILURES } from '../gates/unresolved-intent.ts';
import type { Core } from './core.ts';
import { type Acknowledged, acknowledgedBy } from './evidence-records.ts';
import { figureOf } from './other-executor.ts';
import { settledFacts } from './place-facts.ts';

/** Something an operator acknowledges by name before stage 4. */
export interface Acknowledgement {
  readonly item: string;
  readonly why: string;
  readonly doneBy: string | null;
  /** The action whose failures are forgotten by it. */
  readonly clearsFailuresOf?: string;
}

/** Judges every prerequisite with what is known now. */
export function judgePrerequisites({
  settings,
  places,
  vitals,
  journal,
  machine,
}: Core): readonly Criterion[] {
  const { rules, rulesProblem, complete } = vitals;
  return judge({
    ...settledFacts(settings, places, machine.disk),
    symbols:
      rules.size === 0
        ? { kind: 'unknown', why: rulesProblem ?? 'symbols not read yet' }
        : { kind: 'ok', names: new Set(rules.keys()) },
    auditProblem: journal.healthy() ? null : journal.problem(),
    clock: vitals.clock,
    keyRights: vitals.keyRights,
    ...(complete === null ? {} : { positionMode: complete.positionMode }),
  });
}

/** Lists what stage 4 waits for; on the embedded simulator a mass mismatch, another executor and what failed too often alone. */
export function acknowledgements(core: Core): readonly Acknowledgement[] {
  const { massFound } = core.vitals;
  const mass =
    massFound === null
      ? []
      : [{ item: MASS_ITEM, why: `${massFound.figure} (set ${massFound.fingerprint})`, doneBy: null }];
  const { otherExecutor } = core.vitals;
  const other =
    otherExecutor === null
      ? []
      : [
          {
            item: OTHER_EXECUTOR_ITEM,
            why: `another executor sent ${figureOf(otherExecutor)}: find and end it first`,
            doneBy: null,
          },
        ];
  return [...mass, ...other, ...beforeLive(core)];
}

function beforeLive(core: Core): readonly Acknowledgement[] {
  if (core.settings.embeddedSimulator) return manualItems(core);
  const records = core.journal.state().ceremonyRecords;
  const nowMs = core.clock.wallMs();
  const open = (core.vitals.prerequisites ?? []).filter(({ verdict }) => verdict === 'INCONCLUSIVE');
  const items = open.map(({ id, title, figure }) => ({ item: id, why: `${title}: ${figure}` }));
  const nothingMatched = core.vitals.stage.inForce > 0 && !core.vitals.stage.progress.matched;
  if (nothingMatched) items.push({ item: 'ours_matched', why: 'nothing of ours matched in this stage yet' });
  const asked = items.map(({ item, why }) => ({
    item,
    why,
    doneBy: acknowledgedBy(records, acknowledged(core, { item, why }), nowMs),
  }));
  return [...asked, ...manualItems(core)];
}

/** What failed too often is a person's; by acknowledging it they say that it may be tried again. */
function manualItems(core: Core): readonly Acknowledgement[] {
  const failures = core.journal.state().failuresByItem;
  return (core.vitals.decision?.planned ?? []).flatMap(({ action: { id } }) => {
    const count = failures.get(id) ?? 0;
    if (count < MANUAL_AFTER_FAILURES) return [];
    const item = `manual-${createHash('sha256').update(id).digest('hex').slice(0, 8)}`;
    const why = `failed ${count} times, look at the account first: ${id}`;
    return [{ item, why, doneBy: null, clearsFailuresOf: id }];
  });
}

/** An acknowledgement holds for what was read then, on this account: another figure asks anew. */
export function acknowledged(core: Core, asked: Omit<Acknowledgement, 'doneBy'>): Acknowledged {
  const { item, why, clearsFailuresOf } = asked;
  const { identity, settings } = core;
  const text = escapeText(why, 500);
  return {
    item,
    why: text,
    account: identity.account,
    environment: settings.exchange.environment,
    ...(clearsFailuresOf === undefined ? {} : { clears_failures_of: clearsFailuresOf }),
  };
}
