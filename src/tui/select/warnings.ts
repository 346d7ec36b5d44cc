/** What must not be overlooked, each in the place of a rule that is drawn when there is nothing to say; pure. */
import type { StatusDocument } from '../../control/protocol.ts';
import { cut, fitRow, span, wholeAge } from '../format.ts';
import { linkState, sinceReceivedMs } from '../freshness.ts';
import type { Row, ScreenState, Tone } from '../types.ts';

interface Warning {
  readonly text: string;
  readonly tone: Tone;
  /** What is asked for as a matter of course must not look like what went wrong. */
  readonly isRoutine?: boolean;
}

/** Row 5: canary, kill switch, and writes whose outcome isn't known. */
export const bannerRow = (state: ScreenState, width: number): Row => warningRow(state, width, flags);

/** The rule below the gates: the first alarm, and how many there are. */
export const alarmRow = (state: ScreenState, width: number): Row => warningRow(state, width, alarm);

/** The rule below the counters: what an operator has to acknowledge by name, the most urgent first. */
export const ackRow = (state: ScreenState, width: number): Row => warningRow(state, width, pending);

/** All of them in one row, for what covers the others. */
export const summaryRow = (state: ScreenState, width: number): Row => warningRow(state, width, summary);

/** How many serious things there are, for the smallest screen; null when none. */
export function warningCount(state: ScreenState): number | null {
  if (state.received === null) return null;
  const { alarms, unresolved, kill_switch, acknowledgements } = state.received.status;
  const urgent = acknowledgements.filter((one) => one.done_by === null && isUrgent(one)).length;
  return alarms.length + unresolved.length + (kill_switch ? 1 : 0) + urgent || null;
}

/** Whether there is anything to warn of. */
export const hasWarnings = (state: ScreenState): boolean =>
  state.received !== null && summary(state.received.status, 0) !== null;

type Select = (status: StatusDocument, agedMs: number) => Warning | null;

function warningRow(state: ScreenState, width: number, select: Select): Row {
  const { glyphs } = state.setting;
  const found = state.received === null ? null : select(state.received.status, sinceReceivedMs(state));
  if (found === null) return [span('-'.repeat(width), 'quiet')];
  const sign = found.isRoutine === true ? '--' : '!!';
  if (linkState(state) === 'ok') return fitRow([span(` ${sign} ${found.text}`, found.tone)], width, glyphs);
  return fitRow([span(` ?? (${cut(found.text, width - 6, glyphs)})`, 'quiet')], width, glyphs);
}

const joined = (parts: readonly string[], tone: Tone): Warning | null =>
  parts.length === 0 ? null : { text: parts.join('  |  '), tone };

const flags: Select = (status, agedMs) => {
  const serious = [...(status.kill_switch ? ['KILL SWITCH on'] : []), ...unknowns(status, agedMs)];
  const canary = status.canary ? ['CANARY, never sent'] : [];
  return joined([...approvals(status), ...canary, ...serious], serious.length > 0 ? 'warn' : 'note');
};

/** An approval that waits for another operator. */
function approvals({ approval }: StatusDocument): readonly string[] {
  if (approval === undefined || approval === null || approval.done_by.length === 0) return [];
  const { done_by, needed } = approval;
  return [`STAGE 4: ${done_by.length} of ${needed} approvals (${done_by.join(', ')}): grinder approve`];
}

function unknowns({ unresolved }: StatusDocument, agedMs: number): readonly string[] {
  const [oldest] = unresolved;
  if (oldest === undefined) return [];
  const { action, symbol, age_ms } = oldest;
  return [`UNRESOLVED ${unresolved.length}: ${action} ${symbol} ${wholeAge(age_ms + agedMs)}`];
}

const alarm: Select = ({ alarms }) => {
  const [first] = alarms;
  return first === undefined ? null : { text: `ALARM ${alarms.length}: ${first}`, tone: 'warn' };
};

const pending: Select = ({ acknowledgements }) => {
  const waiting = acknowledgements.filter(({ done_by }) => done_by === null);
  const first = waiting.find(isUrgent) ?? waiting[0];
  if (first === undefined) return null;
  const more = waiting.length > 1 ? `, 1 of ${waiting.length}` : '';
  const isRoutine = !isUrgent(first);
  const text = `ack: grinder ack ${first.item}${more}  (${first.why})`;
  return { text, tone: isRoutine ? 'note' : 'warn', isRoutine };
};

/** Asked for because something happened, not because stage 4 asks for it of everybody. */
const isUrgent = ({ item }: { readonly item: string }): boolean =>
  item === 'mass_mismatch' || item === 'other_executor' || item.startsWith('manual-');

const summary: Select = (status, agedMs) => {
  const open = status.acknowledgements.filter(({ done_by }) => done_by === null);
  const waiting = open.length;
  const serious = [
    ...(status.kill_switch ? ['KILL SWITCH'] : []),
    ...(status.unresolved.length > 0 ? [`UNRESOLVED ${status.unresolved.length}`] : []),
  ];
  const found = alarm(status, agedMs);
  const parts = [
    ...(status.canary ? ['CANARY'] : []),
    ...serious,
    ...(waiting > 0 ? [`ACK ${waiting}`] : []),
    ...(found === null ? [] : [found.text]),
  ];
  const isSerious = serious.length > 0 || found !== null || open.some(isUrgent);
  const warning = joined(parts, isSerious ? 'warn' : 'note');
  return warning === null ? null : { ...warning, isRoutine: !isSerious && !status.canary };
};
