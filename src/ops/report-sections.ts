/** The report as sections of plain text and tables, the same for every form that people read. Pure. */
import type { Act, Curve, Report } from './report-model.ts';

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Section {
  readonly title: string;
  readonly text: readonly string[];
  readonly tables: readonly Table[];
  /** Figures over time; a form that can't draw lists them. */
  readonly curves: readonly Curve[];
}

/** What is said first and loudest when the chain does not hold; null when it does. */
export function alarmOf({ audit }: Report): string | null {
  return audit.verified
    ? null
    : `THE AUDIT DOES NOT VERIFY: ${audit.problem}. Nothing below can be relied on, and what came after that place is missing.`;
}

/** The title line. */
export const TITLE = 'Reconciliation ceremony: report';

const NONE = 'None in this time.';
const NONE_READ = 'None that could be read; the audit does not verify.';

/** Tells everything in the order in which one asks. */
export function sectionsOf(report: Report): readonly Section[] {
  const { audit, runs } = report;
  const counts = (of: Readonly<Record<string, number>>) =>
    Object.entries(of)
      .map(([key, count]) => `${key} ${count}`)
      .join(', ') || 'none';
  const sections = [
    section('What this is', [
      `Made ${time(report.generated_at_ms)} by ${report.generated_by} from ${audit.path}.`,
      `It tells of ${report.since_ms === null ? 'everything in the audit' : `what happened since ${time(report.since_ms)}`}: ${time(report.from_ms)} to ${time(report.to_ms)}.`,
      audit.verified
        ? `The chain of ${audit.lines} lines verifies from line ${audit.first_seq} on; ${endText(audit)}.`
        : (alarmOf(report) ?? ''),
      `Head: line ${audit.head_seq}, sha256 ${audit.head_hash || 'none'}.`,
      `Named as acting: ${report.operators.join(', ') || 'none'}. A name without "verified" is what somebody typed.`,
    ]),
    section('Starts and settings', [], {
      head: ['line', 'time', 'what', 'account', 'version', 'settings', 'changed'],
      rows: report.starts.map((one) => [
        ...[String(one.seq), time(one.at_ms), one.kind, one.account, `${one.version} ${one.commit}`.trim()],
        ...[one.digest.slice(0, 12), one.changes.join('; ')],
      ]),
    }),
    section('Settings loaded last', [], {
      head: ['key', 'value'],
      rows: Object.entries(report.covered).sort(([a], [b]) => (a < b ? -1 : 1)),
    }),
    section('Stages', [], {
      head: ['line', 'time', 'from', 'to', 'by', 'why'],
      rows: report.stages.map((one) => [
        ...[String(one.seq), time(one.at_ms), String(one.from), String(one.to), one.by],
        one.requested === null ? one.why : `asked for ${one.requested}: ${one.why}`,
      ]),
    }),
    section('Evidence', [], {
      head: ['line', 'time', 'stage', 'verdict', 'why', 'criteria'],
      rows: report.evidence.map((one) => [
        ...[String(one.seq), time(one.at_ms), String(one.stage), one.verdict, one.why],
        one.criteria
          .map(({ id, verdict, figure, limit }) => `${id} ${figure} (${limit}) ${verdict}`)
          .join('; '),
      ]),
    }),
    { ...section('Criteria over time', []), curves: report.curves },
    ...proofSections(report),
    section('Runs', [
      `${audit.verified ? '' : 'As far as it could be read: '}${runs.total} runs, ${runs.with_mismatch} with a mismatch. Mismatches: ${counts(runs.mismatches)}.`,
      `${runs.planned} actions planned. Blocked: ${counts(runs.blocked)}.`,
    ]),
    section('Executions', [executionsText(report)], {
      head: ['line', 'time', 'stage', 'intent', 'plan', 'status', 'outcome', 'verification', 'resolution'],
      rows: report.executions.map((one) => [
        ...[String(one.seq), time(one.at_ms), String(one.stage), one.intent_id],
        `${one.plan_seq === null ? '' : `line ${one.plan_seq}: `}${one.plan}`,
        ...[one.status, one.outcome, one.verification, one.resolution],
      ]),
    }),
    section('Stops', [], {
      head: ['line', 'time', 'by', 'latch', 'reason', 'on disk', 'verdict', 'cleared'],
      rows: report.stops.map((one) => [
        ...[String(one.seq), time(one.at_ms), one.by, one.latch_id, one.reason],
        ...[one.durable ? 'yes' : 'NO', one.verdict, one.cleared || 'NOT CLEARED'],
      ]),
    }),
    acts('Acknowledgements', report.acknowledgements),
    acts('Approvals', report.approvals),
    acts('Mass mismatches', report.mass_mismatches),
    acts('Canaries', report.canaries),
  ];
  return audit.verified ? sections : sections.map(doubted);
}

/** What an audit that doesn't verify doesn't tell may have happened all the same. */
function doubted(one: Section): Section {
  return { ...one, text: one.text.map((text) => (text === NONE ? NONE_READ : text)) };
}

function endText({ anchored, beyond_head: beyond, head_seq: head }: Report['audit']): string {
  if (!anchored) return 'there is no head record to hold its end against: lines cut off there would not show';
  return beyond === 0
    ? 'its end is the one that the head record names'
    : `the head record names line ${head - beyond}, and for the ${beyond} after it the chain alone vouches`;
}

/** UTC to the second. */
export function time(atMs: number | null): string {
  if (atMs === null) return 'never';
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? 'unknown' : `${date.toISOString().slice(0, 19)}Z`;
}

function proofSections({ proofs }: Report): readonly Section[] {
  if (proofs.length === 0)
    return [
      section('Gate proofs', ['None in this time: run grinder prove while the daemon is in stage 1 to 4.']),
    ];
  return proofs.map(({ seq, at_ms, by, proven, total, digest, gates }) =>
    section(
      'Gate proofs',
      [
        `Line ${seq}, ${time(at_ms)}, by ${by}, settings ${digest.slice(0, 12)}: ${proven} of ${total} gates proven.`,
      ],
      {
        head: ['verdict', 'gate', 'canary', 'blocked with', 'value', 'limit', 'also', 'why not'],
        rows: gates.map((one) =>
          ['verdict', 'gate', 'aim', 'reason', 'value', 'limit', 'also', 'why'].map((key) => one[key] ?? ''),
        ),
      },
    ),
  );
}

function executionsText({ audit, executions, unknown, unresolved }: Report): string {
  if (executions.length === 0) return NONE;
  const unplanned = executions.filter(({ plan_seq }) => plan_seq === null).length;
  const words = [
    `${executions.length} writes`,
    unplanned === 0 ? 'each with its plan in the audit' : `${unplanned} WITHOUT A PLAN in the audit`,
    unknown.length === 0 ? 'none of unknown outcome' : `${unknown.length} of unknown outcome at some time`,
    unresolved.length === 0 ? '' : `NOT RESOLVED: ${unresolved.join(', ')}`,
  ];
  const lead = audit.verified ? '' : 'As far as it could be read: ';
  return `${lead}${words.filter((word) => word !== '').join('; ')}.`;
}

function acts(title: string, list: readonly Act[]): Section {
  return section(title, [], {
    head: ['line', 'time', 'by', 'what'],
    rows: list.map(({ seq, at_ms, by, verified, what }) => [
      ...[String(seq), time(at_ms), verified ? `${by} (verified)` : by, what],
    ]),
  });
}

function section(title: string, text: readonly string[], ...tables: readonly Table[]): Section {
  const filled = tables.filter(({ rows }) => rows.length > 0);
  const nothing = text.length === 0 && filled.length === 0;
  return { title, text: nothing ? [NONE] : text, tables: filled, curves: [] };
}
