/** Who holds an account's lock: a stop must not miss a daemon whose sockets and entry lie where this shell doesn't look. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type LockHolder, peekLock, readHolder } from '../engine/lock.ts';

/** A daemon that holds an account. */
export interface Holding {
  readonly account: string;
  readonly holder: LockHolder;
}

/**
 * Finds the daemons that hold the lock of any account of this user, or may hold it where that can't be told. A lock that is
 * free has no holder, whatever a dead one left there.
 */
export function heldAccounts(accountsBase: string): readonly Holding[] {
  return accountsIn(accountsBase).flatMap((account) => {
    const path = join(accountsBase, 'accounts', account, 'lock.sqlite');
    const lock = peekLock(path);
    const holder = lock.kind === 'held' ? lock.holder : lock.kind === 'free' ? null : readHolder(path);
    // What holds it without a socket is no daemon.
    return holder === null || holder.socket === '' ? [] : [{ account, holder }];
  });
}

function accountsIn(accountsBase: string): readonly string[] {
  try {
    return readdirSync(join(accountsBase, 'accounts')).sort();
  } catch {
    return [];
  }
}
