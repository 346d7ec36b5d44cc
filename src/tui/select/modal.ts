/** What covers the middle of the screen while something is asked or looked at; pure. */
import { age, countdown, fitRow, span } from '../format.ts';
import type { Modal, PhraseModal, RaiseModal, Row, ScreenState } from '../types.ts';
import { eventRows } from './lists.ts';
import { gateDetailRows } from './side.ts';
import { summaryRow } from './warnings.ts';

/** Exactly `height` rows for a modal that covers; null for none, or one that is a single line. */
export function modalRows(state: ScreenState, width: number, height: number): readonly Row[] | null {
  const { modal } = state;
  if (modal === null || modal.kind === 'quit') return null;
  const rows = [summaryRow(state, width), ...contentRows(state, modal, width, height)];
  return [...rows, ...Array.from({ length: height }, (): Row => [])]
    .slice(0, height)
    .map((row) => fitRow(row, width, state.setting.glyphs));
}

function contentRows(
  state: ScreenState,
  modal: Exclude<Modal, { readonly kind: 'quit' }>,
  width: number,
  height: number,
): readonly Row[] {
  switch (modal.kind) {
    case 'raise':
      return raiseRows(state, modal, height);
    case 'phrase':
      return phraseRows(state, modal, height);
    case 'gate':
      return gateDetailRows(state, width, height - 1);
    case 'log':
      return [[span(' LOG', 'note')], ...eventRows(state, { count: height - 2, back: modal.offset, width })];
    case 'help':
      return helpLines.map((line): Row => [span(` ${line}`)]);
  }
}

/** How many of a modal's own lines fit; the same number bounds its scrolling. */
export const modalLineRoom = (height: number): number => Math.max(1, height - 5);

function raiseRows(state: ScreenState, modal: RaiseModal, height: number): readonly Row[] {
  const button = (text: string, isFocused: boolean) =>
    span(isFocused ? `>[ ${text} ]<` : ` [ ${text} ] `, isFocused ? 'selected' : 'normal');
  return [
    titleRow(state, modal),
    ...bodyRows(modal, modalLineRoom(height)),
    [],
    [
      span('   '),
      button('Cancel', modal.focus === 'cancel'),
      span('   '),
      button('Advance', modal.focus === 'confirm'),
    ],
    [span('   Tab or arrows choose, Enter takes it, Esc cancels', 'quiet')],
  ];
}

function phraseRows(state: ScreenState, modal: PhraseModal, height: number): readonly Row[] {
  const code =
    modal.codeEndsAtMs === null ? '' : `   code expires in ${countdown(modal.codeEndsAtMs - state.nowMs)}`;
  return [
    titleRow(state, modal),
    ...bodyRows(modal, modalLineRoom(height)),
    [span(`   type: ${modal.phrase}${code}`, 'note')],
    [span(`   > ${modal.typed}_`, 'selected')],
    modal.problem === ''
      ? [span('   Enter sends it when it matches; Enter on nothing, or Esc, cancels', 'quiet')]
      : [span(`   ${modal.problem}`, 'warn')],
  ];
}

function titleRow(state: ScreenState, modal: RaiseModal | PhraseModal): Row {
  const left = age(modal.openedAtMs + modal.lifeMs - state.nowMs);
  return [span(` ${modal.title}`, 'warn'), span(`   as of opening; closes in ${left}`, 'quiet')];
}

function bodyRows(modal: RaiseModal | PhraseModal, room: number): readonly Row[] {
  const shown = modal.lines.slice(modal.offset, modal.offset + room);
  const rows = shown.map((line): Row => [span(`   ${line}`)]);
  const below = modal.lines.length - modal.offset - shown.length;
  if (below > 0) rows.splice(rows.length - 1, 1, [span(`   ${below + 1} more lines: PgDn`, 'note')]);
  return [...rows, ...Array.from({ length: room }, (): Row => [])].slice(0, room);
}

const helpLines: readonly string[] = [
  'Ctrl+X   STOP: latches at once, in every state; no question asked',
  'a        advance one stage; to 4 by typing the phrase it shows',
  'd  x     one stage down; disarm to 3. Lowering is always free',
  'R        clear the stop latch by typing the phrase it shows; leads to stage 0',
  'i        inject a canary: a synthetic mismatch that is never sent',
  'k        mark everything UNACK as seen; opens no gate',
  'g  l     the selected gate; the log',
  'arrows   select a gate, PgUp and PgDn by pages; Esc shows what is not open',
  'Ctrl+L   draw the screen anew',
  'q        leave; a line says what goes on and what stops',
  '',
  '!! CLOSED   ?? STALE, or the link is silent   UNACK: opened again unseen',
  '(in brackets): old, not to be acted on',
];
