/**
 * The model trading engine's conditional orders. One that fires ends, and rests on as an ordinary one of the same client id; the
 * engine tells of the two events in either order, at once or later, or takes them for one order and tells nothing.
 */
import { feedOrder } from './feed-orders.ts';
import type { TraderDeps } from './trader-types.ts';
import type { TruthOrder } from './truth.ts';

export interface StopOrderDeps
  extends Pick<TraderDeps, 'timeline' | 'truth' | 'feed' | 'random' | 'coverage' | 'symbols'> {
  readonly positionSide: 'BOTH' | 'LONG';
  readonly isSilent: () => boolean;
  readonly nextClientId: (symbol: string) => string;
  /** Orders that the engine wants, by id; what it does with its own is written here. */
  readonly wanted: Map<number, TruthOrder>;
  readonly ended: Map<number, number>;
  /** The client ids that it gave a conditional order. */
  readonly stops: Set<string>;
}

const LATE_MS = 60_000;

/** Makes what the engine does about them each minute or so. */
export function createStopOrders(deps: StopOrderDeps): () => void {
  const { timeline, truth, feed, random, coverage, symbols, wanted, ended } = deps;
  const tellEnd = ({ clientOrderId, symbol }: TruthOrder, reason: string): void =>
    feed.line({
      type: 'order_end',
      client_order_id: clientOrderId,
      symbol,
      reason,
      filled_quantity: '0.000',
    });
  const giveUp = ({ orderId }: TruthOrder): void => {
    wanted.delete(orderId);
    ended.set(orderId, timeline.nowMs());
  };

  function place(): void {
    const symbol = random.pick(symbols);
    const terms = { side: 'BUY', price: Math.round(truth.mark(symbol) * 0.95), quantity: 2 } as const;
    const clientOrderId = deps.nextClientId(symbol);
    deps.stops.add(clientOrderId);
    const order = { ...terms, symbol, clientOrderId, type: 'STOP', reduceOnly: false } as const;
    feed.line({ ...feedOrder(order), type: 'order' });
    const { positionSide } = deps;
    const placed = truth.place({ ...order, positionSide, conditional: true, owner: 'engine' });
    wanted.set(placed.orderId, placed);
  }

  function fire(stop: TruthOrder): void {
    coverage.count('conditional_order_fires');
    truth.expire(stop.orderId);
    giveUp(stop);
    const fired = truth.place({ ...stop, type: 'LIMIT', conditional: false });
    wanted.set(fired.orderId, fired);
    const ends = (): void => tellEnd(stop, 'EXPIRED');
    const goesOn = (): void => feed.line({ ...feedOrder(fired), type: 'order' });
    const both = random.pick([[ends, goesOn], [goesOn, ends], []]);
    let atMs = 0;
    for (const tell of both) {
      atMs += random.chance(0.5) ? random.whole(5, 400) : random.whole(400, LATE_MS);
      timeline.after(atMs, null, () => {
        if (wanted.has(fired.orderId) && !deps.isSilent()) tell();
      });
    }
  }

  return () => {
    const stop = [...wanted.values()].find(({ conditional }) => conditional);
    if (stop === undefined) {
      if (random.chance(0.25)) place();
    } else if (random.chance(0.7)) fire(stop);
    else if (truth.cancel(stop.orderId) !== null) {
      giveUp(stop);
      tellEnd(stop, 'CANCELED');
    }
  };
}
