/** Accepts a journal that was moved, restored or cut, on an operator's word. */
import type { ChainHead } from './chain.ts';
import { realDisk } from './disk.ts';
import { checkPrivateFile, describeError } from './files.ts';
import { createHead, writeHead } from './head-record.ts';
import type { JournalOptions } from './journal.ts';
import { verifyChain } from './journal-scan.ts';

/**
 * Makes an existing journal the account's own: checks its whole chain and sets the head record to its end. For a
 * journal that was moved, restored or cut on purpose; the caller holds the lock and has the operator's word.
 */
export function adoptJournal(
  options: Pick<JournalOptions, 'path' | 'headPath' | 'disk'>,
): { readonly ok: true; readonly head: ChainHead } | { readonly ok: false; readonly problem: string } {
  const disk = options.disk ?? realDisk;
  try {
    const file = checkPrivateFile(options.path, disk);
    if (file.kind !== 'ok')
      return { ok: false, problem: file.kind === 'missing' ? `${options.path} is missing` : file.why };
    const chain = verifyChain(options.path, disk);
    if (!chain.ok) return { ok: false, problem: `line ${chain.line}: ${chain.why}` };
    createHead(options.headPath, disk);
    writeHead(options.headPath, chain.head, disk);
    return { ok: true, head: chain.head };
  } catch (error) {
    return { ok: false, problem: describeError(error) };
  }
}
