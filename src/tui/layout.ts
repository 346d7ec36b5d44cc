/** Puts the rows together for one terminal size; pure. A frame is at most rows - 1 high. */
import { fitRow, span } from './format.ts';
import { gateRows } from './select/gates.ts';
import { headerRow, snapshotRow, stageRow } from './select/header.ts';
import { counterRow, eventRows, mismatchRows, noteRows } from './select/lists.ts';
import { modalRows } from './select/modal.ts';
import { readsRow } from './select/reads.ts';
import { belowRows, sideRows } from './select/side.ts';
import { smallRows } from './select/small.ts';
import { stopRow, verdictRows } from './select/stop-line.ts';
import { ackRow, alarmRow, bannerRow } from './select/warnings.ts';
import type { Frame, Row, ScreenState } from './types.ts';

/** Left column: the same coordinates at every size from 80x24 up. */
export const FULL = { columns: 80, rows: 24, gates: 6, tail: 4, middle: 17 } as const;
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
  const tail = tailOf(state, width);
  const middle = modalRows(state, width, FULL.middle) ?? middleRows(state, width, tail);
  const below = belowRows(state, {
    width,
    height: height - (FULL.rows - 1),
    mismatchesAbove: tail.mismatches,
  });
  return [...top, ...middle, readsRow(state, width), footerRow(state, width), ...below];
}

/** How the rows between the counters and the notes are shared. */
interface Tail {
  readonly mismatches: number;
  readonly events: number;
  readonly verdict: readonly Row[];
}

/** Two mismatches and two events; a stop's verdict takes the place of up to three of them. */
function tailOf(state: ScreenState, width: number): Tail {
  const verdict = verdictRows(state, width, 3);
  const mismatches = verdict.length > 1 ? 1 : 2;
  return { mismatches, events: FULL.tail - mismatches - verdict.length, verdict };
}

function middleRows(state: ScreenState, width: number, tail: Tail): readonly Row[] {
  return [
    bannerRow(state, width),
    ...gateRows(state, FULL.gates, width),
    alarmRow(state, width),
    counterRow(state, width),
    ackRow(state, width),
    ...mismatchRows(state, { count: tail.mismatches, from: 0, width }),
    ...eventRows(state, { count: tail.events, back: 0, width }),
    ...tail.verdict,
    ...noteRows(state, width),
  ];
}

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
