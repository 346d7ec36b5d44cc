/** A look at an account's audit by somebody who doesn't own it: reads and checks every file, and changes nothing. */
import { type ChainHead, GENESIS } from './chain.ts';
import { type Disk, realDisk } from './disk.ts';
import { checkPrivateFile, describeError } from './files.ts';
import { readHead } from './head-record.ts';
import { verifyJournal } from './journal-verify.ts';
import { latchIdOf, standingStop } from './told-stop.ts';

export interface AuditLook {
  /** Why the daemon would not write to it; null when it would. */
  readonly problem: string | null;
  readonly head: ChainHead;
  /** No call to the exchange before this wall time; 0 for none. */
  readonly backoffUntilMs: number;
  /** Writes without a known outcome. */
  readonly openIntents: number;
  /** The latch of the stop that stands by it; null for none. */
  readonly standingStop: string | null;
}

/** Reads the whole chain and holds it against the head record; never throws. A missing audit is a new one. */
export function lookAtAudit(
  at: { readonly path: string; readonly headPath: string },
  disk: Disk = realDisk,
): AuditLook {
  const nothing = { head: GENESIS, backoffUntilMs: 0, openIntents: 0, standingStop: null };
  try {
    const file = checkPrivateFile(at.path, disk);
    if (file.kind === 'refused') return { problem: file.why, ...nothing };
    if (file.kind === 'missing') {
      const head = readHead(at.headPath, disk);
      if (head.kind === 'bad') return { problem: head.why, ...nothing };
      const written = head.kind === 'ok' ? head.head.seq : 0;
      const problem = written === 0 ? null : `missing, but ${written} lines were written`;
      return { problem, ...nothing };
    }
    const verdict = verifyJournal(at.path, { headPath: at.headPath, disk });
    if (!verdict.ok) {
      const where = verdict.line === 0 ? verdict.file : `line ${verdict.line} of ${verdict.file}`;
      return { problem: `${where}: ${verdict.why}`, ...nothing };
    }
    const { backoffUntilMs, openIntents } = verdict.state;
    const stop = standingStop(verdict.state);
    return {
      ...{ problem: null, head: verdict.head, backoffUntilMs, openIntents: openIntents.size },
      standingStop: stop === null ? null : latchIdOf(stop),
    };
  } catch (error) {
    return { problem: describeError(error), ...nothing };
  }
}
