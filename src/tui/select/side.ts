/** The right column and the rows below the 24th, on terminals that have them; pure. */
import { clock, fit, fitRow, span, wrap } from '../format.ts';
import type { Row, ScreenState, Tone } from '../types.ts';
import { currentGate, shownAs } from './gates.ts';
import { bracketed, staleTone } from './header.ts';
import { eventRows, mismatchRows } from './lists.ts';

/** Exactly `height` rows: blocked by reason, the selected gate's rule and history, the newest events. */
export function sideRows(state: ScreenState, width: number, height: number): readonly Row[] {
  const { glyphs } = state.setting;
  const upper = [...blockedRows(state, 9), ...gateDetailRows(state, width, 14)];
  const tail = eventRows(state, { count: Math.max(0, height - upper.length - 1), back: 0, width });
  const rows = [...upper, title('AUDIT TAIL', width), ...tail];
  return [...rows, ...Array.from({ length: height }, (): Row => [])]
    .slice(0, height)
    .map((row) => fitRow(row, width, glyphs));
}

const title = (text: string, width: number): Row => [
  span(` ${text} ${'-'.repeat(Math.max(0, width - text.length - 2))}`, 'quiet'),
];

function blockedRows(state: ScreenState, count: number): readonly Row[] {
  const entries = Object.entries(state.received?.status.counters.blocked_by_reason ?? {})
    .filter(([, blocked]) => blocked > 0)
    .sort(([a, x], [b, y]) => y - x || a.localeCompare(b))
    .slice(0, count - 1);
  const rows = entries.map(([reason, blocked]): Row => {
    const text = `${fit(reason, 30, state.setting.glyphs)} ${String(blocked).padStart(5)}`;
    return [span(` ${bracketed(state, text)}`, staleTone(state, 'normal'))];
  });
  const empty: Row = [span(bracketed(state, ' nothing blocked'), 'quiet')];
  return padded([title('BLOCKED BY REASON', 37), ...(rows.length === 0 ? [empty] : rows)], count);
}

/** Name, state, rule and changes of the selected gate, in exactly `count` rows. */
export function gateDetailRows(state: ScreenState, width: number, count: number): readonly Row[] {
  const gate = currentGate(state);
  if (gate === null) return padded([title('GATE', width)], count);
  const as = shownAs(state, gate);
  const tone: Tone = as === 'closed' ? 'warn' : as === 'stale' ? 'quiet' : 'normal';
  const word = as === 'open' ? 'open' : as.toUpperCase();
  const value = as === 'stale' ? `(${gate.value})` : gate.value;
  const history = (state.received?.status.events ?? [])
    .filter((event) => event.text.split(/\s+/).includes(gate.gate))
    .map((event): Row => [span(` ${clock(event.at_ms)} ${event.text.replace(`GATE ${gate.gate} `, '')}`)]);
  const head: readonly Row[] = [
    title(`GATE ${gate.gate}`, width),
    [span(` ${word}`, tone), span(`  ${value}  limit ${gate.limit}`)],
    ...wrap(gate.rule, width - 2).map((line): Row => [span(` ${line}`)]),
    [span(' history:', 'quiet')],
  ];
  const room = Math.max(1, count - head.length);
  return padded([...head, ...history.slice(-room)], count);
}

/** Rows below the 80x24 layout: the criteria of the stage with their figures, then more mismatches. */
export function belowRows(
  state: ScreenState,
  size: { width: number; height: number; mismatchesAbove: number },
): readonly Row[] {
  const { width, height } = size;
  if (height <= 0) return [];
  const criteria = (state.received?.status.stage.criteria ?? []).map((item): Row => {
    const tone: Tone = item.verdict === 'PASS' ? 'normal' : item.verdict === 'FAIL' ? 'warn' : 'note';
    return [
      span(` ${bracketed(state, item.verdict).padEnd(14)} `, staleTone(state, tone)),
      span(bracketed(state, `${item.title}: ${item.figure} (${item.limit})`), staleTone(state, 'normal')),
    ];
  });
  const top = [title('CRITERIA', width), ...criteria].slice(0, Math.max(0, height - 4));
  const room = Math.max(0, height - top.length - 1);
  const more = mismatchRows(state, { count: room, from: size.mismatchesAbove, width });
  return [...top, title('MORE MISMATCHES', width), ...more]
    .slice(0, height)
    .map((row) => fitRow(row, width, state.setting.glyphs));
}

const padded = (rows: readonly Row[], count: number): readonly Row[] =>
  [...rows, ...Array.from({ length: count }, (): Row => [])].slice(0, count);
