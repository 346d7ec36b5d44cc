/** The screen below 80x24: stop key, latch, link, stage, snapshot age; then as much of the rest as there is room for. */
import type { StatusDocument } from '../../control/protocol.ts';
import { age, fitRow, span, wrap } from '../format.ts';
import { linkState, snapshotAgeMs } from '../freshness.ts';
import type { Row, ScreenState, Span } from '../types.ts';
import { bracketed, environmentSpan, linkSpans, snapshotSpans, staleTone } from './header.ts';
import { stopText, verdictRows } from './stop-line.ts';
import { hasWarnings, summaryRow, warningCount } from './warnings.ts';

/** Below this many columns the link has no room beside the stop key. */
const NARROW_COLUMNS = 46;
const MAX_PROMPT_ROWS = 3;
/** Up to this many rows there is none for the warnings. */
const ROWS_WITH_SUMMARY = 5;

/** At most rows - 1 rows; what waits for an answer takes the place of the last ones. */
export function smallRows(state: ScreenState): readonly Row[] {
  const width = Math.max(1, state.columns);
  const height = Math.max(1, state.rows - 1);
  const prompt = promptRows(state, width).slice(0, Math.min(MAX_PROMPT_ROWS, height - 1));
  const rows = [
    ...(width < NARROW_COLUMNS ? narrowRows(state, width) : wideRows(state, width)),
    ...(hasWarnings(state) ? [summaryRow(state, width)] : []),
    ...verdictRows(state, width, 4),
  ].slice(0, height - prompt.length);
  const hint: Row = [span(' 80x24 shows the rest', 'quiet')];
  const last = prompt.length > 0 ? prompt : rows.length < height ? [hint] : [];
  return [...rows, ...last].map((row) => fitRow(row, width, state.setting.glyphs));
}

function promptRows({ modal, notice }: ScreenState, width: number): readonly Row[] {
  if (modal?.kind === 'quit') return lines(modal.line, width).map((line) => [span(line, 'note')]);
  return notice === null ? [] : lines(notice.text, width).map((line) => [span(line, notice.tone)]);
}

const lines = (text: string, width: number): readonly string[] =>
  wrap(text, Math.max(1, width - 1)).map((line) => ` ${line}`);

function wideRows(state: ScreenState, width: number): readonly Row[] {
  const status = state.received?.status ?? null;
  const environment = status === null ? [] : [environmentSpan(status), span('  ')];
  return [
    [span(' Ctrl+X = STOP  ', 'note'), ...environment, ...linkSpans(state)],
    latchRow(state, width),
    stageRow(state),
    status === null
      ? [span(' SNAPSHOT none', 'warn')]
      : [span(' SNAPSHOT '), ...snapshotSpans(state, status)],
  ];
}

/** The link has its place beside the stage's number, and a verdict comes before its figure. */
function narrowRows(state: ScreenState, width: number): readonly Row[] {
  const status = state.received?.status ?? null;
  const number = status === null ? 'S?' : bracketed(state, `S${status.stage.in_force}`);
  return [
    [span(' Ctrl+X = STOP ', 'note'), ...(status === null ? [] : [narrowEnvironment(status)])],
    latchRow(state, width),
    [span(` ${number} `, staleTone(state, 'normal')), ...linkSpans(state)],
    status === null ? [span(' SNAPSHOT none', 'warn')] : narrowSnapshot(state, status),
  ];
}

/** Five cells are left of twenty. */
function narrowEnvironment(status: StatusDocument): Span {
  return status.daemon.environment === 'mainnet' ? span('MAIN!', 'alarm') : environmentSpan(status);
}

/** What has no row of its own is counted here, in the place of the limit; the longest of it is just twenty cells. */
function narrowSnapshot(state: ScreenState, status: StatusDocument): Row {
  const [figure, verdict] = snapshotSpans(state, status);
  const ageMs = snapshotAgeMs(state, status);
  const count = state.rows <= ROWS_WITH_SUMMARY ? warningCount(state) : null;
  if (figure === undefined) return [];
  const isKnown = verdict !== undefined && ageMs !== null;
  if (count === null) return isKnown ? [span(' '), verdict, span(' '), figure] : [span(' '), figure];
  const digit = count > 9 ? '+' : String(count);
  const mark = linkState(state) === 'ok' ? span(`!!${digit}`, 'warn') : span(`??(${digit})`, 'quiet');
  return isKnown ? [span(' '), verdict, span(` ${age(ageMs)} `), mark] : [span(' '), figure, span(' '), mark];
}

function latchRow(state: ScreenState, width: number): Row {
  const stop = stopText(state, width, 'R clears at 80x24');
  if (stop !== null) return [span(stop, 'alarm')];
  if (state.received === null) return [span(' LATCH unknown', 'warn')];
  return [span(` ${bracketed(state, 'LATCH clear')}`, staleTone(state, 'normal'))];
}

function stageRow(state: ScreenState): Row {
  const stage = state.received?.status.stage;
  if (stage === undefined) return [span(' STAGE unknown', 'warn')];
  const text = bracketed(state, `STAGE ${stage.in_force} ${stage.name}`);
  return [span(` ${text}`, staleTone(state, stage.in_force === 4 ? 'warn' : 'normal'))];
}
