/** The port's user stream: what changes in the truth, told a moment later, or late, twice, out of order, or not at all. */
import type { ExchangeEvent } from '../../src/exchange/exchange.ts';
import type { PortDeps } from './port.ts';
import { orderRow, positionRow } from './rows.ts';
import type { TruthChange } from './truth.ts';

const GATHER_MS = 50;
const ALIVE_MS = 20_000;
/** So long without a frame, and the socket is replaced. */
const WATCHDOG_MS = 30_000;

/** Connects by itself, and again after every loss. */
export function createPortStream(deps: PortDeps & { readonly emit: (event: ExchangeEvent) => void }): {
  readonly close: () => void;
} {
  const { owner, timeline, truth, weather, random, clock, witness, emit } = deps;
  let up = false;
  let silent = false;
  let closed = false;
  let held: TruthChange[] = [];

  const later = (ms: number, run: () => void): void => {
    timeline.after(ms, owner, () => {
      if (!closed) run();
    });
  };
  const readAll = (): void =>
    later(GATHER_MS, () => emit({ type: 'account_changed', symbols: [], eventTimeMs: 0 }));

  function connect(): void {
    later(weather.latencyMs() + 100, () => {
      up = true;
      silent = false;
      emit({ type: 'stream_up', atMs: clock.wallMs() });
      readAll();
    });
  }

  function lose(why: string): void {
    up = false;
    emit({ type: 'stream_down', atMs: clock.wallMs(), why });
    readAll();
    connect();
  }

  function alive(): void {
    if (up && !silent) emit({ type: 'stream_alive', atMs: clock.wallMs() });
    later(ALIVE_MS, alive);
  }

  function tell(changes: readonly TruthChange[]): void {
    if (!up || silent) return;
    const orders = changes.flatMap(({ order }) => (order === null ? [] : [orderRow(order)]));
    const positions = changes.flatMap(({ position }) => (position === null ? [] : [positionRow(position)]));
    if (!owner.dead) witness.heard(owner, { orders, positions });
    emit({ type: 'account_update', orders, positions, heardAtMonoMs: clock.monoMs() });
    const symbols = [...new Set([...orders, ...positions].map(({ symbol }) => symbol))];
    later(GATHER_MS, () => emit({ type: 'account_changed', symbols, eventTimeMs: timeline.nowMs() }));
  }

  truth.subscribe((change) => {
    if (owner.dead || closed || !up || silent) return;
    switch (weather.streamFault()) {
      case 'F33_silence':
        silent = true;
        later(WATCHDOG_MS, () => lose('no frame for 30000 ms'));
        return;
      case 'F34_duplicate':
        later(weather.latencyMs(), () => tell([change, change]));
        later(weather.latencyMs() + 500, () => tell([change]));
        return;
      case 'F35_reordered':
        held = [...held, change];
        later(random.whole(100, 1500), () => {
          tell(held.toReversed());
          held = [];
        });
        return;
      case 'F36_key_expired':
        // The frame in the change's place says so; what happens until the next connection is found by reading.
        lose('listen key expired');
        return;
      case 'F37_disconnect':
        lose('connection closed by the exchange');
        return;
      case 'F38_malformed':
        // It may hold a change in a form that nobody knows.
        emit({ type: 'stream_alive', atMs: clock.wallMs() });
        readAll();
        return;
      case 'F39_flood':
        readAll();
        return;
      case null:
        later(weather.latencyMs() + weather.streamDelayMs(), () => tell([change]));
        return;
    }
  });
  connect();
  alive();
  return {
    close: () => {
      closed = true;
    },
  };
}
