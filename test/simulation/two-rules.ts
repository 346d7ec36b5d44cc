/** F57: of two processes of one account one acts at most, one writes the audit, and each knows whether it has the lock. */
import type { Coverage } from './coverage.ts';
import type { Fail } from './dispatch-rules.ts';
import type { Knowledge, Sent } from './knowledge.ts';
import type { Process } from './process.ts';
import type { Owner } from './timeline.ts';

/**
 * A word about another executor is true only where another process has sent the flatten that it names: nobody else repairs
 * here, and whatever was lost, cut off or jumped, its own orders are its own.
 */
export function judgeRepairOfAnother(
  text: string,
  {
    owner,
    knowledge,
    coverage,
    fail,
  }: {
    readonly owner: Owner;
    readonly knowledge: Knowledge;
    readonly coverage: Coverage;
    readonly fail: Fail;
  },
): void {
  if (!text.includes('ANOTHER EXECUTOR')) return;
  const isTrue = knowledge.sent.some(
    ({ departure }) => departure.owner !== owner && text.includes(departure.write.clientOrderId),
  );
  if (isTrue) coverage.count('F57_other_executor_seen');
  else fail('other_executor', text);
}

/** S8: once a younger process has sent a write, an older one sends none. */
export function judgeSender(knowledge: Knowledge, { departure }: Sent, fail: Fail): void {
  const number = numberOf(knowledge, departure.owner);
  const younger = knowledge.sent.find(({ departure: { owner } }) => numberOf(knowledge, owner) > number);
  if (younger !== undefined)
    fail('S8', `process ${number} sends after process ${numberOf(knowledge, younger.departure.owner)}`);
}

/** S9: once a younger process has written a line, an older one writes none. `last` wrote the line before. */
export function judgeWriter(
  knowledge: Knowledge,
  { owner, last }: { readonly owner: Owner; readonly last: Owner | null },
  fail: Fail,
): void {
  if (last === null || numberOf(knowledge, last) <= numberOf(knowledge, owner)) return;
  const [one, other] = [owner, last].map((who) => numberOf(knowledge, who));
  fail('S9', `process ${one} writes to the audit of process ${other}`);
}

/**
 * S8, after every event: what a process says of its lock is so, one that has lost it comes down to stage 1, and nothing is
 * permitted to one that has another's audit.
 */
export function judgeLeader(
  process: Process,
  {
    holder,
    lostForMs,
    beatMs,
    fail,
  }: {
    readonly holder: Owner | null;
    /** How long it is without the lock, but for what the machine slept. */
    readonly lostForMs: number;
    /** The longest between two of its heartbeats. */
    readonly beatMs: number;
    readonly fail: Fail;
  },
): void {
  const { core, owner, number, isElsewhere } = process;
  if (core.leadership.stillHeld() !== (holder === owner))
    fail('S8', `process ${number} says of the account's lock what is not so`);
  const { inForce } = core.vitals.stage;
  if (inForce > 1 && lostForMs > beatMs + BEAT_GRACE_MS + process.stalledMs())
    fail('S8', `process ${number} is in stage ${inForce} ${lostForMs} ms after it lost the lock`);
  if (isElsewhere && inForce > 1) fail('S9', `process ${number} is in stage ${inForce} without the audit`);
  if (isElsewhere && core.journal.healthy()) fail('S9', `process ${number} begins an audit of its own`);
}

/** A heartbeat may come late. */
const BEAT_GRACE_MS = 5000;

function numberOf({ numbers }: Knowledge, owner: Owner): number {
  return numbers.get(owner) ?? 0;
}
