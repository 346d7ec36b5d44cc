/** How old what the screen shows is; pure. */
import type { StatusDocument } from '../control/protocol.ts';
import type { ScreenState } from './types.ts';

/** The daemon speaks at least once a second; three missed words are silence. */
export const LINK_STALE_AFTER_MS = 3000;

/** `ok` is the only one under which data may be shown as current. */
export type LinkState = 'waiting' | 'ok' | 'stale' | 'down';

/** Judges the link by the screen's own receive time. */
export function linkState(state: ScreenState): LinkState {
  if (state.received === null) return state.link.up ? 'waiting' : 'down';
  if (!state.link.up) return 'down';
  return sinceReceivedMs(state) > LINK_STALE_AFTER_MS ? 'stale' : 'ok';
}

/** Milliseconds since the last document came; 0 before the first. */
export const sinceReceivedMs = (state: ScreenState): number =>
  state.received === null ? 0 : Math.max(0, state.nowMs - state.received.atMs);

/** The daemon's wall clock now, in epoch ms, as told by its last document and our own monotonic clock. */
export const daemonNowMs = (state: ScreenState, status: StatusDocument): number =>
  status.at_ms + sinceReceivedMs(state);

/** Age of the exchange snapshot now, in ms; null before the first one. */
export const snapshotAgeMs = (state: ScreenState, status: StatusDocument): number | null =>
  status.snapshot.age_ms === null ? null : status.snapshot.age_ms + sinceReceivedMs(state);

/** Whether what the exchange last showed is complete, within its limit, and from sources that all answer. */
export function isExchangeFresh(state: ScreenState, status: StatusDocument): boolean {
  const ageMs = snapshotAgeMs(state, status);
  if (ageMs === null || ageMs > status.snapshot.max_age_ms || !status.snapshot.complete) return false;
  return status.sources.every((source) => source.up === true || source.source === 'expected');
}
