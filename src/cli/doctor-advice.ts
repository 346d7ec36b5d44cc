/** What to do about an item of the doctor's that isn't well. */
import type { CriterionVerdict } from '../engine/types.ts';

/** One sentence for an item and its verdict; empty when nothing is to be done. */
export function adviceFor(id: string, verdict: CriterionVerdict): string {
  if (verdict === 'PASS') return '';
  const [failed, inconclusive] = ADVICE[id] ?? ['', ''];
  return verdict === 'FAIL' ? failed : inconclusive;
}

const ASK_AGAIN = 'look at network, keys and permissions of the exchange, then run it again';

/** By item: when it FAILs, and when nobody could tell. */
const ADVICE: Readonly<Record<string, readonly [failed: string, inconclusive: string]>> = {
  config: ['', 'restart the daemon (./run_live.sh) when the settings here are the ones you mean'],
  daemon: ['the daemon there does not answer as expected: see its log; grinder stop stops it for good', ''],
  identity: ['set identity.prefix and identity.allowed_strategies', ''],
  whitelist: [
    'list only symbols that the exchange trades and whose ids fit, in reconcile.symbol_whitelist',
    ASK_AGAIN,
  ],
  flatten_cap: [
    'set reconcile.max_flatten_notional_usdt above zero',
    'lower reconcile.max_flatten_notional_usdt to 100, or acknowledge it: grinder ack flatten_cap',
  ],
  budgets: ['set every cap and budget to a finite amount above zero', ''],
  cooldown: [
    'set reconcile.cooldown_seconds above zero',
    'raise reconcile.cooldown_seconds to 60, or acknowledge it: grinder ack cooldown',
  ],
  audit: [
    'repair the disk or the rights of its directory; for a moved or cut file see docs/runbook.md',
    'switch audit.enabled on: without it stage 1 is the highest',
  ],
  clock: ['set the clock of this machine (chrony, systemd-timesyncd), then run it again', ASK_AGAIN],
  key_rights: [
    'use a key of this very exchange and environment that may trade futures and may neither withdraw nor transfer, from this address',
    'bind the key to this address, or acknowledge it: grinder ack key_rights',
  ],
  position_mode: ['', ASK_AGAIN],
  disk: ['free 100 MiB or more where the audit lies', 'look at the directory of the audit'],
  file_modes: ['chmod go-w the directories, chmod 600 the sockets', 'look at the paths named'],
  key_files: ['put the files there, chmod 600, owned by the user that runs the daemon', ''],
  account_lock: [
    'only one process may work on an account: stop the other one, or use another key',
    'look at the lock file in the account directory',
  ],
  stop_latch: ['find out why it was stopped; then grinder clear-stop ID', ''],
  metrics_port: ['end what listens there, or name a free port in metrics.listen', ''],
  feed: [
    'chmod go-w the file and its directory, owned by the engine or this user',
    'start the trading engine, or see docs/expected-state.md',
  ],
  team_notified: ['', 'tell the team, then: grinder ack team_notified'],
  whole_position: ['', 'if nothing else trades these symbols: grinder ack whole_position'],
};
