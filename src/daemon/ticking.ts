/** The daemon's heartbeat, four times a second: looks at everything that can change without a run. */

import type { IntentResolver } from '../engine/intents.ts';
import type { Latch } from '../engine/latch.ts';
import { leaseLeftMs, leaseNearness } from '../engine/lease.ts';
import { autoCanary } from './canary.ts';
import { entryBase, sendStageEvent } from './ceremony.ts';
import { type Core, instant } from './core.ts';
import { keepPauseAnew } from './keeping-pauses.ts';
import { judgePrerequisites } from './prerequisites.ts';
import { createSampler } from './sampling.ts';
import { obeyStopFile, stop, verifyStop } from './stopping.ts';
import { linesLostLeftMs, openIntentsOf } from './world.ts';

export interface TickDeps {
  readonly core: Core;
  readonly latch: Latch;
  readonly resolver: IntentResolver;
  /** Looks at the gates, see gate-watch.ts. */
  readonly watchGates: () => void;
}

const CLOCK_EVERY_MS = 30_000;
const RULES_RETRY_MS = 5000;
const RULES_EVERY_MS = 3_600_000;
const RIGHTS_RETRY_MS = 60_000;
const PREREQUISITES_EVERY_MS = 5000;

/** Makes the heartbeat; call it often, it never throws and never waits. */
export function createTick(deps: TickDeps): () => void {
  const { core, latch, resolver, watchGates } = deps;
  const { vitals, clock } = core;
  const timers = {
    clock: Number.NEGATIVE_INFINITY,
    rules: Number.NEGATIVE_INFINITY,
    rights: Number.NEGATIVE_INFINITY,
    prerequisites: Number.NEGATIVE_INFINITY,
  };
  const sample = createSampler(core);
  let manualBefore = 0;
  let leaseNear = 0;

  /** Reads that are no part of a run: clock, symbols, rights of the key. */
  function probe(now: number): void {
    if (now - timers.clock >= CLOCK_EVERY_MS) {
      timers.clock = now;
      void core.exchange.readClock().then((reading) => {
        if (reading.kind === 'ok' || vitals.clock === null)
          vitals.clock = { ...reading, atMs: clock.wallMs(), atMonoMs: clock.monoMs() };
      });
    }
    if (now - timers.rules >= (vitals.rules.size === 0 ? RULES_RETRY_MS : RULES_EVERY_MS)) {
      timers.rules = now;
      void core.exchange.rules().then((result) => {
        vitals.rulesTried = true;
        // The exchange changes a step now and then; an hour in which it doesn't tell costs nothing.
        if (result.kind === 'failed' && vitals.rules.size > 0) return;
        if (result.kind === 'ok') vitals.rules = new Map(result.rules.map((rule) => [rule.symbol, rule]));
        vitals.rulesProblem = result.kind === 'ok' ? null : result.error;
      });
    }
    // What the exchange told stays; a key that was refused may have been let in since.
    if (vitals.keyRights?.kind !== 'ok' && vitals.rulesTried && now - timers.rights >= RIGHTS_RETRY_MS) {
      timers.rights = now;
      void core.exchange.keyRights().then((rights) => {
        vitals.keyRights = rights;
      });
    }
    // Judged once everything has been asked, so that stage 0 is not passed on ignorance.
    const asked = vitals.rulesTried && vitals.clock !== null && vitals.keyRights !== null;
    if (asked && now - timers.prerequisites >= PREREQUISITES_EVERY_MS) {
      timers.prerequisites = now;
      vitals.prerequisites = judgePrerequisites(core);
      vitals.ready = true;
    }
  }

  function watchStop(now: number): void {
    obeyStopFile(core, (by, reason) => stop(core, latch, { by, reason }));
    const state = vitals.latch;
    if (
      state === null ||
      state.verdict?.startsWith('STOPPED OK') === true ||
      now - state.atMonoMs < core.settings.ceremony.stopVerifyMs
    )
      return;
    const verdict = verifyStop({
      durable: state.durable,
      openIntents: openIntentsOf(core),
      executedSince: core.totals.all().executed - state.executedAtStop,
      completeReadSince: vitals.complete !== null && vitals.complete.startedMonoMs >= state.atMonoMs,
      mismatchSeen: vitals.mismatchSinceStop,
    });
    // What was open may be over since, or another thing be open: the verdict is never older than what it tells.
    if (verdict === state.verdict) return;
    vitals.latch = { ...state, verdict };
    core.notebook.note('warn', 'STOP_VERIFIED', verdict);
    // After the latch's own record; what the journal can't take the log has.
    const told = { stop_verdict: { latch_id: state.id, verdict } };
    core.journal.append({ ...entryBase(core), event_type: 'CHECKPOINT', details: told });
  }

  function watchIntents(): void {
    void resolver.tick();
    const manual = resolver.manual();
    if (manual.length !== manualBefore)
      core.notebook.alarm(
        'intents',
        manual.length === 0
          ? null
          : `${manual.length} write(s) without a known outcome need an operator, see 'grinder resolve': ${manual.map(({ intent }) => intent.intentId).join(', ')}`,
      );
    manualBefore = manual.length;
  }

  /** Not while a run executes: a rotation takes longer than a line. */
  function watchAudit(): void {
    const done = vitals.executing ? null : core.journal.maintain();
    if (done !== null) core.notebook.note('info', 'AUDIT', done);
    if (core.settings.audit.enabled && !core.journal.healthy())
      core.notebook.alarm('audit', `AUDIT UNAVAILABLE: ${core.journal.problem()}`);
    const leftMs = linesLostLeftMs(core);
    const until = new Date(clock.wallMs() + leftMs).toISOString().slice(0, 16);
    core.notebook.alarm(
      'adopted',
      leftMs > 0 ? `the audit was adopted and may lack lines: budgets count as used until ${until}Z` : null,
    );
    const disk = vitals.prerequisites?.find(({ id }) => id === 'disk');
    core.notebook.alarm(
      'disk',
      disk === undefined || disk.verdict === 'PASS'
        ? null
        : disk.verdict === 'FAIL'
          ? `the disk of the audit is nearly full, free some before it is: ${disk.figure}`
          : `nobody can tell how full the disk of the audit is: ${disk.figure}`,
    );
  }

  /** Says in time that the arming ends: on the screen as long as it is near, in the log once a threshold. */
  function watchLease(): void {
    const { lease } = vitals.stage;
    const near = lease === null ? 0 : leaseNearness(lease, instant(clock));
    if (near === leaseNear) return;
    leaseNear = near;
    if (lease === null || near === 0) {
      core.notebook.alarm('lease', null);
      return;
    }
    const minutes = Math.max(1, Math.round(leaseLeftMs(lease, instant(clock)) / 60_000));
    core.notebook.alarm(
      'lease',
      `the arming ends in ${minutes} min: look at what was executed, grinder renew`,
    );
  }

  return () => {
    const now = clock.monoMs();
    vitals.lastTickMonoMs = now;
    watchStop(now);
    const changed = core.feed.poll();
    if (changed && vitals.stage.inForce === 4) core.interlock.advance();
    probe(now);
    keepPauseAnew(core);
    sendStageEvent(core, { type: 'tick' });
    watchLease();
    autoCanary(core);
    watchGates();
    watchIntents();
    watchAudit();
    sample();
  };
}
