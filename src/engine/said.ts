/** What the last lines of a session said, by number: one that comes again has to say the same. */
import type { FeedLine } from './feed-schema.ts';

/** Sayings by number; changed in place. */
export type Said = Map<number, string>;

/** So many are remembered: two writers that race for a number take it within moments of each other. */
const REMEMBERED = 256;

/** Remembers a line, whose number is above all others, and forgets what is so many numbers back. */
export function remember(said: Said, line: FeedLine): void {
  said.set(line.seq, sayingOf(line));
  // In the order of the numbers; a session with gaps has them anywhere.
  for (const seq of said.keys()) {
    if (seq > line.seq - REMEMBERED) break;
    said.delete(seq);
  }
}

/** Tells whether a number comes only now that was passed over; of one below all that are remembered nobody knows. */
export function isLate(said: Said, { seq }: FeedLine): boolean {
  const [oldest] = said.keys();
  return oldest !== undefined && seq > oldest && !said.has(seq);
}

/** Tells whether a number that comes again says something else than it did; of one that is forgotten nobody knows. */
export function saysOtherwise(said: Said, line: FeedLine): boolean {
  const before = said.get(line.seq);
  return before !== undefined && before !== sayingOf(line);
}

/** A checkpoint may have 100,000 orders: its figures and its time tell it apart. */
function sayingOf(line: FeedLine): string {
  if (line.type !== 'checkpoint') return JSON.stringify(line);
  const { type, ts_ms, account, environment, kill_switch, applied_event_ms } = line;
  const figures = [line.orders.length, line.positions.length, kill_switch, applied_event_ms];
  return JSON.stringify([type, ts_ms, account, environment, ...figures]);
}
