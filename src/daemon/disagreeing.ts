/** The stream is checked against each complete read: a stream that is wrong is worse than none. */
import type { Disagreement } from '../engine/view-snapshot.ts';
import type { Core } from './core.ts';

/** For so long reads have to agree with the stream before the alarm goes: longer than from one full sweep to the next. */
export const AGREE_AGAIN_MS = 360_000;

/** Counts what a read found, and keeps an alarm standing until complete reads found nothing for a while. */
export function noteDisagreements(core: Core, found: readonly Disagreement[], complete: boolean): void {
  const { vitals, notebook, clock } = core;
  const { last, counts: before, stands } = vitals.disagreements;
  const [first] = found;
  if (first === undefined) {
    const over = last !== null && clock.monoMs() - last.atMonoMs >= AGREE_AGAIN_MS;
    if (!stands || !complete || !over) return;
    vitals.disagreements = { ...vitals.disagreements, stands: false };
    notebook.alarm('stream', null);
    notebook.note('info', 'STREAM_AGREES', 'WS: stream and reads agree again');
    return;
  }
  const counts = { ...before };
  for (const { kind } of found) counts[kind] = (counts[kind] ?? 0) + 1;
  const more = found.length > 1 ? ` (and ${found.length - 1} more)` : '';
  const text = `${first.kind}: ${first.text}${more}`;
  const at = { atMs: clock.wallMs(), atMonoMs: clock.monoMs() };
  vitals.disagreements = { counts, last: { text, ...at }, stands: true };
  notebook.log('warn', 'STREAM_DISAGREES', `WS: stream and read disagree, ${text}`, { counts });
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  notebook.alarm('stream', `stream and reads disagree, ${total} since the start, last ${text}`);
}
