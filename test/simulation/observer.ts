/** Sees all that leaves the daemon and all that it writes, and holds it to INVARIANTS.md without asking it for its opinion. */

import type { Observation } from '../../src/engine/types.ts';
import type { RunCounts } from '../../src/ops/metrics.ts';
import { judgeBudgets } from './budget-rules.ts';
import type { Coverage } from './coverage.ts';
import { judgeDispatch } from './dispatch-rules.ts';
import type { FeedWriter } from './feed-writer.ts';
import { judgeIntent } from './intent-rules.ts';
import { createJournalWatch, type JournalWatch } from './journal-watch.ts';
import { createKnowledge, type Knowledge, type Sent, standingOf } from './knowledge.ts';
import { coverLine } from './line-coverage.ts';
import { judgeLine } from './line-rules.ts';
import { costOf, judgeLook, lookAt, noteLook } from './look-rules.ts';
import { notePause } from './pauses.ts';
import type { Departure } from './port.ts';
import { CANARY, type Process, type ProcessWitness } from './process.ts';
import { judgeProcess } from './process-rules.ts';
import { judgeReload } from './reload-rules.ts';
import type { Scenario } from './scenario.ts';
import { createShownRules } from './shown-rules.ts';
import { createSightings, type Sightings } from './sightings.ts';
import { createStallRules } from './stall-rules.ts';
import type { Owner, Timeline } from './timeline.ts';
import type { Trader } from './trader-types.ts';
import type { Truth } from './truth.ts';
import { judgeLeader, judgeRepairOfAnother, judgeSender, judgeWriter } from './two-rules.ts';

/** The first rule that was broken, when and how. */
export interface Violation {
  readonly rule: string;
  readonly text: string;
  readonly atMs: number;
}

export interface Observer {
  readonly witness: ProcessWitness;
  readonly journal: JournalWatch;
  readonly knowledge: Knowledge;
  readonly fail: (rule: string, text: string) => void;
  readonly violation: () => Violation | null;
  /** After every event. */
  readonly step: (processes: readonly Process[]) => void;
  /** The one that the operator worked with has ended, or another one takes its place. */
  readonly processEnded: () => void;
}

export interface ObserverDeps {
  readonly scenario: Scenario;
  readonly timeline: Timeline;
  readonly truth: Truth;
  readonly trader: Trader;
  readonly feed: FeedWriter;
  readonly coverage: Coverage;
  readonly trace: (what: string, text: string) => void;
  /** Since when a process's control thread stands still; null while it runs. */
  readonly stalledSinceMs: (owner: Owner) => number | null;
  /** Who has the account's lock. */
  readonly lockHolder: () => Owner | null;
}

const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/;

/** Starts with nothing seen. */
export function createObserver(deps: ObserverDeps): Observer {
  const { scenario, timeline, truth, trader, feed, coverage, trace } = deps;
  const knowledge = createKnowledge();
  const eyes = new Map<Owner, Eyes>();
  const eyesOf = (owner: Owner): Eyes => {
    const listed = (): readonly string[] => scenario.settings.reconcile.symbolWhitelist;
    const { beatMs } = scenario;
    const sightings = () => createSightings(trader, truth, { listed, beatMs });
    const own = eyes.get(owner) ?? { sightings: sightings(), newest: null };
    eyes.set(owner, own);
    return own;
  };
  const stalls = createStallRules(timeline);
  const shown = createShownRules({ nowMs: timeline.nowMs, truth });
  let violation: Violation | null = null;
  let lastWriter: Owner | null = null;
  const fail = (rule: string, text: string): void => {
    if (violation !== null) return;
    violation = { rule, text, atMs: timeline.nowMs() };
    trace('VIOLATION', `${rule}: ${text}`);
  };
  const journal = createJournalWatch({
    fail,
    onLine: (line, text, owner) => {
      trace('audit', `${line.hash.slice(0, 16)} ${line.event_type} ${line.status ?? ''}`);
      judgeWriter(knowledge, { owner, last: lastWriter }, fail);
      lastWriter = owner;
      judgeRepairOfAnother(text, { owner, knowledge, coverage, fail });
      if (text.includes(CANARY)) fail('S14', `a secret in line ${line.seq}`);
      if (UNSAFE.test(text) || text.includes('\\u00') || text.includes('\\u20'))
        fail('S25', `unsafe text in line ${line.seq}`);
      notePause(line, { knowledge, coverage });
      // The word of an operator counts from its line on, also where the disk let nobody be told of it.
      if (typeof line.details['clears_failures_of'] === 'string') knowledge.failures.clear();
      // A line of a process before, which a start has found and synced, tells of pictures and settings long gone.
      const isNow = line.ts_ms === timeline.nowMs() + knowledge.wall.offsetMs;
      judgeLine(line, { knowledge, truth, newest: isNow ? eyesOf(owner).newest : null }, fail);
      // One whose writer died before its sync is found by the next start; nothing was sent by it.
      if (isNow && line.status === 'INTENT') {
        const seen = { scenario, knowledge, feed, truth, trader };
        judgeIntent(line, { nowMs: timeline.nowMs(), owner, ...seen }, fail);
      }
      if (isNow) judgeReload(line, { scenario, knowledge, coverage, nowMs: timeline.nowMs() }, fail);
      coverLine(line, coverage);
    },
  });

  function departed(departure: Departure): void {
    const { write, permit, owner } = departure;
    const { sightings } = eyesOf(owner);
    const runId = journal.intents.get(permit.intentId)?.runId ?? '';
    const isCancel = write.kind === 'cancel';
    const item = isCancel ? `order ${write.orderId}` : `position ${write.symbol}/${write.positionSide}`;
    const look = lookAt(knowledge, owner, `position ${write.symbol}`);
    const notionalUsdt = costOf(write, look, truth.mark(write.symbol));
    const fresh = { executed: null, moved: false, answer: null, resolvedAs: null };
    const sent: Sent = { departure, runId, item, notionalUsdt, ...fresh };
    trace('departed', `${write.kind} ${item} ${permit.intentId} ${notionalUsdt}`);
    const nowMs = timeline.nowMs();
    const { intents } = journal;
    const awakeMs = nowMs - timeline.sleptMs();
    const stalledSinceMs = deps.stalledSinceMs(owner);
    const seen = { intents, sightings, truth, trader, feed, stalledSinceMs };
    judgeDispatch({ nowMs, awakeMs, sent, scenario, knowledge, ...seen }, fail);
    judgeBudgets({ nowMs, sent, scenario, knowledge }, fail);
    judgeSender(knowledge, sent, fail);
    stalls.judge(sent, stalledSinceMs, fail);
    shown.judge(sent, fail);
    judgeLook(sent, { knowledge, scenario }, fail);
    knowledge.sent.push(sent);
    knowledge.failures.set(item, (knowledge.failures.get(item) ?? 0) + 1);
    coverage.count(`departed_${write.kind}`);
    const read = sightings.last();
    const isMoved = truth.position(write.symbol, trader.positionSide).updatedAtMs > (read?.atMs ?? nowMs);
    if (isMoved) coverage.count('F32_moved_since_the_read');
    if (scenario.settings.flatten.inChunks && !isCancel) coverage.count('flatten_with_chunks');
  }

  const sentOf = (departure: Departure): Sent | undefined =>
    knowledge.sent.find((one) => one.departure === departure);

  const witness: ProcessWitness = {
    called: (owner) => {
      if (timeline.nowMs() < standingOf(knowledge, owner).pauseUntilMs - 1000)
        fail('S12', 'a call left during a pause or a ban');
    },
    departed,
    toldOf: stalls.told,
    looked: (owner, look) => {
      noteLook(knowledge, owner, look);
      shown.looked(owner, look);
    },
    heard: shown.heard,
    arrived: (departure, { executed, moved }) => {
      const sent = sentOf(departure);
      if (sent === undefined) return;
      sent.executed = executed;
      sent.moved = moved;
      trace('arrived', `${sent.item} ${executed ? 'executed' : 'refused'}`);
      if (sent.answer !== null) coverage.count('arrived_after_its_answer');
      if (executed && sent.answer === 'REJECTED')
        fail('outcome', `${sent.item} was told refused and is executed`);
      if (moved && sent.resolvedAs === 'not_executed')
        fail('resolution', `${sent.item} was told not executed and is carried out`);
    },
    answered: (departure, result) => {
      const sent = sentOf(departure);
      if (sent === undefined) return;
      sent.answer = result.status;
      trace('answered', `${sent.item} ${result.status}`);
      coverage.count(`answered_${result.status}`);
      const { kind } = departure.write;
      if (result.status === 'EXECUTED') {
        coverage.count(`executed_${kind}`);
        if (kind === 'flatten')
          coverage.count(result.orderStatus === 'FILLED' ? 'flatten_whole' : 'flatten_partial');
        if (sent.executed !== true) fail('outcome', `${sent.item} is told executed and was not`);
        // A part that was closed is no failure; an order that the exchange took and that filled nothing is one.
        const filled = kind === 'cancel' || Number(result.executedQuantity ?? 0) > 0;
        if (filled) knowledge.failures.delete(sent.item);
      }
      if (result.status === 'REJECTED') {
        sent.notionalUsdt = 0;
        if (sent.executed === true) fail('outcome', `${sent.item} is told refused and was executed`);
      }
      const { armed } = standingOf(knowledge, departure.owner);
      if (result.status === 'EXECUTED' && armed !== null) armed.executions += 1;
    },
    toldPause: (owner, ms) => {
      const standing = standingOf(knowledge, owner);
      standing.pauseUntilMs = Math.max(standing.pauseUntilMs, timeline.nowMs() + ms);
      // What one beside it was told it can't know.
      if (standing !== knowledge) return;
      knowledge.pauseToldMs = Math.max(
        knowledge.pauseToldMs,
        timeline.nowMs() + knowledge.wall.offsetMs + ms,
      );
    },
    observed: (owner, observation) => {
      if (observation.complete) shown.shown(owner, observation);
      eyesOf(owner).newest = observation;
      eyesOf(owner).sightings.observed(observation, timeline.nowMs());
    },
    runCounted: (counts) => {
      if (
        total(counts.planned) !==
        total(counts.executed) + total(counts.blocked) + total(counts.failed) + total(counts.unknown)
      )
        fail('S22', `conservation: ${JSON.stringify(counts)}`);
      coverage.count('runs');
      for (const reason of Object.keys(counts.blocked)) coverage.count(`blocked_${reason}`);
    },
    stoodAlone: (gate) => coverage.count(`alone_${gate}`),
    timerOverflowed: (ms) => fail('F43', `a timer of ${ms} ms was asked for, which fires at once`),
    resolved: (outcome) => coverage.count(`unknown_resolved_${outcome}`),
    noted: (owner, event, text) => {
      if (event === 'INTENT_UNRESOLVED') coverage.count('intent_manual');
      judgeRepairOfAnother(text, { owner, knowledge, coverage, fail });
      if (text.includes(CANARY)) fail('S14', `a secret in a note: ${event}`);
      if (UNSAFE.test(text)) fail('S25', `unsafe text in a note: ${event}`);
    },
    acknowledged: journal.acknowledged,
  };

  return {
    witness,
    journal,
    knowledge,
    fail,
    violation: () => violation,
    step: (processes) => {
      const holder = deps.lockHolder();
      for (const process of processes) {
        judgeProcess(process, knowledge, fail);
        const lostMs = knowledge.lockLostMs.get(process.owner) ?? timeline.nowMs();
        const lostForMs = timeline.nowMs() - lostMs - timeline.sleptMs();
        judgeLeader(process, { holder, lostForMs, beatMs: scenario.beatMs, fail });
        if (holder === process.owner) knowledge.lockLostMs.delete(process.owner);
        else if (!knowledge.lockLostMs.has(process.owner))
          knowledge.lockLostMs.set(process.owner, timeline.nowMs());
      }
    },
    processEnded: () => {
      knowledge.armed = null;
    },
  };
}

/** What complete pictures, and the last of all, showed one process. */
interface Eyes {
  readonly sightings: Sightings;
  newest: Observation | null;
}

function total(counts: RunCounts['planned'] | RunCounts['blocked']): number {
  return Object.values(counts).reduce((sum, count) => sum + (count ?? 0), 0);
}
