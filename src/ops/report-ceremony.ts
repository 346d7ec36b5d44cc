/** Follows the ceremony of an audit, record by record: starts, stages, evidence, figures, proofs, stops, acts. */
import type { AuditRecord } from '../engine/audit-record.ts';
import { isSample } from '../engine/criteria-samples.ts';
import { actOf, at, figuresOf, numberOf, objectOf, objectsIn, textOf, textsOf } from './report-lines.ts';
import type { Act, Curve, EvidenceMove, Proof, Report, StageMove, Start, Stop } from './report-model.ts';

type Told = Pick<
  Report,
  | 'starts'
  | 'covered'
  | 'stages'
  | 'evidence'
  | 'curves'
  | 'proofs'
  | 'canaries'
  | 'stops'
  | 'acknowledgements'
  | 'approvals'
  | 'mass_mismatches'
>;

/** What was told so far. */
export interface CeremonyBook {
  /**
   * `isShown`: false for a record from before the report's time, of which settings, stage and a stop that nobody has cleared
   * are remembered.
   */
  readonly take: (record: AuditRecord, isShown: boolean) => void;
  readonly told: () => Told;
}

/** Starts empty. */
export function openCeremonyBook(): CeremonyBook {
  const starts: Start[] = [];
  const stages: StageMove[] = [];
  const evidence: EvidenceMove[] = [];
  const curves = new Map<string, { curve: Omit<Curve, 'points'>; points: Curve['points'][number][] }>();
  const proofs: Proof[] = [];
  const canaries: Act[] = [];
  const stops: Stop[] = [];
  /** Of those the ones of which something happened in the report's time. */
  const shownStops = new Set<number>();
  const acknowledgements: Act[] = [];
  const approvals: Act[] = [];
  const mass: Act[] = [];
  let covered: Readonly<Record<string, string>> = {};
  let enteredMs = 0;

  function load(record: AuditRecord, isShown: boolean): void {
    const { details } = record;
    const kind = Array.isArray(details['refused'])
      ? 'refused'
      : 'digest_before' in details
        ? 'reload'
        : 'start';
    const now = kind === 'refused' ? covered : textsOf(objectOf(details, 'covered'));
    const changes =
      kind === 'refused'
        ? textsOf({ refused: details['refused'] ?? '' })
        : Object.keys(covered).length === 0
          ? {}
          : differences(covered, now);
    covered = now;
    if (!isShown) return;
    starts.push({
      ...{ ...at(record), kind, account: textOf(details, 'account'), version: textOf(details, 'version') },
      ...{ commit: textOf(details, 'commit'), digest: textOf(details, 'digest') },
      changes: Object.entries(changes).map(([key, value]) => `${key}: ${value}`),
    });
  }

  function judge(record: AuditRecord): void {
    const { details } = record;
    for (const one of figuresOf(details)) {
      const key = `${enteredMs} ${record.stage} ${one.id}`;
      const known = curves.get(key) ?? {
        curve: { stage: record.stage, entered_at_ms: enteredMs, id: one.id, limit: one.limit },
        points: [],
      };
      curves.set(key, known);
      const { figure, verdict } = one;
      known.points.push({ at_ms: record.ts_ms, value: leadingNumber(figure), figure, verdict });
    }
    if (isSample(record)) return;
    const verdict = textOf(details, 'verdict');
    const stage = numberOf(details, 'stage') ?? numberOf(details, 'from_stage') ?? record.stage;
    evidence.push({
      ...at(record),
      stage,
      verdict,
      why: textOf(details, 'why'),
      criteria: figuresOf(details),
    });
  }

  function changeStop(seq: number, change: Partial<Stop>, isShown: boolean): void {
    const index = stops.findIndex((one) => one.seq === seq);
    const stop = stops[index];
    if (stop !== undefined) stops[index] = { ...stop, ...change };
    if (isShown) shownStops.add(seq);
  }

  function judgeStop(record: AuditRecord, isShown: boolean): void {
    const told = objectOf(record.details, 'stop_verdict');
    const stop = stops.findLast(({ latch_id }) => latch_id === textOf(told, 'latch_id'));
    if (stop !== undefined) changeStop(stop.seq, { verdict: textOf(told, 'verdict') }, isShown);
  }

  function checkpoint(record: AuditRecord): void {
    const found = objectOf(record.details, 'mass_mismatch');
    if (Object.keys(found).length > 0) mass.push(actOf(record, `found: ${textOf(found, 'figure')}`));
  }

  function canary(record: AuditRecord): void {
    const proof = objectOf(record.details, 'gate_proof');
    if (Object.keys(proof).length === 0) {
      canaries.push(actOf(record, `canary ${textOf(record.details, 'client_order_id')}`));
      return;
    }
    proofs.push({
      ...{ ...at(record), by: record.operator ?? '', digest: textOf(proof, 'config_digest') },
      ...{ proven: numberOf(proof, 'proven') ?? 0, total: numberOf(proof, 'total') ?? 0 },
      gates: objectsIn(proof['gates']).map(textsOf),
    });
  }

  /** The newest latch is cleared, and those before it were its own, under older names. */
  function clear(record: AuditRecord, isShown: boolean): void {
    const id = textOf(record.details, 'latch_id');
    const by = `by ${record.operator ?? 'nobody'} at ${new Date(record.ts_ms).toISOString()}`;
    for (const stop of stops.filter(({ cleared }) => cleared === ''))
      changeStop(stop.seq, { cleared: stop.latch_id === id ? by : `with ${id}` }, isShown);
  }

  function takeStop(record: AuditRecord, isShown: boolean): void {
    const { event_type: type, seq } = record;
    if (type === 'STOP_LATCHED') stops.push(stopOf(record));
    if (type === 'STOP_LATCHED' && isShown) shownStops.add(seq);
    if (type === 'CHECKPOINT') judgeStop(record, isShown);
    if (type === 'STOP_CLEARED') clear(record, isShown);
  }

  return {
    take: (record, isShown) => {
      const { event_type: type, details } = record;
      if (type === 'STAGE_CHANGED' && details['from'] !== details['to']) enteredMs = record.ts_ms;
      if (type === 'CONFIG_LOADED') load(record, isShown);
      takeStop(record, isShown);
      if (!isShown) return;
      if (type === 'STAGE_CHANGED') stages.push(moveOf(record));
      if (type === 'STAGE_EVIDENCE') judge(record);
      if (type === 'CHECKPOINT') checkpoint(record);
      if (type === 'CANARY_INJECTED') canary(record);
      if (type === 'APPROVED') approvals.push(actOf(record, approvalText(record)));
      if (type === 'ACKNOWLEDGED') acknowledgements.push(actOf(record, acknowledgedText(record)));
    },
    told: () => ({
      ...{ starts, covered, stages, evidence, proofs, canaries, acknowledgements, approvals },
      // One that stands keeps everything down, however long ago it came.
      stops: stops.filter(({ seq, cleared }) => cleared === '' || shownStops.has(seq)),
      mass_mismatches: mass,
      curves: [...curves.values()].map(({ curve, points }) => ({ ...curve, points })),
    }),
  };
}

function moveOf(record: AuditRecord): StageMove {
  const { details } = record;
  const to = numberOf(details, 'to') ?? record.stage;
  return {
    ...{ ...at(record), from: numberOf(details, 'from') ?? to, to, by: textOf(details, 'by') },
    ...{ why: textOf(details, 'why'), requested: numberOf(details, 'requested') },
  };
}

function stopOf(record: AuditRecord): Stop {
  const { details } = record;
  return {
    ...{ ...at(record), by: record.operator ?? '', latch_id: textOf(details, 'latch_id') },
    ...{ reason: textOf(details, 'reason'), durable: details['durable'] === true },
    ...{ verdict: 'no verdict in the audit', cleared: '' },
  };
}

function approvalText({ details }: AuditRecord): string {
  const purpose = textOf(details, 'purpose') || 'enter';
  const count = numberOf(details, 'approvals');
  const of = count === null ? '' : `, ${count} of ${numberOf(details, 'approvals_needed') ?? 1}`;
  return `${purpose === 'enter' ? 'enter stage 4' : purpose}${of}, settings ${textOf(details, 'config_digest').slice(0, 12)}`;
}

function acknowledgedText({ details }: AuditRecord): string {
  const seen = numberOf(details, 'seen');
  if (seen !== null) return `${seen} message(s) on the screen`;
  return [textOf(details, 'item'), textOf(details, 'why') || textOf(details, 'figure')].join(': ');
}

function differences(
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  const changed = keys.filter((key) => before[key] !== now[key]);
  return Object.fromEntries(
    changed.map((key) => [key, `${before[key] ?? 'unset'} -> ${now[key] ?? 'unset'}`]),
  );
}

/** "12.5 s" is 12.5, "5 of 6" is 5, "none" is null. */
function leadingNumber(figure: string): number | null {
  const match = /^-?\d+(\.\d+)?/.exec(figure);
  return match === null ? null : Number(match[0]);
}
