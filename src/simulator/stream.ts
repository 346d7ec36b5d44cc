/** Listen keys and the user-data websocket, with its faults. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { StreamFault } from './faults.ts';
import type { ListenKeys } from './route.ts';

/** The listen keys and the sockets that hear them. */
export interface UserStream extends ListenKeys {
  /** Answers a websocket upgrade. A key that is not active is accepted and stays silent, as on the exchange. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  push(frame: unknown): void;
  applyFault(fault: StreamFault, nowMs: number): void;
  clearFaults(): void;
  /** Ends keys that were not renewed for 60 minutes. */
  expire(nowMs: number): void;
  connections(): number;
  shutDown(): void;
}

const KEY_LIFE_MS = 3_600_000;

/** Creates the stream; `nextKey` gives deterministic listen keys. */
export function createUserStream(nextKey: () => string): UserStream {
  const server = new WebSocketServer({ noServer: true, autoPong: false });
  const sockets = new Map<WebSocket, string | null>();
  let key: { readonly name: string; readonly untilMs: number } | undefined;
  let silent = false;
  const left = { duplicate: 0, reorder: 0, refuse: 0 };
  let held: string | undefined;

  const listening = (): readonly WebSocket[] =>
    [...sockets].filter(([, name]) => name !== null && name === key?.name).map(([socket]) => socket);

  function send(text: string): void {
    if (silent) return;
    for (const socket of listening()) if (socket.readyState === socket.OPEN) socket.send(text);
  }

  function push(frame: unknown): void {
    const text = JSON.stringify(frame);
    if (left.reorder > 0 && held === undefined) {
      left.reorder -= 1;
      held = text;
      return;
    }
    send(text);
    if (left.duplicate > 0) {
      left.duplicate -= 1;
      send(text);
    }
    if (held !== undefined) {
      const late = held;
      held = undefined;
      send(late);
    }
  }

  function expireKey(nowMs: number): void {
    if (key === undefined) return;
    push({ e: 'listenKeyExpired', E: nowMs, listenKey: key.name });
    key = undefined;
  }

  return {
    create(nowMs) {
      key = { name: key?.name ?? nextKey(), untilMs: nowMs + KEY_LIFE_MS };
      return key.name;
    },
    renew(nowMs) {
      if (key === undefined) return false;
      key = { ...key, untilMs: nowMs + KEY_LIFE_MS };
      return true;
    },
    close() {
      key = undefined;
    },
    upgrade(request, socket, head) {
      if (left.refuse > 0) {
        left.refuse -= 1;
        socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      server.handleUpgrade(request, socket, head, (ws) => {
        sockets.set(ws, keyInUrl(request.url ?? '/'));
        ws.on('ping', (data) => {
          if (!silent) ws.pong(data);
        });
        ws.on('message', (data) => {
          if (!silent) ws.send(JSON.stringify(answerOf(String(data))));
        });
        ws.on('close', () => sockets.delete(ws));
        ws.on('error', () => ws.terminate());
      });
    },
    push,
    applyFault(fault, nowMs) {
      const times = fault.times === 0 ? Number.POSITIVE_INFINITY : fault.times;
      switch (fault.kind) {
        case 'silence':
          silent = true;
          return;
        case 'drop':
          for (const socket of sockets.keys()) socket.terminate();
          return;
        case 'duplicate':
        case 'reorder':
        case 'refuse':
          left[fault.kind] = times;
          return;
        case 'malformed':
          return send('{"e":"ORDER_TRADE_UPDATE","o":{"s":"BTC');
        case 'flood':
          for (let n = 0; n < fault.count; n++) push(foreignFrame(n, nowMs));
          return;
        case 'expire_listen_key':
          return expireKey(nowMs);
      }
    },
    clearFaults() {
      silent = false;
      Object.assign(left, { duplicate: 0, reorder: 0, refuse: 0 });
    },
    expire(nowMs) {
      if (key !== undefined && nowMs >= key.untilMs) expireKey(nowMs);
    },
    connections: () => sockets.size,
    shutDown() {
      for (const socket of sockets.keys()) socket.terminate();
      server.close();
    },
  };
}

/** What LIST_SUBSCRIPTIONS gets on a user-data socket, which has no market streams; anything else is refused. */
function answerOf(text: string): unknown {
  const id = /"id":\s*(\d{1,15})/.exec(text)?.[1];
  if (id === undefined) return { error: { code: 3, msg: 'Invalid JSON: expected an id' } };
  if (!text.includes('"LIST_SUBSCRIPTIONS"'))
    return { error: { code: 2, msg: 'Invalid request' }, id: Number(id) };
  return { result: [], id: Number(id) };
}

/** The key in /private/ws?listenKey=KEY, /ws/KEY or /private/ws/KEY. */
function keyInUrl(url: string): string | null {
  const parsed = new URL(`http://127.0.0.1${url}`);
  return parsed.searchParams.get('listenKey') ?? /\/ws\/([^/]+)$/.exec(parsed.pathname)?.[1] ?? null;
}

function foreignFrame(n: number, nowMs: number): unknown {
  const terms = { s: 'BTCUSDT', S: 'BUY', o: 'LIMIT', ot: 'LIMIT', f: 'GTC', q: '0.002', p: '30000.0' };
  const state = {
    x: 'NEW',
    X: 'NEW',
    z: '0.000',
    l: '0',
    L: '0',
    ap: '0',
    sp: '0',
    rp: '0',
    R: false,
    m: false,
  };
  const ids = {
    c: `web_flood_${n}`,
    i: 900_000_000_000 + n,
    ps: 'BOTH',
    cp: false,
    T: nowMs,
    t: 0,
    wt: 'CONTRACT_PRICE',
  };
  return { e: 'ORDER_TRADE_UPDATE', E: nowMs, T: nowMs, o: { ...terms, ...state, ...ids } };
}
