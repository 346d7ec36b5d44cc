/** Executor, journal and resolver over the real ccxt path against a simulator of their own. */
import { join } from 'node:path';
import { systemClock } from '../../src/engine/clock.ts';
import { type Disk, realDisk } from '../../src/engine/disk.ts';
import {
  createExecutor,
  type ExecuteRequest,
  type Executor,
  type ItemResult,
} from '../../src/engine/executor.ts';
import { flattenTerms } from '../../src/engine/flatten.ts';
import { createIntentResolver, type IntentResolver } from '../../src/engine/intents.ts';
import { type Journal, openJournal } from '../../src/engine/journal.ts';
import { tail } from '../../src/engine/journal-scan.ts';
import { plan } from '../../src/engine/plan.ts';
import { openLedger } from '../../src/engine/plan-ledger.ts';
import type {
  JudgedAction,
  Mismatch,
  Observation,
  PlannedAction,
  PositionSide,
  SymbolRules,
} from '../../src/engine/types.ts';
import { hashWire, wireRequest } from '../../src/exchange/wire.ts';
import { scratch } from '../engine/durable.ts';
import { startWorld, type World, type WorldOptions } from '../exchange/world.ts';
import { cancelMismatch, flattenMismatch } from '../helpers/engine-world.ts';

export interface WriteWorld extends AsyncDisposable {
  readonly world: World;
  /** What happens elsewhere after the last read and before the write leaves. */
  readonly meanwhile: { beforeDispatch: () => Promise<void> };
  readonly journal: Journal;
  readonly executor: Executor;
  readonly resolver: IntentResolver;
  /** Places a stray order, reads it and plans its cancel. */
  readonly planCancel: (symbol?: string) => Promise<PlannedAction>;
  /** Opens a position of 0.010, reads it and plans its flatten. */
  readonly planFlatten: (amount?: string, positionSide?: PositionSide) => Promise<PlannedAction>;
  readonly execute: (
    actions: readonly PlannedAction[],
    change?: Partial<ExecuteRequest>,
  ) => Promise<readonly ItemResult[]>;
  /** Asks about what is open until nothing is, or an operator has to say. */
  readonly resolve: () => Promise<void>;
  /** The audit's lines. */
  readonly lines: () => readonly {
    readonly status: string | null;
    readonly details: Record<string, unknown>;
  }[];
  /** How many writes reached the exchange's door. */
  readonly written: () => Promise<number>;
  readonly readPicture: () => Promise<Observation>;
}

export interface WriteWorldOptions extends WorldOptions {
  /** Runs inside every fdatasync of the journal, after the bytes are written. */
  readonly onSync?: () => void;
}

const RUN = { runId: 'r1', stage: 4, mode: 'live', actionMode: 'auto', configDigest: 'd' } as const;
const RULES = { windowMs: 0, agreeing: 3, maxReads: 12 };

export async function startWriteWorld(options: WriteWorldOptions = {}): Promise<WriteWorld> {
  const directory = scratch();
  const world = await startWorld({ options: { requestTimeoutMs: 300 }, ...options });
  const { exchange, interlock, sim } = world;
  const disk: Disk = {
    ...realDisk,
    fdatasync: (fd) => {
      realDisk.fdatasync(fd);
      options.onSync?.();
    },
  };
  const path = join(directory.path, 'audit', 'a.jsonl');
  const journal = openJournal({
    path,
    headPath: join(directory.path, 'head', 'h'),
    clock: systemClock,
    disk,
  });
  let picture: Observation | null = null;
  let rules: ReadonlyMap<string, SymbolRules> = new Map();
  const readPicture = async (): Promise<Observation> => {
    const read = await exchange.rules();
    if (read.kind === 'ok') rules = new Map(read.rules.map((rule) => [rule.symbol, rule]));
    picture = await exchange.observe({ symbols: ['BTCUSDT', 'ETHUSDT'] });
    return picture;
  };
  const mode = () => picture?.positionMode ?? null;
  const meanwhile: WriteWorld['meanwhile'] = { beforeDispatch: async () => undefined };
  const executor = createExecutor({
    exchange: {
      ...exchange,
      dispatch: async (write, permit) => {
        await meanwhile.beforeDispatch();
        return exchange.dispatch(write, permit);
      },
    },
    journal,
    interlock,
    clock: systemClock,
    hashRequest: (write) => hashWire(wireRequest(write, mode())),
    flattenTerms: (input) => {
      const rule = rules.get(input.action.symbol);
      if (rule === undefined) return { kind: 'impossible', reason: 'no rules' };
      return flattenTerms({
        ...input,
        positionMode: mode(),
        rules: rule,
        maxSlippageBps: 50,
        orderType: 'limit',
      });
    },
    log: () => undefined,
    permitMs: 2000,
  });
  const resolver = createIntentResolver({
    exchange,
    journal,
    clock: systemClock,
    rules: RULES,
    spacingMs: 0,
    inFlight: executor.inFlight,
    stamp: () => RUN,
    log: () => undefined,
  });
  const planOne = (mismatch: Mismatch): PlannedAction => {
    const prices = new Map((picture?.prices ?? []).map((price) => [price.symbol, price]));
    const [action] = plan([mismatch], { prices, rules });
    if (action === undefined) throw new Error('expected a planned action');
    return action;
  };
  return {
    world,
    meanwhile,
    journal,
    executor,
    resolver,
    readPicture,
    planCancel: async (symbol = 'BTCUSDT') => {
      const clientOrderId = await sim.placeStray(symbol);
      const seen = await readPicture();
      const order = seen.orders.find((one) => one.clientOrderId === clientOrderId);
      if (order === undefined) throw new Error('expected to see the stray order');
      return planOne(cancelMismatch(1, order));
    },
    planFlatten: async (amount = '0.010', positionSide = 'BOTH') => {
      await sim.setPosition('BTCUSDT', amount, positionSide);
      const seen = await readPicture();
      const position = seen.positions.find(
        (one) => one.symbol === 'BTCUSDT' && one.positionSide === positionSide,
      );
      if (position === undefined) throw new Error('expected to see the position');
      return planOne({ ...flattenMismatch(amount), observedPosition: position });
    },
    execute: (actions, change = {}) => {
      const runnable = actions.map((action): JudgedAction => ({ action, verdicts: [], reason: null }));
      return executor.execute({
        run: RUN,
        actions: runnable,
        epoch: interlock.epoch(),
        rejudge: () => null,
        ledger: openLedger(runnable),
        unplanned: () => undefined,
        ...change,
      });
    },
    resolve: async () => {
      for (let round = 0; round < 40 && journal.state().openIntents.size > 0; round += 1) {
        if (resolver.manual().length > 0) return;
        await resolver.tick();
      }
    },
    lines: () => tail(path, 1000).map((line) => JSON.parse(line)),
    written: async () => (await sim.writes()).length,
    [Symbol.asyncDispose]: async () => {
      await world[Symbol.asyncDispose]();
      journal.close();
      directory[Symbol.dispose]();
    },
  };
}
