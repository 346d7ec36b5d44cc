/** The steps of a shadow evaluation: changes of a gate's input. Pure. */
import { decimal } from '../engine/decimal.ts';
import type { ActionKind, GateName } from '../engine/types.ts';
import type { GateInput, GateWorld } from './gate.ts';

/** One gate's shadow: the kind of canary it can stop, how it opens, how it alone closes. */
export interface Shadow {
  readonly aim: ActionKind;
  readonly open: (input: GateInput) => GateInput;
  readonly close: (input: GateInput) => GateInput;
  /** Later gates that can't but close with it. */
  readonly implies?: readonly GateName[];
}

/** A change of the world, by world and action as they are. */
export type WorldChange = (world: GateWorld, action: GateInput['action']) => Partial<GateWorld>;

/** Opens and closes by the world alone, for a cancel. */
export function ofWorld(open: WorldChange, close: WorldChange): Shadow {
  return {
    aim: 'cancel',
    open: (input) => inWorld(input, open(input.world, input.action)),
    close: (input) => inWorld(input, close(input.world, input.action)),
  };
}

/** Opens and closes one switch of the stage. */
export function ofSwitch(name: 'dryRun' | 'allowActiveRemediation' | 'armed', well: boolean): Shadow {
  const set =
    (value: boolean): WorldChange =>
    ({ switches }) => ({ switches: { ...switches, [name]: value } });
  return ofWorld(set(well), set(!well));
}

/** Opens and closes by what the run has taken already. */
export function ofRun(
  unused: Partial<GateInput['run']>,
  full: (limits: GateWorld['limits']) => Partial<GateInput['run']>,
): Shadow {
  return {
    aim: 'cancel',
    open: (input) => ({ ...input, run: { ...input.run, ...unused } }),
    close: (input) => ({ ...input, run: { ...input.run, ...full(input.world.limits) } }),
  };
}

/** Changes the world. */
export function inWorld(input: GateInput, change: Partial<GateWorld>): GateInput {
  return { ...input, world: { ...input.world, ...change } };
}

/** Changes the action. */
export function act(input: GateInput, change: Partial<GateInput['action']>): GateInput {
  return { ...input, action: { ...input.action, ...change } };
}

/** Figures of a comparison in which one thing matches. */
export function massOf(unexpected: number, ours: number): NonNullable<GateWorld['mass']> {
  return { unexpected, ours, matched: 1, differing: unexpected, acknowledged: false, pending: false };
}

/** As far as the item's own update; a position has lain still for just longer than it has to. */
export function caughtUp(input: GateInput): GateInput {
  const { world, confirmation } = input;
  const stillMs = world.expected.positionLagMs + world.confirmAfterMs + 1;
  const movedAtMs = movedAt(input);
  const known = confirmation ?? { completeReads: 0, spanMs: 0, stillMs: 0 };
  return {
    ...inWorld(input, {
      // A line of now: the older the newest one is, the longer a position has to lie still.
      expected: { ...world.expected, ageMs: 0, fault: null, appliedEventMs: movedAtMs },
      exchangeNowMs: movedAtMs + stillMs,
    }),
    confirmation: { ...known, stillMs },
  };
}

/** Puts the feed a millisecond behind the item's own update. */
export function behind(input: GateInput): GateInput {
  const { expected } = input.world;
  return inWorld(input, { expected: { ...expected, appliedEventMs: movedAt(input) - 1 } });
}

function movedAt({ action }: GateInput): number {
  const { observedOrder, observedPosition } = action.mismatch;
  return (action.action === 'cancel' ? observedOrder : observedPosition)?.updatedAtMs ?? 0;
}

/** Confirms by so many complete reads, as far apart as is asked. */
export function seen(input: GateInput, completeReads: number): GateInput {
  const stillMs = input.confirmation?.stillMs ?? 0;
  return { ...input, confirmation: { completeReads, spanMs: input.world.confirmAfterMs, stillMs } };
}

/** Dates the symbol's price. */
export function priced(input: GateInput, ageMs: number): GateInput {
  const { symbol } = input.action;
  const markPrice = input.world.prices.get(symbol)?.markPrice ?? '1';
  return inWorld(input, { prices: new Map(input.world.prices).set(symbol, { markPrice, ageMs }) });
}

/** Lets the exchange take an order of just this quantity. */
export function roomy(input: GateInput): GateInput {
  const { symbol, quantity } = input.action;
  return inWorld(input, {
    largestOrders: new Map(input.world.largestOrders).set(symbol, quantity ?? '1'),
  });
}

/** Lets the run have moved an amount already. */
export function spending(input: GateInput, notionalUsdt: string): GateInput {
  return { ...input, run: { ...input.run, notionalUsdt } };
}

/** Marks the canary as one, or as a real order. */
export function marked(input: GateInput, synthetic: boolean): GateInput {
  return act(input, { synthetic, mismatch: { ...input.action.mismatch, synthetic } });
}

/** What has to have moved already for the action to pass a cap by a cent. */
export function justPast(input: GateInput, cap: string): string {
  return decimal(cap)
    .plus('0.01')
    .minus(decimal(input.action.notionalUsdt ?? '0'))
    .toFixed();
}

/** An amount just above. */
export function plusCent(amount: string): string {
  return decimal(amount).plus('0.01').toFixed();
}

/** The amount, or the cap where it is unknown or above. */
export function smaller(amount: string | null, cap: string): string {
  return amount === null || decimal(amount).isGreaterThan(decimal(cap)) ? cap : amount;
}
