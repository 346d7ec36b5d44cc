/** Who holds an account's lock: a stop must not miss a daemon whose sockets and entry lie where this shell doesn't look. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type LockHolder, peekLock, readHolder } from '../engine/lock.ts';

/** A daemon that holds an account; `holder` is null when it doesn't say which, as where a full disk took no name. */
export interface Holding {
  readonly account: string;
  readonly holder: LockHolder | null;
}

/**
 * Finds the daemons that hold the lock of any account of this user, or may hold it where that can't be told. A lock that is
 * free has no holder, whatever a dead one left there.
 */
export function heldAccounts(accountsBase: string): readonly Holding[] {
  return accountsIn(accountsBase).flatMap((account): readonly Holding[] => {
    const path = join(accountsBase, 'accounts', account, 'lock.sqlite');
    const lock = peekLock(path);
    if (lock.kind === 'free') return [];
    const holder = lock.kind === 'held' ? lock.holder : readHolder(path);
    if (holder === null) return lock.kind === 'held' ? [{ account, holder }] : [];
    // What holds it without a socket is no daemon.
    return holder.socket === '' ? [] : [{ account, holder }];
  });
}

function accountsIn(accountsBase: string): readonly string[] {
  try {
    return readdirSync(join(accountsBase, 'accounts')).sort();
  } catch {
    return [];
  }
}
