/** The last rule: when all symbols were read last, and whether the stream agrees with what is read; pure. */
import type { StatusDocument } from '../../control/protocol.ts';
import { clock, fitRow, span, wholeAge } from '../format.ts';
import { linkState, sinceReceivedMs } from '../freshness.ts';
import type { Row, ScreenState, Span } from '../types.ts';

/** A rule with both in it; what is wrong is spelled in capitals behind a sign. */
export function readsRow(state: ScreenState, width: number): Row {
  const { glyphs } = state.setting;
  const status = state.received?.status;
  const rule = (cells: number): Span => span('-'.repeat(Math.max(0, cells)), 'quiet');
  if (status === undefined) return [rule(width)];
  const words = [sweepWord(status, sinceReceivedMs(state)), streamWord(status)];
  const isOld = linkState(state) !== 'ok';
  const parts = words.map(({ text, wrong }, index): Span => {
    const sign = wrong && !isOld ? '!! ' : '';
    return span(`${index === 0 ? '' : ', '}${sign}${text}`, wrong && !isOld ? 'warn' : 'quiet');
  });
  const [open, close] = isOld ? ['(', ')'] : ['', ''];
  const spans = [span(`-- ${open}`, 'quiet'), ...parts, span(`${close} `, 'quiet')];
  const used = spans.reduce((sum, { text }) => sum + text.length, 0);
  return fitRow([...spans, rule(width - used)], width, glyphs);
}

interface Word {
  readonly text: string;
  readonly wrong: boolean;
}

function sweepWord({ stream }: StatusDocument, agedMs: number): Word {
  const { swept_age_ms: sweptMs, sweep_every_ms: everyMs } = stream;
  if (sweptMs === null) return { text: 'all symbols not read yet', wrong: false };
  const ageMs = sweptMs + agedMs;
  const wrong = ageMs > everyMs;
  const figures = `all symbols read ${wholeAge(ageMs)} ago / ${wholeAge(everyMs)}`;
  return { text: wrong ? `OVERDUE: ${figures}` : figures, wrong };
}

/** A stream that is down agrees with nothing. */
function streamWord({ stream, sources }: StatusDocument): Word {
  const { disagreements, disagrees, last_disagreement: last } = stream;
  if (disagrees) return { text: `stream DISAGREES ${disagreements}x`, wrong: true };
  const isUp = sources.find(({ source }) => source === 'ws')?.up ?? null;
  if (isUp !== true) return { text: isUp === null ? 'stream not heard yet' : 'stream down', wrong: false };
  const readsFail = sources.some(({ source, up }) => source === 'rest' && up === false);
  if (readsFail) return { text: 'stream not compared: reads fail', wrong: false };
  if (stream.swept_age_ms === null && disagreements === 0)
    return { text: 'stream not compared yet', wrong: false };
  const at = last === null ? '' : `, last ${clock(last.at_ms)}`;
  const earlier = disagreements === 0 ? '' : ` again, ${disagreements}x not${at}`;
  return { text: `stream agrees${earlier}`, wrong: false };
}
