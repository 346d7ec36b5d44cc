/** The gates table; pure. Rows keep the daemon's order, which is the order of evaluation. */
import type { StatusDocument } from '../../control/protocol.ts';
import { fit, fitRow, span, wholeAge } from '../format.ts';
import { daemonNowMs, linkState, sinceReceivedMs } from '../freshness.ts';
import type { Row, ScreenState, Tone } from '../types.ts';

type Gate = StatusDocument['gates'][number];
type Shown = 'open' | 'closed' | 'stale';

const marks: Readonly<Record<Shown, { symbol: string; word: string; tone: Tone }>> = {
  open: { symbol: '  ', word: 'open', tone: 'normal' },
  closed: { symbol: '!!', word: 'CLOSED', tone: 'warn' },
  stale: { symbol: '??', word: 'STALE', tone: 'quiet' },
};

/** Head and exactly `count` rows: the page of the selected gate, or else those that need attention first. */
export function gateRows(state: ScreenState, count: number, width: number): readonly Row[] {
  const { glyphs } = state.setting;
  const status = state.received?.status;
  const gates = status?.gates ?? [];
  const shown = visibleGates(state, gates, count);
  const rows = shown.map((index) => {
    const gate = gates[index];
    return gate === undefined || status === undefined ? [] : gateRow(state, status, gate, index);
  });
  const filled = [...rows, ...Array.from({ length: count }, (): Row => [])].slice(0, count);
  return [headRow(state, gates, width), ...filled.map((row) => fitRow(row, width, glyphs))];
}

function headRow(state: ScreenState, gates: readonly Gate[], width: number): Row {
  const { glyphs } = state.setting;
  const notOpen = gates.filter((gate) => shownAs(state, gate) !== 'open').length;
  const count = gates.length === 0 ? '' : `${notOpen}/${gates.length} not open`;
  const rest = 'STATE    VALUE              LIMIT             CHANGED';
  return fitRow([span(` GATE  ${fit(count, 17, glyphs)}${rest}`, 'quiet')], width, glyphs);
}

/** Indexes of the gates on the screen, rising. A page never depends on any gate's state; the short list does. */
export function visibleGates(state: ScreenState, gates: readonly Gate[], count: number): readonly number[] {
  const all = gates.map((_, index) => index);
  if (state.selected !== null) {
    const first = Math.floor(Math.min(state.selected, gates.length - 1) / count) * count;
    return all.slice(Math.max(0, first), Math.max(0, first) + count);
  }
  const urgency = (index: number): number => {
    const gate = gates[index];
    return gate === undefined ? 0 : URGENCY[gate.state] + (gate.unacknowledged ? 1 : 0);
  };
  return all
    .toSorted((a, b) => urgency(b) - urgency(a) || a - b)
    .slice(0, count)
    .sort((a, b) => a - b);
}

/** What is closed must not be hidden by what nobody can tell, nor by what opened again. */
const URGENCY: Readonly<Record<Gate['state'], number>> = { open: 0, stale: 2, closed: 4 };

function gateRow(state: ScreenState, status: StatusDocument, gate: Gate, index: number): Row {
  const { glyphs } = state.setting;
  const as = shownAs(state, gate);
  const mark = marks[as];
  const tone: Tone = index === state.selected ? 'selected' : mark.tone;
  const changed = wholeAge(daemonNowMs(state, status) - gate.changed_at_ms);
  // A value was known up to when it went stale, and where the link is silent up to the last word.
  const known = gate.state === 'stale' ? changed : wholeAge(sinceReceivedMs(state));
  const value = as === 'stale' ? `(${gate.value}) ${known} ago` : gate.value;
  const unseen = gate.unacknowledged ? ' UNACK' : '';
  const cursor = index === state.selected ? '>' : ' ';
  return [
    span(`${cursor}${mark.symbol} ${fit(gate.gate, 19, glyphs)} ${mark.word.padEnd(8)} `, tone),
    span(`${fit(value, 18, glyphs)} ${fit(gate.limit, 17, glyphs)} `, tone),
    span(`${changed}${unseen}`, gate.unacknowledged && tone === 'normal' ? 'note' : tone),
  ];
}

/** A gate's state as it may be shown: nothing is open over a silent link. */
export const shownAs = (state: ScreenState, gate: Gate): Shown =>
  linkState(state) === 'ok' ? gate.state : 'stale';

/** The gate under the cursor, or the first one that is not open. */
export function currentGate(state: ScreenState): Gate | null {
  const gates = state.received?.status.gates ?? [];
  if (state.selected !== null) return gates[state.selected] ?? null;
  return gates.find((gate) => gate.state !== 'open') ?? gates[0] ?? null;
}
