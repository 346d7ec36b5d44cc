/** The model operator: climbs to stage 4 whenever it can, cleans up after stops, and now and then does the unexpected. */
import type { CommandReply } from '../../src/control/protocol.ts';
import { acknowledgements } from '../../src/daemon/prerequisites.ts';
import type { Coverage } from './coverage.ts';
import type { Observer } from './observer.ts';
import type { Process } from './process.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

export interface OperatorDeps {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly coverage: Coverage;
  readonly observer: Observer;
  readonly process: () => Process | null;
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
  let oldPhrase = '';

  function stop(): void {
    const process = deps.process();
    if (process === null) return;
    coverage.count('op_stop');
    if (process.core.vitals.executing) coverage.count('stop_while_executing');
    trace('operator', 'stop');
    knowledge.stopped = true;
    void process.command('stop', { operator: NAME, reason: 'by chance' }).then((reply) => {
      if (reply.latch === undefined) observer.fail('S26', `a stop was refused: ${reply.message}`);
      knowledge.stopKept = reply.latch?.durable === true;
      coverage.count(reply.latch?.durable === true ? 'stop_durable' : 'stop_not_durable');
    });
  }

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
    knowledge.stopped = false;
    trace('operator', `clear-stop ${wrong ? 'of another' : id}`);
    void process
      .command('clear-stop', { operator: NAME, latch_id: wrong ? 'another' : id })
      .then(({ exit_code }) => {
        coverage.count(exit_code === 0 ? 'op_clear' : 'op_clear_refused');
        if (wrong && exit_code === 0) observer.fail('S21', 'a clear of another latch cleared this one');
        if (exit_code !== 0) knowledge.stopped = before;
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
      deps.timeline.after(lookMs, process.owner, () => confirm(process, phrase, isRight));
    });
  }

  function confirm(process: Process, phrase: string, isRight: boolean): void {
    if (process.core.vitals.stage.inForce === 4) return;
    const armed = { owner: process.owner, atMs: deps.timeline.nowMs(), executions: 0 };
    if (isRight) knowledge.armed = armed;
    if (!isRight) coverage.count('F68_replayed_confirmation');
    trace('operator', `confirm ${isRight ? 'rightly' : 'wrongly'}`);
    void process.command('stage', { ...raise(process), stage: 4, confirm: phrase }).then(({ exit_code }) => {
      coverage.count(exit_code === 0 ? 'op_confirm' : 'op_confirm_refused');
      if (!isRight && exit_code === 0) observer.fail('F68', 'a wrong or used phrase was accepted');
      if (exit_code !== 0 && process.core.vitals.stage.inForce !== 4) knowledge.armed = null;
    });
  }

  function acknowledgeAll(process: Process): void {
    for (const { item, doneBy, clearsFailuresOf } of acknowledgements(process.core)) {
      if (doneBy !== null) continue;
      coverage.count(item.startsWith('manual-') ? 'op_ack_manual' : `op_ack_${item}`);
      trace('operator', `ack ${item}`);
      if (item === 'mass_mismatch') knowledge.massAcknowledged = true;
      void process.command('ack', { operator: NAME, item }).then(({ exit_code }) => {
        if (exit_code === 0 && clearsFailuresOf !== undefined) knowledge.failures.clear();
      });
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
      if (process === null) return;
      const { vitals } = process.core;
      if (!healed() && random.chance(0.012)) return unexpected(process);
      if (vitals.latch !== null) {
        if (healed() || random.chance(0.1)) clear(process);
        return;
      }
      acknowledgeAll(process);
      if (vitals.stage.request.stage < 3) {
        trace('operator', 'stage 3');
        void process.command('stage', { ...raise(process), stage: 3 });
      } else if (vitals.stage.inForce === 3) enterLive(process);
    },
  };
}

/** A raise says which settings it was meant for. */
function raise({ core }: Process) {
  return { operator: NAME, config_digest: core.settings.digest };
}
