/** The model operator: climbs to stage 4 whenever it can, cleans up after stops, and now and then does the unexpected. */
import type { CommandReply } from '../../src/control/protocol.ts';
import { acknowledgements } from '../../src/daemon/prerequisites.ts';
import type { Coverage } from './coverage.ts';
import { standingOf } from './knowledge.ts';
import type { Observer } from './observer.ts';
import { createStop } from './operator-stop.ts';
import type { Process } from './process.ts';
import type { Random } from './random.ts';
import { OPERATORS, type SimulatedOperator } from './scenario.ts';
import type { Timeline } from './timeline.ts';

export interface OperatorDeps {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly coverage: Coverage;
  readonly observer: Observer;
  readonly process: () => Process | null;
  /** Every one that lives, that one too. */
  readonly everyone: () => readonly Process[];
  readonly trace: (what: string, text: string) => void;
  readonly healed: () => boolean;
  readonly removeStopFile: () => void;
}

export interface Operator {
  /** One look at the screen, and what follows from it. */
  readonly look: () => void;
  readonly stop: () => void;
}

const NAME = 'operator';

/** Sits down before the screen. */
export function createOperator(deps: OperatorDeps): Operator {
  const { random, coverage, observer, trace, healed } = deps;
  const { knowledge } = observer;
  const stop = createStop(deps, NAME);
  let oldPhrase = '';
  /** Some look after what only a person can tell at once, some don't. */
  const diligence = random.pick([0.5, 0.1]);

  function lower(process: Process, stage: 0 | 1 | 2): void {
    coverage.count('op_lower');
    trace('operator', `stage ${stage}`);
    const before = process.core.vitals.stage.inForce;
    void process.command('stage', { operator: NAME, stage }).then((reply) => {
      const { inForce } = process.core.vitals.stage;
      if (before > stage && (reply.exit_code !== 0 || inForce > stage))
        observer.fail('S26', `lowering to ${stage} was refused: ${reply.message}`);
    });
  }

  function clear(process: Process): void {
    const id = process.core.vitals.latch?.id ?? '';
    const wrong = !healed() && random.chance(0.1);
    deps.removeStopFile();
    const before = knowledge.stopped;
    standingOf(knowledge, process.owner).stopped = false;
    trace('operator', `clear-stop ${wrong ? 'of another' : id}`);
    void process
      .command('clear-stop', { operator: NAME, latch_id: wrong ? 'another' : id })
      .then(({ exit_code }) => {
        coverage.count(exit_code === 0 ? 'op_clear' : 'op_clear_refused');
        if (wrong && exit_code === 0) observer.fail('S21', 'a clear of another latch cleared this one');
        if (exit_code !== 0) standingOf(knowledge, process.owner).stopped = before;
        // A cleared stop is gone; a clear that the disk half took is said to be none, and not to outlive a restart.
        if (!wrong) knowledge.stopKept = false;
      });
  }

  function enterLive(process: Process): void {
    void process.command('stage', { ...raise(process), stage: 4 }).then(({ confirmation }: CommandReply) => {
      if (confirmation === undefined) return;
      const chance = healed() ? 1 : random.next();
      const phrase = chance < 0.08 ? oldPhrase : chance < 0.12 ? 'host 4 guess' : confirmation.phrase;
      const isRight = phrase === confirmation.phrase;
      oldPhrase = confirmation.phrase;
      const lookMs = random.whole(500, 5000);
      const shownMs = deps.timeline.nowMs();
      process.after(lookMs, () => confirm(process, phrase, isRight && knowledge.reloadedMs < shownMs));
    });
  }

  function confirm(process: Process, phrase: string, isRight: boolean): void {
    if (process.core.vitals.stage.inForce === 4) return;
    const armed = { owner: process.owner, atMs: deps.timeline.nowMs(), executions: 0 };
    if (isRight) standingOf(knowledge, process.owner).armed = armed;
    if (!isRight) coverage.count('F68_replayed_confirmation');
    trace('operator', `confirm ${isRight ? 'rightly' : 'wrongly'}`);
    void process.command('stage', { ...raise(process), stage: 4, confirm: phrase }).then(({ exit_code }) => {
      const needsAnother = needsTwo(process) && exit_code === 75;
      coverage.count(
        exit_code === 0 ? 'op_confirm' : needsAnother ? 'op_first_of_two' : 'op_confirm_refused',
      );
      if (!isRight && exit_code === 0) observer.fail('F68', 'a wrong or used phrase was accepted');
      if (exit_code === 0 && needsTwo(process)) observer.fail('approvals', 'one operator was enough for two');
      if (exit_code !== 0) disarmed(process);
      if (isRight && needsAnother)
        process.after(random.whole(500, 8000), () => void approveAsAnother(process));
    });
  }

  function disarmed({ core, owner }: Process): void {
    if (core.vitals.stage.inForce !== 4) standingOf(knowledge, owner).armed = null;
  }

  async function approveAsAnother(process: Process): Promise<void> {
    const isSame = !healed() && random.chance(0.15);
    const [first, second] = OPERATORS;
    const armed = { owner: process.owner, atMs: deps.timeline.nowMs(), executions: 0 };
    const who = raise(process, isSame ? first : second);
    trace('operator', `approve as ${isSame ? 'the same' : 'another'}`);
    const { confirmation } = await process.command('approve', who);
    if (confirmation === undefined) return;
    if (!isSame) standingOf(knowledge, process.owner).armed = armed;
    const body = { ...who, confirm: confirmation.phrase };
    void process.command('approve', body).then(({ exit_code }) => {
      coverage.count(
        isSame ? 'op_same_approves' : exit_code === 0 ? 'op_second_of_two' : 'op_second_refused',
      );
      if (isSame && exit_code === 0) observer.fail('approvals', 'one operator approved twice');
      if (exit_code !== 0) disarmed(process);
    });
  }

  /** More time, after a look at what was executed. */
  function renew(process: Process): void {
    void process.command('renew', raise(process)).then(({ confirmation }) => {
      if (confirmation === undefined) return;
      process.after(random.whole(500, 5000), () => {
        const { armed } = standingOf(knowledge, process.owner);
        trace('operator', 'renew');
        void process
          .command('renew', { ...raise(process), confirm: confirmation.phrase })
          .then(({ exit_code }) => {
            coverage.count(exit_code === 0 ? 'op_renew' : 'op_renew_refused');
            if (exit_code === 0 && armed !== null)
              standingOf(knowledge, process.owner).armed = {
                ...armed,
                atMs: deps.timeline.nowMs(),
                executions: 0,
              };
          });
      });
    });
  }

  /** What no read could tell, the operator tells: by what became of it in truth, having been shown what there is. */
  function resolve(process: Process): void {
    void process.command('resolve', { operator: NAME }).then(({ unresolved }) => {
      const found = unresolved?.find(({ needs_operator }) => needs_operator);
      if (found === undefined) return;
      const { intent_id } = found;
      const sent = knowledge.sent.find(({ departure }) => departure.permit.intentId === intent_id);
      const as = sent?.executed === true ? 'executed' : 'not_executed';
      trace('operator', `resolve ${intent_id} as ${as}`);
      void process.command('resolve', { operator: NAME, intent_id, as }).then(({ exit_code }) => {
        if (exit_code === 0) observer.fail('resolve', 'it was resolved by somebody who was shown nothing');
        void process.command('resolve', { operator: NAME, intent_id, as }).then((second) => {
          coverage.count(second.exit_code === 0 ? 'op_resolve' : 'op_resolve_refused');
        });
      });
    });
  }

  function acknowledgeAll(process: Process): void {
    for (const { item, doneBy } of acknowledgements(process.core)) {
      if (doneBy !== null) continue;
      // What failed three times waits until somebody gets round to it; until then it must not be tried again.
      if (item.startsWith('manual-') && !healed() && random.chance(0.95)) continue;
      coverage.count(item.startsWith('manual-') ? 'op_ack_manual' : `op_ack_${item}`);
      trace('operator', `ack ${item}`);
      if (item === 'mass_mismatch') knowledge.massAcknowledged = true;
      void process.command('ack', { operator: NAME, item });
    }
  }

  function unexpected(process: Process): void {
    switch (random.whole(0, 5)) {
      case 0:
        stop();
        return;
      case 1:
        lower(process, random.pick([0, 1, 2]));
        return;
      case 2:
        coverage.count('op_disarm');
        trace('operator', 'disarm');
        void process.command('disarm', { operator: NAME }).then(({ exit_code }) => {
          if (exit_code !== 0 || process.core.vitals.stage.inForce > 3)
            observer.fail('S26', 'a disarm was refused');
        });
        return;
      case 3:
        coverage.count('op_inject');
        void process.command('inject-mismatch', { operator: NAME });
        return;
      default:
        void process.command('seen', { operator: NAME });
        return;
    }
  }

  return {
    stop,
    look: () => {
      const process = deps.process();
      if (process === null || process.stalledSinceMs() !== null) return;
      const { vitals } = process.core;
      if (!healed() && random.chance(0.012)) return unexpected(process);
      if (vitals.latch !== null) {
        if (healed() || random.chance(0.1)) clear(process);
        return;
      }
      acknowledgeAll(process);
      if (process.core.journal.state().openIntents.size > 0 && (healed() || random.chance(diligence)))
        resolve(process);
      if (vitals.stage.inForce === 4 && !healed() && random.chance(0.03)) renew(process);
      if (vitals.stage.request.stage < 3) {
        trace('operator', 'stage 3');
        void process.command('stage', { ...raise(process), stage: 3 });
      } else if (vitals.stage.inForce === 3) enterLive(process);
    },
  };
}

/** A raise says which settings it was meant for. */
function raise(process: Process, who: SimulatedOperator = OPERATORS[0]) {
  const { digest } = process.core.settings;
  if (!needsTwo(process)) return { operator: NAME, config_digest: digest };
  return { operator: who.name, token: who.token, config_digest: digest };
}

function needsTwo({ core }: Process): boolean {
  return core.settings.ceremony.approvals === 2;
}
