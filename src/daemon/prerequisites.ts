/** The ceremony's prerequisites (contract, section 6) as criteria, and what an operator has to acknowledge before stage 4. */
import { createHash } from 'node:crypto';
import { statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { compareDecimals } from '../engine/decimal.ts';
import { escapeText } from '../engine/escape.ts';
import { MASS_ITEM } from '../engine/mass-records.ts';
import type { Criterion, CriterionVerdict } from '../engine/types.ts';
import { MAX_CLIENT_ORDER_ID_LENGTH } from '../gates/identity.ts';
import { MANUAL_AFTER_FAILURES } from '../gates/unresolved-intent.ts';
import type { Core } from './core.ts';
import { type Acknowledged, acknowledgedBy } from './evidence-records.ts';

/** Something an operator acknowledges by name before stage 4. */
export interface Acknowledgement {
  readonly item: string;
  readonly why: string;
  readonly doneBy: string | null;
  /** The action whose failures are forgotten by it. */
  readonly clearsFailuresOf?: string;
}

const CAP_TO_ACKNOWLEDGE_USDT = '100';
const COOLDOWN_TO_ACKNOWLEDGE_S = 60;
const DISK_MIN_BYTES = 100 * 2 ** 20;

/** Judges every prerequisite with what is known now. */
export function judgePrerequisites(core: Core): readonly Criterion[] {
  return [
    ...fromSettings(core),
    audit(core),
    ...fromExchange(core),
    disk(core),
    modes(core),
    ...byPeople(core),
  ];
}

/** Lists what stage 4 waits for; on the embedded simulator a mass mismatch and what failed too often alone. */
export function acknowledgements(core: Core): readonly Acknowledgement[] {
  const { massFound } = core.vitals;
  const mass =
    massFound === null
      ? []
      : [{ item: MASS_ITEM, why: `${massFound.figure} (set ${massFound.fingerprint})`, doneBy: null }];
  return [...mass, ...beforeLive(core)];
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

function fromSettings({ settings, vitals }: Core): readonly Criterion[] {
  const { reconcile, identity } = settings;
  const whitelist = (verdict: CriterionVerdict, figure: string) =>
    judged('whitelist', 'symbol whitelist', verdict, figure);
  const highCap = compareDecimals(reconcile.maxFlattenNotionalUsdt, CAP_TO_ACKNOWLEDGE_USDT) > 0;
  return [
    judged(
      'identity',
      'prefix and strategies',
      'PASS',
      `${identity.prefix} ${identity.allowedStrategies.join(' ')}`,
    ),
    whitelist(...judgeWhitelist(settings, vitals)),
    judged(
      'flatten_cap',
      'cap of a flatten, USDT',
      highCap ? 'INCONCLUSIVE' : 'PASS',
      reconcile.maxFlattenNotionalUsdt,
    ),
    judged(
      'cooldown',
      'cooldown, seconds',
      reconcile.cooldownSeconds < COOLDOWN_TO_ACKNOWLEDGE_S ? 'INCONCLUSIVE' : 'PASS',
      String(reconcile.cooldownSeconds),
    ),
  ];
}

function judgeWhitelist(
  { reconcile, identity }: Core['settings'],
  { rules, rulesProblem }: Core['vitals'],
): readonly [CriterionVerdict, string] {
  const { symbolWhitelist } = reconcile;
  if (symbolWhitelist.length === 0) return ['FAIL', 'empty'];
  const tooLong = symbolWhitelist.filter((symbol) => !idsFit(identity, symbol));
  if (tooLong.length > 0)
    return ['FAIL', `ids of ${MAX_CLIENT_ORDER_ID_LENGTH} characters can't hold ${tooLong.join(' ')}`];
  if (rules.size === 0) return ['INCONCLUSIVE', rulesProblem ?? 'symbols not read yet'];
  const unknown = symbolWhitelist.filter((symbol) => !rules.has(symbol));
  return unknown.length === 0
    ? ['PASS', symbolWhitelist.join(' ')]
    : ['FAIL', `unknown to the exchange: ${unknown.join(' ')}`];
}

/** Whether the shortest id of every strategy fits: one digit of level and of number, ten of seconds. */
function idsFit(identity: Core['settings']['identity'], symbol: string): boolean {
  const rest = `_${symbol}_0_1000000000_0`;
  return identity.allowedStrategies.every(
    (strategy) => `${identity.prefix}${strategy}${rest}`.length <= MAX_CLIENT_ORDER_ID_LENGTH,
  );
}

/** An audit that is off or broken holds at stage 1 (see holdsOf); it is not a reason to see nothing at all. */
function audit({ journal }: Core): Criterion {
  return judged(
    'audit',
    'audit writable and synced',
    journal.healthy() ? 'PASS' : 'INCONCLUSIVE',
    journal.healthy() ? 'ok' : journal.problem(),
  );
}

function fromExchange({ vitals, settings }: Core): readonly Criterion[] {
  const { clock, keyRights } = vitals;
  const limit = settings.freshness.clockOffsetMaxMs;
  const offset =
    clock === null || clock.kind === 'failed'
      ? judged('clock', 'clock offset', 'INCONCLUSIVE', clock?.error ?? 'not measured yet')
      : judged(
          'clock',
          'clock offset',
          Math.abs(clock.offsetMs) <= limit ? 'PASS' : 'FAIL',
          `${Math.round(clock.offsetMs)} ms (limit ${limit} ms)`,
        );
  if (keyRights === null || keyRights.kind === 'unknown')
    return [
      offset,
      judged('key_rights', 'rights of the key', 'INCONCLUSIVE', keyRights?.why ?? 'not read yet'),
    ];
  const bad = [
    ...(keyRights.canTradeFutures ? [] : ['cannot trade futures']),
    ...(keyRights.canWithdraw ? ['may withdraw'] : []),
    ...(keyRights.canTransfer ? ['may transfer'] : []),
  ];
  const verdict = bad.length > 0 ? 'FAIL' : keyRights.ipRestricted ? 'PASS' : 'INCONCLUSIVE';
  const figure =
    bad.length > 0
      ? bad.join(', ')
      : keyRights.ipRestricted
        ? 'futures only, bound to addresses'
        : 'futures only, not bound to addresses';
  return [offset, judged('key_rights', 'rights of the key', verdict, figure)];
}

function disk({ places }: Core): Criterion {
  try {
    const { bavail, bsize } = statfsSync(dirname(places.auditPath));
    const free = bavail * bsize;
    return judged(
      'disk',
      'free disk space',
      free >= DISK_MIN_BYTES ? 'PASS' : 'FAIL',
      `${Math.floor(free / 2 ** 20)} MiB (at least 100)`,
    );
  } catch (error) {
    return judged(
      'disk',
      'free disk space',
      'INCONCLUSIVE',
      error instanceof Error ? error.message : String(error),
    );
  }
}

function modes({ places }: Core): Criterion {
  try {
    const open = [places.stateDir, dirname(places.socketPath)].filter(
      (path) => (statSync(path).mode & 0o022) !== 0,
    );
    return judged(
      'file_modes',
      'state and socket directories',
      open.length === 0 ? 'PASS' : 'FAIL',
      open.length === 0 ? 'private' : `writable by others: ${open.join(' ')}`,
    );
  } catch (error) {
    return judged(
      'file_modes',
      'state and socket directories',
      'INCONCLUSIVE',
      error instanceof Error ? error.message : String(error),
    );
  }
}

function byPeople({ settings }: Core): readonly Criterion[] {
  return [
    judged('team_notified', 'team aware of the go-live', 'INCONCLUSIVE', 'only people can tell'),
    judged(
      'whole_position',
      "whole positions are the engine's own",
      'INCONCLUSIVE',
      `on ${settings.reconcile.symbolWhitelist.join(' ')}: positions carry no id`,
    ),
  ];
}

function judged(id: string, title: string, verdict: CriterionVerdict, figure: string): Criterion {
  return { id, title, verdict, figure, limit: '' };
}
