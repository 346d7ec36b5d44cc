/** A reload, as its line in the audit tells it: from then on other limits hold, and what is wider has to be confirmed anew. */
import { widens } from './config-changes.ts';
import type { Coverage } from './coverage.ts';
import type { Fail } from './dispatch-rules.ts';
import type { WatchedLine } from './journal-watch.ts';
import type { Knowledge } from './knowledge.ts';
import type { Scenario } from './scenario.ts';

/** Takes note of a line; the limits that the observer holds the daemon to are those of the file that it names. */
export function judgeReload(
  { event_type, details }: Pick<WatchedLine, 'event_type' | 'details'>,
  {
    scenario,
    knowledge,
    coverage,
    nowMs,
  }: {
    readonly scenario: Scenario;
    readonly knowledge: Knowledge;
    readonly coverage: Coverage;
    readonly nowMs: number;
  },
  fail: Fail,
): void {
  if (event_type !== 'CONFIG_LOADED') return;
  const wasArmed = knowledge.armed !== null;
  const count = (name: string): void => coverage.count(wasArmed ? `${name}_while_armed` : name);
  if (details['refused'] !== undefined) {
    count('reload_refused');
    knowledge.reloadedMs = nowMs;
    // Nobody knows what it was to be: who goes on in stage 4 does so without a confirmation.
    knowledge.armed = null;
    return;
  }
  const before = scenario.config.inForce();
  // A second start that died before it said so took its own settings for those in force.
  const told = [before.settings.digest, knowledge.configTold];
  const after = scenario.config.written(String(details['digest']));
  if (after === null) {
    fail('reload', 'settings are in force that nobody wrote');
    return;
  }
  scenario.config.adopt(after);
  knowledge.configTold = after.settings.digest;
  if (details['digest_before'] === undefined || details['digest_before'] === details['digest']) return;
  if (!told.includes(String(details['digest_before'])))
    fail('reload', 'settings were in force that the audit did not tell of');
  const isWider = widens(before.tree, after.tree);
  count(isWider ? 'reload_wider' : 'reload_narrower');
  knowledge.reloadedMs = nowMs;
  if (isWider) knowledge.armed = null;
}
