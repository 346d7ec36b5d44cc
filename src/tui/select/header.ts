/** Rows 1, 3 and 4: where we are, the stage, the snapshot; pure. */
import type { StatusDocument } from '../../control/protocol.ts';
import { age, clock, countdown, cut, fitRow, since, span, spread, uptime } from '../format.ts';
import { daemonNowMs, linkState, sinceReceivedMs, snapshotAgeMs } from '../freshness.ts';
import type { Row, ScreenState, Span, Tone } from '../types.ts';

const SHORTEST_HOST = 4;

/** Row 1: host, environment, account, stage, uptime, link, UTC clock, tick; the stop key at the right edge. */
export function headerRow(state: ScreenState, width: number): Row {
  const { glyphs } = state.setting;
  const status = state.received?.status ?? null;
  const stopKey: Row = [span('Ctrl+X = STOP', 'note')];
  const after: readonly Span[] = [
    ...linkSpans(state),
    span(`  ${clock(state.wallMs)}Z ${ticker(state)}`),
    ...(state.setting.readOnly ? [span(' READ-ONLY', 'note')] : []),
  ];
  if (status === null) return spread([span(' grinder  '), ...after], stopKey, width, glyphs);
  const environment = environmentSpan(status);
  const stage = span(` ${bracketed(state, `S${status.stage.in_force}`)}  `);
  // Over a silent link it is as of the last word: whether it goes on is what nobody knows.
  const isOk = linkState(state) === 'ok';
  const upMs = status.daemon.uptime_ms + (isOk ? sinceReceivedMs(state) : 0);
  const up = span(`${bracketed(state, `up ${uptime(upMs)}`)}  `, staleTone(state, 'normal'));
  const taken = [environment, stage, ...after].reduce((sum, part) => sum + part.text.length, 0);
  const free = width - taken - 'Ctrl+X = STOP'.length - 3;
  // Two daemons of one host are told apart by nothing else; a simulator's account has no name of its own.
  const named = status.daemon.account === 'sim' ? '' : ` ${status.daemon.account}`;
  const account = named.length + SHORTEST_HOST <= free ? named : '';
  const room = free - account.length;
  const host = cut(status.daemon.host, Math.max(SHORTEST_HOST, Math.min(20, room - 12)), glyphs);
  const hasRoom = host.length + up.text.length <= room;
  return spread(
    [span(` ${host} `), environment, span(account), stage, ...(hasRoom ? [up] : []), ...after],
    stopKey,
    width,
    glyphs,
  );
}

/** The environment's name; real money can't be overlooked. */
export function environmentSpan(status: StatusDocument): Span {
  if (status.daemon.environment === 'mainnet') return span('!! MAINNET !!', 'alarm');
  return span(status.daemon.environment.toUpperCase(), 'note');
}

/** LINK and its state with latency or age. */
export function linkSpans(state: ScreenState): readonly Span[] {
  const link = linkState(state);
  if (link === 'waiting') return [span('LINK connecting', 'note')];
  if (link === 'ok')
    return [span(`LINK OK ${state.link.latencyMs === null ? '-' : `${state.link.latencyMs}ms`}`)];
  const ageText = state.received === null ? '' : ` ${age(sinceReceivedMs(state))}`;
  return [span(`LINK ${link === 'stale' ? 'STALE' : 'DOWN'}${ageText}`, 'alarm')];
}

const ticker = (state: ScreenState): string => '/-\\|'[state.ticks % 4] ?? '/';

/** Row 3: the five stages, the one in force in brackets, and what the next one still wants. */
export function stageRow(state: ScreenState, width: number): Row {
  const { glyphs } = state.setting;
  const status = state.received?.status;
  if (status === undefined)
    return fitRow([span(' STAGE  unknown: no word from the engine yet', 'warn')], width, glyphs);
  const right = nextSpans(state, status);
  const steps = [0, 1, 2, 3, 4].map((n) => (n === status.stage.in_force ? `[${n}]` : ` ${n} `)).join('');
  const [open, close] = linkState(state) === 'ok' ? ['', ''] : ['(', ')'];
  const since_ = ` since ${since(status.stage.since_ms, daemonNowMs(state, status))}${close}`;
  const rightCells = right.reduce((sum, part) => sum + part.text.length, 0);
  const room = width - ' STAGE '.length - open.length - steps.length - 2 - since_.length - rightCells - 1;
  const name = cut(status.stage.name, Math.max(4, room), glyphs);
  const tone: Tone = staleTone(state, status.stage.in_force === 4 ? 'warn' : 'normal');
  const left = [
    span(' STAGE '),
    span(`${open}${steps}  ${name}`, tone),
    span(since_, staleTone(state, 'normal')),
  ];
  return spread(left, right, width, glyphs);
}

function nextSpans(state: ScreenState, status: StatusDocument): readonly Span[] {
  const { next } = status.stage;
  if (next !== null) {
    const left = next.left_ms === null ? '' : ` ${countdown(next.left_ms - sinceReceivedMs(state))} left,`;
    if (linkState(state) !== 'ok')
      return [span(`(NEXT ${next.stage}: ${next.passed}/${next.total} pass)`, 'quiet')];
    return [span(`NEXT ${next.stage}:${left} ${next.passed}/${next.total} pass`)];
  }
  const { arming } = status;
  if (!arming.armed || arming.lease_left_ms === null) return [];
  const lease = uptime(arming.lease_left_ms - sinceReceivedMs(state));
  const text = `ARMED ${lease}, ${arming.executions_left ?? '-'} left`;
  return [span(bracketed(state, text), staleTone(state, 'warn'))];
}

/** Row 4: age of the exchange snapshot against its limit, and each source. */
export function snapshotRow(state: ScreenState, width: number): Row {
  const status = state.received?.status;
  if (status === undefined) return fitRow([span(' SNAPSHOT none', 'warn')], width, state.setting.glyphs);
  const isOld = linkState(state) !== 'ok';
  const sources = status.sources.flatMap((source, index): readonly Span[] => {
    const [text, tone] = sourceText(source, sinceReceivedMs(state));
    const gap = index === 0 ? (isOld ? '   (' : '   ') : '  ';
    return [span(gap, staleTone(state, 'normal')), span(`${source.source} ${text}`, staleTone(state, tone))];
  });
  const close = isOld ? [span(')', 'quiet')] : [];
  const age_ = snapshotSpans(state, status);
  const row = [span(' SNAPSHOT '), ...age_, ...sources, ...close];
  // A word that is cut off may be the one that says what is down: the snapshot's own word gives way.
  const isTight = row.reduce((sum, { text }) => sum + text.length, 0) > width;
  return fitRow(isTight ? [span(' '), ...age_, ...sources, ...close] : row, width, state.setting.glyphs);
}

/** Age, limit and verdict of the snapshot. */
export function snapshotSpans(state: ScreenState, status: StatusDocument): readonly Span[] {
  const ageMs = snapshotAgeMs(state, status);
  if (ageMs === null) return [span('none yet', 'warn')];
  const limit = `${Math.round(status.snapshot.max_age_ms / 1000)}s`;
  const isOld = linkState(state) !== 'ok' || ageMs > status.snapshot.max_age_ms;
  const verdict = isOld ? 'STALE' : status.snapshot.complete ? 'FRESH' : 'INCOMPLETE';
  return [
    span(`${bracketed(state, `age ${age(ageMs)}`)} / ${limit} `, staleTone(state, 'normal')),
    span(verdict, verdict === 'FRESH' ? 'normal' : 'warn'),
  ];
}

function sourceText(source: StatusDocument['sources'][number], agedMs: number): readonly [string, Tone] {
  if (source.up === null) return ['-', 'quiet'];
  if (!source.up) return ['DOWN', 'warn'];
  return [
    source.source === 'expected' && source.age_ms !== null ? age(source.age_ms + agedMs) : 'ok',
    'normal',
  ];
}

/** What came over a silent link is in brackets. */
export const bracketed = (state: ScreenState, text: string): string =>
  linkState(state) === 'ok' ? text : `(${text})`;

/** What came over a silent link is dim. */
export const staleTone = (state: ScreenState, tone: Tone): Tone =>
  linkState(state) === 'ok' ? tone : 'quiet';
