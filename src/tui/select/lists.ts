/** Banner, counters, mismatches, events and the two lines that say what to do; pure. */
import type { StatusDocument } from '../../control/protocol.ts';
import { age, clock, cut, fit, fitRow, span, spread } from '../format.ts';
import { daemonNowMs, linkState } from '../freshness.ts';
import type { Row, ScreenState, Tone } from '../types.ts';
import { bracketed, staleTone } from './header.ts';

/** Row 5: canary, kill switch, unresolved writes and alarms; a rule when there is none. */
export function bannerRow(state: ScreenState, width: number): Row {
  const parts = state.received === null ? [] : banners(state.received.status);
  if (parts.length === 0) return [span('-'.repeat(width), 'quiet')];
  const isAlarm = parts.some((part) => !part.startsWith('CANARY'));
  return [span(fit(` !! ${parts.join('  |  ')}`, width, state.setting.glyphs), isAlarm ? 'warn' : 'note')];
}

function banners(status: StatusDocument): readonly string[] {
  const oldest = status.unresolved[0];
  return [
    ...(status.canary ? ['CANARY in this run: synthetic, never sent'] : []),
    ...(status.kill_switch ? ['KILL SWITCH on (does not block repair)'] : []),
    ...(oldest === undefined
      ? []
      : [`UNRESOLVED ${status.unresolved.length}: ${oldest.action} ${oldest.symbol} ${age(oldest.age_ms)}`]),
    ...status.alarms.map((alarm) => `ALARM ${alarm}`),
  ];
}

/** Planned, blocked, executed, failed, unknown, and when the last run was. */
export function counterRow(state: ScreenState, width: number): Row {
  const { glyphs } = state.setting;
  const status = state.received?.status;
  if (status === undefined) return fitRow([span(' no counters yet', 'quiet')], width, glyphs);
  const { counters: c } = status;
  const rate = c.planned_per_minute > 0 ? ` +${Math.round(c.planned_per_minute * 10) / 10}/m` : '';
  const blocked = c.last_run.blocked > 0 ? ` +${c.last_run.blocked}` : '';
  const items: readonly (readonly [string, Tone])[] = [
    [`PLANNED ${c.planned}${rate}`, 'normal'],
    [`BLOCKED ${c.blocked}${blocked}`, 'normal'],
    [`EXECUTED ${c.executed}`, c.executed > 0 ? 'note' : 'normal'],
    [`FAILED ${c.failed}`, c.failed > 0 ? 'warn' : 'normal'],
    ...(c.unknown > 0 ? [[`UNKNOWN ${c.unknown}`, 'warn'] as const] : []),
  ];
  const spans = items.flatMap(([text, tone], index) => [
    span(index === 0 ? ' ' : '    '.slice(0, c.unknown > 0 ? 2 : 4)),
    span(bracketed(state, text), staleTone(state, tone)),
  ]);
  return spread(spans, [span(lastRun(state, status), staleTone(state, 'normal'))], width, glyphs);
}

function lastRun(state: ScreenState, status: StatusDocument): string {
  if (status.run.last_at_ms === null) return 'no run yet';
  return `last run ${age(daemonNowMs(state, status) - status.run.last_at_ms)} ago`;
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
    const none = size.from + line === 0 ? bracketed(state, status === undefined ? 'unknown' : 'none') : '';
    return fitRow(
      [span(` ${label.padEnd(10)}`, 'quiet'), span(none, staleTone(state, 'normal'))],
      size.width,
      glyphs,
    );
  });
}

function labelFor(index: number, total: number, shown: number): string {
  if (index === 0) return 'MISMATCH';
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
          `${head}${fit(item.id, linkState(state) === 'ok' ? room : room - 2, glyphs)}${tail}`,
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
      [span(` ${clock(event.at_ms)}  `, 'quiet'), span(event.text, eventTones[event.level])],
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
  const first = state.notice === null ? holdRow(state) : [span(` ${state.notice.text}`, state.notice.tone)];
  return [fitRow(first, width, glyphs), fitRow(stepRow(state), width, glyphs)];
}

function holdRow(state: ScreenState): Row {
  const stage = state.received?.status.stage;
  if (stage === undefined) return [];
  const pending =
    stage.requested > stage.in_force ? `PENDING ${stage.requested} (${stage.requested_by})` : '';
  const hold = stage.hold === null ? '' : `HOLD ${stage.hold.stage}: ${stage.hold.because}`;
  const missing = pending !== '' && stage.next !== null ? stage.next.missing.join(', ') : '';
  return [span(` ${[pending, hold, missing].filter((part) => part !== '').join('  |  ')}`, 'note')];
}

function stepRow(state: ScreenState): Row {
  if (linkState(state) !== 'ok' && linkState(state) !== 'waiting') {
    return [span(' The engine is silent. What remains: cancel and close on the exchange itself.', 'warn')];
  }
  const status = state.received?.status;
  if (status === undefined) return [span(' connecting to the engine', 'quiet')];
  if (status.sources.some((source) => source.source === 'expected' && source.up === false)) {
    return [
      span(" The expected state is silent. What remains: the exchange's own cancel and close.", 'warn'),
    ];
  }
  return [span(` ${status.stage.next_step}`)];
}
