/** Puts the rows together for one terminal size; pure. A frame is at most rows - 1 high. */
import { fitRow, span } from './format.ts';
import { gateRows } from './select/gates.ts';
import {
  environmentSpan,
  headerRow,
  linkSpans,
  snapshotRow,
  snapshotSpans,
  stageRow,
  stopRow,
  stopText,
} from './select/header.ts';
import { bannerRow, counterRow, eventRows, mismatchRows, noteRows } from './select/lists.ts';
import { modalRows } from './select/modal.ts';
import { belowRows, sideRows } from './select/side.ts';
import type { Frame, Row, ScreenState } from './types.ts';

/** Left column: the same coordinates at every size from 80x24 up. */
export const FULL = { columns: 80, rows: 24, gates: 6, mismatches: 2, events: 2, middle: 17 } as const;
const SIDE_FROM_COLUMNS = 120;

/** Whether the terminal is too small for more than the stop, the stage and the age. */
export const isSmall = (size: { readonly columns: number; readonly rows: number }): boolean =>
  size.columns < FULL.columns || size.rows < FULL.rows;

/** The whole screen for a state. */
export function frameOf(state: ScreenState): Frame {
  if (isSmall(state)) return { left: smallRows(state), right: [] };
  const height = state.rows - 1;
  const left = leftRows(state, height);
  const sideWidth = state.columns - FULL.columns - 1;
  return { left, right: state.columns >= SIDE_FROM_COLUMNS ? sideRows(state, sideWidth, height) : [] };
}

function leftRows(state: ScreenState, height: number): readonly Row[] {
  const width = FULL.columns;
  const top = [
    headerRow(state, width),
    stopRow(state, width),
    stageRow(state, width),
    snapshotRow(state, width),
  ];
  const middle = modalRows(state, width, FULL.middle) ?? middleRows(state, width);
  const below = belowRows(state, {
    width,
    height: height - (FULL.rows - 1),
    mismatchesAbove: FULL.mismatches,
  });
  return [...top, ...middle, footerRule(width), footerRow(state, width), ...below];
}

function middleRows(state: ScreenState, width: number): readonly Row[] {
  return [
    bannerRow(state, width),
    ...gateRows(state, FULL.gates, width),
    footerRule(width),
    counterRow(state, width),
    footerRule(width),
    ...mismatchRows(state, { count: FULL.mismatches, from: 0, width }),
    ...eventRows(state, { count: FULL.events, back: 0, width }),
    ...noteRows(state, width),
  ];
}

const footerRule = (width: number): Row => [span('-'.repeat(width), 'quiet')];

function footerRow(state: ScreenState, width: number): Row {
  const { modal, setting } = state;
  if (modal?.kind === 'quit') return fitRow([span(` ${modal.line}`, 'note')], width, setting.glyphs);
  const text =
    modal === null
      ? setting.readOnly
        ? ' g gate  l log  ? help  q quit        read-only: of the commands only Ctrl+X works'
        : ' a advance  d down  x disarm  i canary  k ack  g gate  l log  ? help  q quit'
      : ' Esc closes this                                             Ctrl+X = STOP';
  return fitRow([span(text, 'quiet')], width, setting.glyphs);
}

/** Below 80x24: stop key, latch, stage, snapshot age, and one line for an answer. */
function smallRows(state: ScreenState): readonly Row[] {
  const status = state.received?.status ?? null;
  const stop = stopText(state);
  const rows: readonly Row[] = [
    [
      span(' Ctrl+X = STOP  ', 'note'),
      ...(status === null ? [] : [environmentSpan(status), span('  ')]),
      ...linkSpans(state),
    ],
    stop === null ? [span(' LATCH clear')] : [span(stop, 'alarm')],
    status === null
      ? [span(' STAGE unknown', 'warn')]
      : [span(` STAGE ${status.stage.in_force} ${status.stage.name}`)],
    status === null
      ? [span(' SNAPSHOT none', 'warn')]
      : [span(' SNAPSHOT '), ...snapshotSpans(state, status)],
    state.modal?.kind === 'quit'
      ? [span(` ${state.modal.line}`, 'note')]
      : state.notice === null
        ? [span(' 80x24 shows the rest', 'quiet')]
        : [span(` ${state.notice.text}`, state.notice.tone)],
  ];
  const width = Math.max(1, state.columns);
  return rows.slice(0, Math.max(1, state.rows - 1)).map((row) => fitRow(row, width, state.setting.glyphs));
}
