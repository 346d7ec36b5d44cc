/** An executor over a real journal and interlock, with an exchange that answers from memory. */
import { join } from 'node:path';
import { type Disk, realDisk } from '../../src/engine/disk.ts';
import { createExecutor, type ExecuteRequest, type ExecutorTools } from '../../src/engine/executor.ts';
import { flattenTerms } from '../../src/engine/flatten.ts';
import { createInterlock } from '../../src/engine/interlock.ts';
import { openJournal } from '../../src/engine/journal.ts';
import { tail } from '../../src/engine/journal-scan.ts';
import { openLedger } from '../../src/engine/plan-ledger.ts';
import type { GateName, JudgedAction, PlannedAction } from '../../src/engine/types.ts';
import { hashWire, wireRequest } from '../../src/exchange/wire.ts';
import type { RunUsage } from '../../src/gates/gate.ts';
import { cancelMismatch, flattenMismatch, planned, rules } from '../helpers/engine-world.ts';
import { handClock } from './durable.ts';
import { scriptedExchange } from './scripted-exchange.ts';

export const run = {
  runId: 'run-1',
  stage: 4,
  mode: 'live',
  actionMode: 'auto',
  configDigest: 'digest',
} as const;
export const runnable = (action: PlannedAction): JudgedAction => ({ action, verdicts: [], reason: null });
export const cancel = (seq: number, symbol = 'BTCUSDT') => planned(cancelMismatch(seq, { symbol }));
export const flatten = (amount: string) => planned(flattenMismatch(amount));
export const hashRequest = (write: Parameters<typeof wireRequest>[0]) =>
  hashWire(wireRequest(write, 'one_way'));

/** Builds one in a directory; every gate is open. */
export function world(directory: string, disk: Disk = realDisk) {
  const clock = handClock();
  const interlock = createInterlock();
  interlock.clearLatch();
  interlock.allowWrites(true);
  const path = join(directory, 'audit', 'a.jsonl');
  const headPath = join(directory, 'account', 'head');
  const open = () => openJournal({ path, headPath, clock });
  const journal = openJournal({ path, headPath, clock, disk });
  const scripted = scriptedExchange(interlock, { nowMonoMs: clock.monoMs, hashRequest });
  const logged: string[] = [];
  const asked: PlannedAction[] = [];
  const usedBefore: RunUsage[] = [];
  const unplanned: string[] = [];
  const judge: { answer: GateName | null } = { answer: null };
  const tools: ExecutorTools = {
    exchange: scripted.exchange,
    journal,
    interlock,
    clock,
    hashRequest,
    flattenTerms: (input) =>
      flattenTerms({
        ...input,
        positionMode: 'one_way',
        rules: rules(),
        maxSlippageBps: 50,
        orderType: 'limit',
      }),
    log: (event) => {
      logged.push(event);
    },
    permitMs: 2000,
  };
  const executor = createExecutor(tools);
  const execute = (actions: readonly PlannedAction[], change: Partial<ExecuteRequest> = {}) =>
    executor.execute({
      run,
      actions: actions.map(runnable),
      epoch: interlock.epoch(),
      ledger: openLedger(actions.map(runnable)),
      unplanned: (why) => {
        unplanned.push(why);
        interlock.allowWrites(false);
      },
      rejudge: (action, used) => {
        asked.push(action);
        usedBefore.push(used);
        return judge.answer;
      },
      ...change,
    });
  const lines = () => tail(path, 100).map((line) => JSON.parse(line));
  return {
    ...scripted,
    clock,
    interlock,
    journal,
    open,
    tools,
    executor,
    execute,
    lines,
    logged,
    asked,
    usedBefore,
    unplanned,
    judge,
    path,
  };
}

/** What became of each action, in a word. */
export const statuses = (results: readonly { readonly status: string; readonly reason: string | null }[]) =>
  results.map(({ status, reason }) => (reason === null ? status : `${status}:${reason}`));
