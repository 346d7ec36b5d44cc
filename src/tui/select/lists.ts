/** Counters, mismatches, events and the two lines that say what to do; pure. */
import type { StatusDocument } from '../../control/protocol.ts';
import { age, clock, cut, fitMiddle, fitRow, span, spread, wholeAge, wrap } from '../format.ts';
import { daemonNowMs, linkState, sinceReceivedMs, snapshotAgeMs } from '../freshness.ts';
import type { Row, ScreenState, Span, Tone } from '../types.ts';
import { bracketed, staleTone } from './header.ts';

/** Planned, blocked, executed, failed, unknown, and when the last run was. */
export function counterRow(state: ScreenState, width: number): Row {
  const { glyphs } = state.setting;
  const status = state.received?.status;
  if (status === undefined) return fitRow([span(' no counters yet', 'quiet')], width, glyphs);
  const items = counterSpans(status.counters);
  const cells = items.reduce((sum, item) => sum + item.text.length, 0);
  const isTight = cells + 4 * items.length + 18 > width;
  const gap = isTight ? '  ' : '    ';
  const isOld = linkState(state) !== 'ok';
  const spans = items.flatMap((item, index) => [
    span(index === 0 ? (isOld ? ' (' : ' ') : gap, staleTone(state, 'normal')),
    span(item.text, staleTone(state, item.tone)),
  ]);
  const right = cells + gap.length * items.length + 18 > width ? '' : lastRun(state, status);
  const close = isOld ? [span(')', 'quiet')] : [];
  return spread([...spans, ...close], [span(right, staleTone(state, 'normal'))], width, glyphs);
}

function counterSpans(counters: StatusDocument['counters']): readonly Span[] {
  const { planned, blocked, executed, failed, unknown, last_run, planned_per_minute } = counters;
  const rate = planned_per_minute > 0 ? ` +${Math.round(planned_per_minute * 10) / 10}/m` : '';
  return [
    span(`PLANNED ${planned}${rate}`),
    span(`BLOCKED ${blocked}${last_run.blocked > 0 ? ` +${last_run.blocked}` : ''}`),
    span(`EXECUTED ${executed}`, executed > 0 ? 'note' : 'normal'),
    span(`FAILED ${failed}`, failed > 0 ? 'warn' : 'normal'),
    ...(unknown > 0 ? [span(`UNKNOWN ${unknown}`, 'warn')] : []),
  ];
}

function lastRun(state: ScreenState, status: StatusDocument): string {
  const { last_at_ms: atMs, last_age_ms: ageMs } = status.run;
  if (atMs === null) return bracketed(state, 'no run yet');
  const agedMs = ageMs == null ? daemonNowMs(state, status) - atMs : ageMs + sinceReceivedMs(state);
  return bracketed(state, `last run ${wholeAge(agedMs)} ago`);
}

/** Exactly `count` rows of mismatches from the `from`th on; the first is labelled. */
export function mismatchRows(
  state: ScreenState,
  size: { count: number; from: number; width: number },
): readonly Row[] {
  const { glyphs } = state.setting;
  const status = state.received?.status;
  const found = status?.mismatches ?? [];
  const total = status?.mismatch_count ?? 0;
  return Array.from({ length: size.count }, (_, line): Row => {
    const item = found[size.from + line];
    const label = labelFor(size.from + line, total, size.count);
    if (item !== undefined) return mismatchRow(state, item, label, size.width);
    const [none, tone] = size.from + line === 0 ? noneText(state) : (['', 'normal'] as const);
    return fitRow(
      [span(` ${label.padEnd(10)}`, 'quiet'), span(none, staleTone(state, tone))],
      size.width,
      glyphs,
    );
  });
}

/** That nothing differs is worth as much as what was compared. */
function noneText(state: ScreenState): readonly [string, Tone] {
  const status = state.received?.status;
  if (status === undefined) return [bracketed(state, 'unknown'), 'normal'];
  const isDown = (name: string) => status.sources.some(({ source, up }) => source === name && up === false);
  const ageMs = snapshotAgeMs(state, status);
  if (ageMs === null) return [bracketed(state, 'not compared yet'), 'normal'];
  const { complete, max_age_ms } = status.snapshot;
  if (!complete || ageMs > max_age_ms || isDown('rest'))
    return [bracketed(state, `none as of the last complete read, ${age(ageMs)} ago`), 'warn'];
  if (isDown('expected')) return [bracketed(state, 'none, but the expected state is silent'), 'warn'];
  return [bracketed(state, 'none'), 'normal'];
}

function labelFor(index: number, total: number, shown: number): string {
  if (index === 0) return shown === 1 && total > 1 ? `1 of ${total}` : 'MISMATCH';
  return index === 1 && total > shown ? `of ${total}` : '';
}

function mismatchRow(
  state: ScreenState,
  item: StatusDocument['mismatches'][number],
  label: string,
  width: number,
): Row {
  const { glyphs } = state.setting;
  const reason = cut(item.reason ?? (item.planned ? 'to execute' : '-'), 20, glyphs);
  const tail = `  ${item.remediation.padEnd(7)}  ${reason}`;
  const head = `${item.synthetic ? 'CANARY ' : ''}${item.type} ${item.symbol} `;
  const room = Math.max(6, width - 11 - head.length - tail.length);
  return fitRow(
    [
      span(` ${label.padEnd(10)}`, 'quiet'),
      span(
        bracketed(
          state,
          `${head}${fitMiddle(item.id, linkState(state) === 'ok' ? room : room - 2, glyphs)}${tail}`,
        ),
        staleTone(state, item.synthetic ? 'note' : 'warn'),
      ),
    ],
    width,
    glyphs,
  );
}

/** Exactly `count` rows: the newest events, oldest of them first. */
export function eventRows(
  state: ScreenState,
  size: { count: number; back: number; width: number },
): readonly Row[] {
  const { glyphs } = state.setting;
  const events = state.received?.status.events ?? [];
  const ordered = [...events].sort((a, b) => a.seq - b.seq);
  const end = Math.max(Math.min(size.count, ordered.length), ordered.length - size.back);
  const shown = ordered.slice(Math.max(0, end - size.count), end);
  return Array.from({ length: size.count }, (_, line): Row => {
    const event = shown[line];
    if (event === undefined) return fitRow([], size.width, glyphs);
    return spread(
      [
        span(` ${clock(event.at_ms)}  `, 'quiet'),
        span(event.text, staleTone(state, eventTones[event.level])),
      ],
      event.unacknowledged ? [span('UNACK', 'note')] : [],
      size.width,
      glyphs,
    );
  });
}

const eventTones: Readonly<Record<StatusDocument['events'][number]['level'], Tone>> = {
  info: 'normal',
  warn: 'note',
  alarm: 'warn',
};

/** Two rows: the last answer, hold or pending request; then the next step, or what remains when nobody speaks. */
export function noteRows(state: ScreenState, width: number): readonly Row[] {
  const { glyphs } = state.setting;
  const first =
    state.notice === null ? holdRow(state, width) : [span(` ${state.notice.text}`, state.notice.tone)];
  const step = stepSpan(state);
  const { notice } = state;
  const said = notice === null ? [] : wrap(notice.text, width - 1);
  // A reason that is cut off is none; what remains when nobody speaks is never covered.
  if (notice !== null && said.length > 1 && step.tone !== 'warn')
    return [said[0] ?? '', said.slice(1).join(' ')].map((line) =>
      fitRow([span(` ${line}`, notice.tone)], width, glyphs),
    );
  const lines = wrap(step.text, width - 1).map((line): Row => [span(` ${line}`, step.tone)]);
  const isFree = first.every(({ text }) => text.trim() === '');
  const rows = isFree && lines.length === 2 ? lines : [first, [span(` ${step.text}`, step.tone)]];
  return rows.map((row) => fitRow(row, width, glyphs));
}

function holdRow(state: ScreenState, width: number): Row {
  const stage = state.received?.status.stage;
  if (stage === undefined) return [];
  const pending =
    stage.requested > stage.in_force ? `PENDING ${stage.requested} (${stage.requested_by})` : '';
  const hold = stage.hold === null ? '' : `HOLD ${stage.hold.stage}: ${stage.hold.because}`;
  const missing = pending !== '' && stage.next !== null ? stage.next.missing.join(', ') : '';
  const parts = [pending, hold, missing].filter((part) => part !== '');
  if (parts.length === 0) return [];
  const text = cut(parts.join('  |  '), width - (linkState(state) === 'ok' ? 1 : 3), state.setting.glyphs);
  return [span(` ${bracketed(state, text)}`, staleTone(state, 'note'))];
}

function stepSpan(state: ScreenState): Span {
  if (linkState(state) !== 'ok' && linkState(state) !== 'waiting')
    return span('The engine is silent. What remains: cancel and close on the exchange itself.', 'warn');
  const status = state.received?.status;
  if (status === undefined) return span('connecting to the engine', 'quiet');
  if (status.sources.some((source) => source.source === 'expected' && source.up === false))
    return span("The expected state is silent. What remains: the exchange's cancel and close.", 'warn');
  return span(status.stage.next_step);
}
