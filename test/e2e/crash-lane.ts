/** One machine that is killed again and again while it sends writes, beside an exchange that lives on and knows the truth. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readHead } from '../../src/engine/head-record.ts';
import { createMachine, type Machine, type RunningDaemon } from '../helpers/daemon.ts';
import { confirm4 } from './ceremony.ts';
import { type ExchangeApart, SPARE, startExchangeApart, TRADED } from './exchange-apart.ts';
import { type AuditLine, violations } from './safety.ts';
import { armKill, type KillPoint } from './strace.ts';
import { accountDirOf, leaveEvidence } from './veteran.ts';

const STRAYS = 3;
/** A flatten waits while there is something to cancel, and the day's budget is meant to run out. */
const EXPECTED_CLOSED: ReadonlySet<string> = new Set([
  ...['not_armed', 'mode_cancel_only', 'mode_flatten_only', 'max_calls_per_day'],
]);
/** Everything is settled and confirmed after 70 s, a position after 100 s. */
export const LANE_LIMIT_MS = 420_000;

export interface Lane extends AsyncDisposable {
  readonly machine: Machine;
  readonly apart: ExchangeApart;
  /** The journal's files, on which a kill point counts. */
  readonly files: readonly string[];
  /** Starts, waits until only the arming is missing, and gives back the daemon. */
  readonly ready: () => Promise<RunningDaemon>;
  /** Reads the audit and the exchange's log, and lists everything that must not be. */
  readonly judge: () => Promise<readonly string[]>;
  readonly auditLines: () => readonly AuditLine[];
}

/** What a lane's exchange starts with; `callsPerDay` is the budget that no number of crashes may stretch. */
export interface LaneSetting {
  readonly callsPerDay: number;
  readonly position?: string;
  readonly intervalMs?: number;
}

/** Makes a lane whose stages 1 to 3 are passed. */
export async function openLane(setting: LaneSetting): Promise<Lane> {
  const machine = await createMachine();
  const apart = await startExchangeApart(machine);
  machine.writeConfig({
    ...apart.config,
    reconcile: { ...apart.reconcile, interval_ms: setting.intervalMs ?? 4000 },
    budgets: { max_calls_per_day: setting.callsPerDay },
  });
  await leaveEvidence(machine, machine.canary.key);
  const account = accountDirOf(machine, machine.canary.key);
  const headPath = join(account, 'audit-head.json');
  if (setting.position !== undefined) await apart.control.setPosition(SPARE, setting.position);
  const own = new Set((await apart.control.state()).orders.map(({ clientOrderId }) => clientOrderId));

  const auditLines = (): readonly AuditLine[] =>
    readFileSync(machine.auditPath, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line): AuditLine => JSON.parse(line));

  return {
    ...{ machine, apart, auditLines },
    files: [machine.auditPath, headPath, `${headPath}.new`],
    ready: async () => {
      const daemon = await machine.start();
      const { orders } = await apart.control.state();
      for (let there = orders.length - own.size; there < STRAYS; there += 1)
        await apart.control.placeStray(TRADED);
      await daemon.when('stage 3 by itself', ({ stage }) => stage.in_force === 3);
      const { acknowledgements } = await daemon.status();
      for (const { item } of acknowledgements) await daemon.client.command('ack', { operator: 'ann', item });
      await daemon.when('a settled feed', ({ gates }) =>
        gates.some(({ gate, state }) => gate === 'expected_state_stale' && state === 'open'),
      );
      await daemon.when(
        'nothing but the arming missing',
        ({ gates, mismatch_count }) =>
          mismatch_count > 0 &&
          gates.every(({ gate, state }) => state === 'open' || EXPECTED_CLOSED.has(gate)),
      );
      return daemon;
    },
    judge: async () => {
      const head = readHead(headPath);
      const lines = auditLines();
      const { orders, positions } = await apart.control.state();
      const open = new Set(orders.map(({ clientOrderId }) => clientOrderId));
      return [
        ...violations(lines, await apart.control.writes(), { callsPerDay: setting.callsPerDay, own }),
        ...[...own].filter((id) => !open.has(id)).map((id) => `our own order ${id} is gone`),
        ...positions
          .filter(({ positionAmt }) => Number(positionAmt) < 0)
          .map(({ symbol }) => `the position on ${symbol} flipped`),
        ...(head.kind === 'ok' && head.head.seq <= lines.length ? [] : ['an acknowledged line is lost']),
      ];
    },
    [Symbol.asyncDispose]: async () => {
      apart[Symbol.dispose]();
      await machine[Symbol.asyncDispose]();
    },
  };
}

/** Arms the kill and enters stage 4; resolves with when the daemon is dead. A point that never comes is an error. */
export async function liveUntilKilled(lane: Lane, daemon: RunningDaemon, point: KillPoint): Promise<void> {
  const tracer = await armKill(daemon.pid, point, lane.files);
  // The kill may hit the confirmation itself, which then has no answer.
  await Promise.race([confirm4(lane.machine), daemon.ended]);
  const ended = await daemon.ended;
  tracer.kill('SIGKILL');
  if (ended.code !== 137) throw new Error(`not killed but ended with ${ended.code}: ${ended.err}`);
}
