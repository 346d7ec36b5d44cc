/** The operator's stop: all that run are stopped, as `grinder stop` does that is given no configuration. */
import { standingOf } from './knowledge.ts';
import type { OperatorDeps } from './operator.ts';
import type { Process } from './process.ts';

/** Makes it. */
export function createStop(deps: OperatorDeps, operator: string): () => void {
  const { coverage, observer, trace } = deps;
  const { knowledge } = observer;

  function stopOne(process: Process): void {
    if (deps.timeline.asleep()) return;
    if (process.stalledSinceMs() !== null) {
      // It reaches a daemon that stands still once that goes on; until then nobody was told that it is stopped.
      coverage.count('stop_while_stalled');
      process.after(0, () => stopOne(process));
      return;
    }
    coverage.count('op_stop');
    if (process.core.journal.state().openIntents.size > 0) coverage.count('F80_stop_during_unknown');
    if (process.core.vitals.executing) coverage.count('stop_while_executing');
    trace('operator', `stop ${process.number}`);
    standingOf(knowledge, process.owner).stopped = true;
    void process.command('stop', { operator, reason: 'by chance' }).then((reply) => {
      if (reply.latch === undefined) observer.fail('S26', `a stop was refused: ${reply.message}`);
      // Of two that write one latch it is enough that one does.
      const isOther = knowledge.beside.has(process.owner);
      knowledge.stopKept = (isOther && knowledge.stopKept) || reply.latch?.durable === true;
      coverage.count(reply.latch?.durable === true ? 'stop_durable' : 'stop_not_durable');
    });
  }

  return () => {
    const everyone = deps.everyone();
    if (everyone.length > 1) coverage.count('F57_stop_reaches_both');
    for (const process of everyone) stopOne(process);
  };
}
