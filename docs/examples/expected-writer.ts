/**
 * Writes what a trading engine believes, one JSON object a line, as grinder reads it. Node, Bun or Deno; no dependencies.
 *
 *     bun expected-writer.ts PATH [--rotate]     writes a short demonstration
 *
 * Take the class into the engine; docs/expected-state.md has the rules it keeps.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, constants, openSync, renameSync, writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

export interface Order {
  readonly client_order_id: string;
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly order_type?: string;
  readonly price: string;
  readonly quantity: string;
  readonly filled_quantity?: string;
  readonly reduce_only?: boolean;
}

export interface Position {
  readonly symbol: string;
  readonly position_side?: 'BOTH' | 'LONG' | 'SHORT';
  /** Signed; 0 is said, never left out. */
  readonly amount: string;
}

export interface Picture {
  readonly orders: readonly Order[];
  readonly positions: readonly Position[];
  readonly applied_event_ms: number;
  readonly kill_switch?: boolean;
}

/** One session of an engine. Writes synchronously, so lines can't overtake each other. */
export class ExpectedWriter {
  readonly #path: string;
  readonly #account: string;
  readonly #environment: 'sim' | 'testnet' | 'mainnet';
  readonly #sessionId = randomUUID();
  #seq = 0;
  #file: number;

  constructor(path: string, account: string, environment: 'sim' | 'testnet' | 'mainnet') {
    this.#path = path;
    this.#account = account;
    this.#environment = environment;
    this.#file = open(path);
  }

  /** Says everything at once: first in a session, after a fault, and now and then. */
  checkpoint(picture: Picture): void {
    this.#write({
      type: 'checkpoint',
      account: this.#account,
      environment: this.#environment,
      ...picture,
    });
  }

  /** Call it before the order is sent, and again when it is filled in part. */
  order(order: Order): void {
    this.#write({ type: 'order', ...order });
  }

  /** The order is open no longer. */
  orderEnd(end: {
    readonly client_order_id: string;
    readonly symbol: string;
    readonly reason: 'FILLED' | 'CANCELED' | 'EXPIRED' | 'REJECTED';
    readonly filled_quantity?: string;
  }): void {
    this.#write({ type: 'order_end', ...end });
  }

  /** At once when a fill changes it. */
  position(position: Position): void {
    this.#write({ type: 'position', ...position });
  }

  killSwitch(active: boolean, reason = ''): void {
    this.#write({ type: 'kill_switch', active, reason });
  }

  /** Every second or so: exchange time up to which every event is in the lines before this one. */
  heartbeat(appliedEventMs: number): void {
    this.#write({ type: 'heartbeat', applied_event_ms: appliedEventMs });
  }

  /** Moves the file aside and begins a new one, whose first line is a checkpoint; the session goes on. */
  rotate(picture: Picture): void {
    renameSync(this.#path, `${this.#path}.1`);
    closeSync(this.#file);
    this.#file = open(this.#path);
    this.checkpoint(picture);
  }

  #write(record: object): void {
    this.#seq += 1;
    const line = { session_id: this.#sessionId, seq: this.#seq, ts_ms: Date.now(), ...record };
    let data = Buffer.from(`${JSON.stringify(line)}\n`);
    while (data.length > 0) data = data.subarray(writeSync(this.#file, data));
  }
}

/** Nobody else may write it, and a link is not followed. */
function open(path: string): number {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
  return openSync(path, flags, 0o600);
}

function demonstrate(path: string, rotate: boolean): void {
  const writer = new ExpectedWriter(path, 'sim', 'sim');
  const stamp = Math.floor(Date.now() / 1000);
  const quote = (number: number, side: 'BUY' | 'SELL', price: string): Order => ({
    client_order_id: `grinder_1_BTCUSDT_1_${stamp}_${number}`,
    symbol: 'BTCUSDT',
    side,
    order_type: 'LIMIT',
    price,
    quantity: '0.010',
  });
  const bid = quote(1, 'BUY', '59000.0');
  const ask = quote(2, 'SELL', '61000.0');
  const flat = { symbol: 'ETHUSDT', amount: '0' };
  writer.checkpoint({
    orders: [],
    positions: [{ symbol: 'BTCUSDT', amount: '0' }, flat],
    applied_event_ms: Date.now(),
  });
  writer.order(bid); // ... and only now is it sent to the exchange
  writer.order(ask);
  writer.order({ ...bid, filled_quantity: '0.004' });
  writer.position({ symbol: 'BTCUSDT', amount: '0.004' });
  writer.orderEnd({ client_order_id: ask.client_order_id, symbol: 'BTCUSDT', reason: 'CANCELED' });
  writer.killSwitch(false);
  writer.heartbeat(Date.now());
  if (!rotate) return;
  writer.rotate({
    orders: [{ ...bid, filled_quantity: '0.004' }],
    positions: [{ symbol: 'BTCUSDT', amount: '0.004' }, flat],
    applied_event_ms: Date.now(),
  });
  writer.heartbeat(Date.now());
}

const [, script = '', path, option] = process.argv;
if (pathToFileURL(script).href === import.meta.url) {
  if (path === undefined) throw new Error('usage: expected-writer.ts PATH [--rotate]');
  demonstrate(path, option === '--rotate');
}
