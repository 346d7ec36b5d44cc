/**
 * Mutations that the simulation notices without any other test, within 200 seeds: `npm run mutate -- --simulate`. One that
 * is noticed late or no more is a sign that a world or the observer lost something.
 */
export const SIMULATION_KILLS: readonly string[] = [
  'budget-given-back-on-unknown',
  'chunk-above-the-cap',
  'closing-order-in-hedge-mode-is-plain',
  'cooldown-by-the-first-write',
  'corrupt-journal-fails-open',
  'every-code-is-a-refusal',
  'failed-audit-is-looked-at-nowhere',
  'failed-item-is-tried-for-ever',
  'gap-in-the-feed-unnoticed',
  'gate-skipped',
  'jump-leaves-the-clock-offset',
  'lease-is-asked-for-nowhere',
  'lock-is-asked-for-nowhere',
  'mass-mismatch-tolerates-ten-times-as-much',
  'new-session-is-trusted',
  'nothing-is-asked-at-the-wire-that-a-stop-moves',
  'one-operator-is-two',
  'open-intent-freezes-nothing',
  'position-need-not-lie-still',
  'reduce-only-dropped',
  'refused-write-is-no-call',
  'resolved-write-costs-nothing',
  'run-does-not-count-for-the-day',
  'slow-read-stretches-a-sighting',
  'stage-4-without-a-lease',
  'stop-command-latches-nothing',
  'stop-is-asked-for-nowhere-before-a-write',
  'unknown-closes-its-intent',
];
