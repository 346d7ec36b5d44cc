/**
 * Mutations that the simulation notices without any other test, within 200 seeds: `npm run mutate -- --simulate`. One that
 * is noticed late or no more is a sign that a world or the observer lost something.
 */
export const SIMULATION_KILLS: readonly string[] = [
  'budget-given-back-on-unknown',
  'closing-order-in-hedge-mode-is-plain',
  'cooldown-by-the-first-write',
  'failed-item-is-tried-for-ever',
  'gate-skipped',
  'jump-leaves-the-clock-offset',
  'lease-is-asked-for-nowhere',
  'lock-is-asked-for-nowhere',
  'mass-mismatch-tolerates-ten-times-as-much',
  'new-session-is-trusted',
  'nothing-is-asked-at-the-wire-that-a-stop-moves',
  'position-need-not-lie-still',
  'run-does-not-count-for-the-day',
  'slow-read-stretches-a-sighting',
  'stop-is-asked-for-nowhere-before-a-write',
  'unknown-closes-its-intent',
];
