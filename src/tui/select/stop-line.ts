/** What the screen says of a stop and of the latch; pure. */
import type { StatusDocument } from '../../control/protocol.ts';
import { age, fit, fitRow, since, span, wrap } from '../format.ts';
import { linkState, sinceReceivedMs } from '../freshness.ts';
import type { Row, ScreenState } from '../types.ts';
import { bracketed, staleTone } from './header.ts';

type Latch = StatusDocument['latch'];

/** How the latch may be cleared from here, in as few words as possible. */
export type Clearing = 'R clears' | 'R clears at 80x24';

/** Row 2: the stop and the latch, or a rule when there is nothing to say. */
export function stopRow(state: ScreenState, width: number): Row {
  const text = stopText(state, width, 'R clears');
  if (text === null) return [span('-'.repeat(width), 'quiet')];
  return [span(fit(text, width, state.setting.glyphs), 'alarm')];
}

/** What is to be said in `width` cells; the latch's id outlives the rest. Null when there is neither stop nor latch. */
export function stopText(state: ScreenState, width: number, clearing: Clearing): string | null {
  const { stop } = state;
  if (stop.kind === 'sent') return ' !! STOP SENT';
  if (stop.kind === 'unacknowledged') return ` !! NOT ACKNOWLEDGED: run 'grinder stop'  (${stop.file})`;
  const latch = knownLatch(state);
  if (latch === null) return null;
  const ack = stop.kind === 'latched' ? ` (ack ${Math.max(1, Math.round(stop.ackMs))} ms)` : '';
  const id = latch.id === null ? '' : `  id ${latch.id}`;
  const verdict = latch.verdict === '' ? '' : `  ${latch.verdict}`;
  // Cut where there is no room, it would say the opposite.
  const short = latch.word.includes(NOT_DURABLE) ? NOT_DURABLE : latch.word;
  if (linkState(state) !== 'ok') {
    const asOf = state.received === null ? '' : `  as of ${age(sinceReceivedMs(state))} ago`;
    return firstFitting(width, [
      ` ?? (${latch.word}${ack}${id}${verdict})${asOf}`,
      ` ?? (${latch.word}${id}${verdict})${asOf}`,
      ` ?? (${latch.word}${id})${asOf}`,
      ` ?? (${latch.word}${id})`,
      ` ?? (${short}${id})`,
      ` ?? (${short})`,
    ]);
  }
  const how = latch.id === null ? '' : state.setting.readOnly ? ', read-only here' : `: ${clearing}`;
  return firstFitting(width, [
    ` !! ${latch.word}${ack}${id}${how}${verdict}`,
    ` !! ${latch.word}${id}${how}${verdict}`,
    ` !! ${latch.word}${id}${how}`,
    ` !!${id.slice(1)} ${latch.word}`,
    ` !!${id.slice(1)} ${latch.word.replace(', DO NOT RESTART', '')}`,
    ` !!${id.slice(1)} ${short}`,
    ` !! ${short}${id}`,
  ]);
}

const NOT_DURABLE = 'NOT DURABLE';

const firstFitting = (width: number, texts: readonly string[]): string =>
  texts.find((text) => text.length <= width) ?? texts.at(-1) ?? '';

interface KnownLatch {
  readonly word: string;
  readonly id: string | null;
  /** Its beginning: the whole of it is in `verdictRows`. */
  readonly verdict: string;
}

/** The latch by whoever spoke last: the answer to our stop, or the daemon's document. */
function knownLatch(state: ScreenState): KnownLatch | null {
  const { stop, received } = state;
  if (received?.status.latch.latched === true && (stop.kind !== 'latched' || received.atMs >= stop.atMs)) {
    const { latch } = received.status;
    return {
      word: latch.text === '' ? 'LATCHED' : latch.text,
      id: latch.id,
      verdict: beginning(latch, state.setting.glyphs.ellipsis),
    };
  }
  return stop.kind === 'latched' ? { word: stop.text, id: stop.id, verdict: '' } : null;
}

function beginning({ verdict }: Latch, ellipsis: string): string {
  if (verdict === null) return 'verifying';
  const head = /^[^:;]*/.exec(verdict)?.[0] ?? '';
  return head.length < verdict.length ? `${head}${ellipsis}` : verdict;
}

/** The whole verdict and who stopped, in at most `max` rows; none when not latched. */
export function verdictRows(state: ScreenState, width: number, max: number): readonly Row[] {
  const status = state.received?.status;
  if (status?.latch.latched !== true || max <= 0) return [];
  const { latch } = status;
  const at = latch.at_ms === null ? '' : ` at ${since(latch.at_ms, status.at_ms)}`;
  const by = `By ${latch.by === '' ? '-' : latch.by}${at}${latch.reason === '' ? '' : `: ${latch.reason}`}`;
  const room = Math.max(1, width - LABEL.length - 1);
  const text = `${latch.verdict ?? 'Verifying what is still open'}. ${by}`;
  const lines = wrap(bracketed(state, text), room);
  const shown = lines.length <= max ? lines : [...lines.slice(0, max - 1), lines.slice(max - 1).join(' ')];
  return shown.map((line, index) =>
    fitRow(
      [span(index === 0 ? LABEL : ' '.repeat(LABEL.length), 'quiet'), span(line, staleTone(state, 'warn'))],
      width,
      state.setting.glyphs,
    ),
  );
}

const LABEL = ' STOP      ';
