/** A look at an account's audit by somebody who doesn't own it: reads, checks, and changes nothing. */
import { constants } from 'node:fs';
import { type ChainHead, GENESIS } from './chain.ts';
import { type Disk, realDisk } from './disk.ts';
import { checkPrivateFile, describeError } from './files.ts';
import { EMPTY_STATE, fold } from './fold.ts';
import { readHead } from './head-record.ts';
import { scanJournal } from './journal-scan.ts';

export interface AuditLook {
  /** Why the daemon would not write to it; null when it would. */
  readonly problem: string | null;
  readonly head: ChainHead;
  /** No call to the exchange before this wall time; 0 for none. */
  readonly backoffUntilMs: number;
  /** Writes without a known outcome. */
  readonly openIntents: number;
}

/** Reads the whole chain and holds it against the head record; never throws. A missing audit is a new one. */
export function lookAtAudit(
  at: { readonly path: string; readonly headPath: string },
  disk: Disk = realDisk,
): AuditLook {
  const nothing = { head: GENESIS, backoffUntilMs: 0, openIntents: 0 };
  // Read first: a daemon that writes meanwhile only makes the file longer than this says.
  const head = readHead(at.headPath, disk);
  if (head.kind === 'bad') return { problem: head.why, ...nothing };
  const written = head.kind === 'ok' ? head.head : GENESIS;
  try {
    const file = checkPrivateFile(at.path, disk);
    if (file.kind === 'refused') return { problem: file.why, ...nothing };
    if (file.kind === 'missing') {
      const problem = written.seq === 0 ? null : `missing, but ${written.seq} lines were written`;
      return { problem, ...nothing };
    }
    return readThrough(at.path, written, disk);
  } catch (error) {
    return { problem: describeError(error), ...nothing };
  }
}

function readThrough(path: string, written: ChainHead, disk: Disk): AuditLook {
  const fd = disk.open(path, constants.O_RDONLY, 0);
  let state = EMPTY_STATE;
  let hashThere: string | null = null;
  try {
    const scan = scanJournal(fd, disk, (record) => {
      if (record.seq === written.seq) hashThere = record.hash;
      state = fold(state, record);
    });
    const said = {
      head: scan.head,
      backoffUntilMs: state.backoffUntilMs,
      openIntents: state.openIntents.size,
    };
    // The last line may be on its way, or be what a crash left: the next start puts it aside.
    const broken = scan.kind === 'broken' ? `line ${scan.line}: ${scan.why}` : null;
    const cut =
      scan.lines < written.seq ? `rolled back: ${scan.lines} lines, ${written.seq} were written` : null;
    const another =
      written.seq > 0 && hashThere !== written.hash
        ? `line ${written.seq} is not the one that was written`
        : null;
    return { problem: broken ?? cut ?? another ?? state.problem, ...said };
  } finally {
    disk.close(fd);
  }
}
