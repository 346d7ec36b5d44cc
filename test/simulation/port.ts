/**
 * The exchange port of one process over the truth. Reads are rows made here; a write goes the program's own way: wire
 * form, hash, pause, and the guard as it is asked with the connection open. What passed it has left.
 */
import type { Clock } from '../../src/engine/clock.ts';
import type { Interlock, Permit } from '../../src/engine/interlock.ts';
import type { Observation, SymbolRules } from '../../src/engine/types.ts';
import type {
  DispatchResult,
  Exchange,
  ExchangeEvent,
  ExchangeOptions,
  WriteRequest,
} from '../../src/exchange/exchange.ts';
import { createWriteGuard } from '../../src/exchange/guard.ts';
import { classify } from '../../src/exchange/outcome.ts';
import { createPause } from '../../src/exchange/pause.ts';
import type { Reply } from '../../src/exchange/reply.ts';
import { hashWire, refuseWrite, wireRequest } from '../../src/exchange/wire.ts';
import { carryOut } from './gateway.ts';
import type { Look } from './look-rules.ts';
import { createPortReads } from './port-reads.ts';
import { createPortStream } from './port-stream.ts';
import type { Random } from './random.ts';
import type { Owner, Timeline } from './timeline.ts';
import type { Truth } from './truth.ts';
import type { Weather } from './weather.ts';
import type { RawReply } from './write-faults.ts';

/** What the observer is told by the exchange's side of the wire. */
export interface WireWitness {
  /** A request leaves. */
  readonly called: (owner: Owner) => void;
  /** A write's bytes leave. */
  readonly departed: (departure: Departure) => void;
  /** A write reached the exchange and was carried out, or not. */
  readonly arrived: (
    departure: Departure,
    /** `moved`: the account is not what it was; an order may be taken and fill nothing. */
    came: { readonly executed: boolean; readonly moved: boolean },
  ) => void;
  /** The reply to a write reached the process, and what the program makes of it. */
  readonly answered: (departure: Departure, result: DispatchResult) => void;
  /** The exchange answered a question about one order, or one symbol's position. */
  readonly toldOf: (owner: Owner, item: string) => void;
  /** Such an answer came, or none. */
  readonly looked: (owner: Owner, look: Look) => void;
  /** The stream told these rows. */
  readonly heard: (owner: Owner, rows: Rows) => void;
  /** The process was told to stay away for so long. */
  readonly toldPause: (owner: Owner, ms: number) => void;
  readonly observed: (owner: Owner, observation: Observation) => void;
}

export type Rows = Pick<Observation, 'orders' | 'positions'>;

export interface Departure {
  readonly owner: Owner;
  readonly write: WriteRequest;
  readonly permit: Permit;
  readonly params: Readonly<Record<string, string>>;
  readonly atMs: number;
}

export interface PortDeps {
  readonly owner: Owner;
  readonly timeline: Timeline;
  readonly truth: Truth;
  readonly weather: Weather;
  readonly random: Random;
  readonly clock: Clock;
  readonly interlock: Interlock;
  readonly options: ExchangeOptions;
  readonly rules: readonly SymbolRules[];
  readonly witness: WireWitness;
}

const NOTHING: RawReply = { status: 200, text: '', retryAfterS: null };

/** Makes the port of one process. */
export function createPort(deps: PortDeps): Exchange {
  const { owner, timeline, truth, weather, random, clock, interlock, options, witness } = deps;
  const listeners = new Set<(event: ExchangeEvent) => void>();
  const emit = (event: ExchangeEvent): void => {
    if (!owner.dead) for (const listener of [...listeners]) listener(event);
  };
  const pause = createPause(clock, options.backoffUntilMs);
  const guard = createWriteGuard(interlock, clock, new Set());
  const wait = (ms: number): Promise<void> =>
    new Promise((goOn) => {
      timeline.after(ms, owner, goOn);
    });
  const reads = createPortReads({ ...deps, pause, wait, learn });
  const stream = createPortStream({ ...deps, emit });
  let hasWriter = false;

  async function send(write: WriteRequest, permit: Permit): Promise<DispatchResult> {
    const mode = reads.mode();
    const reason = refuseWrite(write, mode);
    if (reason !== null) return { status: 'NOT_SENT', message: reason };
    const wire = wireRequest(write, mode);
    if (hashWire(wire) !== permit.requestHash)
      return { status: 'NOT_SENT', message: 'request differs from its intent' };
    // The library's throttle, and the connection.
    await wait(random.chance(0.05) ? random.whole(1000, 4000) : random.whole(1, 60));
    const recvWindow = String(options.recvWindowMs);
    const params = { ...wire.params, recvWindow, timestamp: String(clock.wallMs()), signature: 'x' };
    const { method, path } = wire;
    const refused = pause.why() ?? guard({ method, path, params }, permit);
    if (refused !== null) return { status: 'NOT_SENT', message: refused };
    const departure = { owner, write, permit, params, atMs: timeline.nowMs() };
    witness.called(owner);
    witness.departed(departure);
    emit({ type: 'write_sent', kind: write.kind, symbol: write.symbol, intentId: permit.intentId });
    const reply = await deliver(departure, { method, path, params });
    const result = classify(write, reply, (text) => text);
    witness.answered(departure, result);
    return result;
  }

  /** From here on the world goes its way, whatever becomes of the process. */
  async function deliver(
    departure: Departure,
    request: { readonly method: string; readonly path: string; readonly params: Departure['params'] },
  ): Promise<Reply> {
    const fault = weather.writeFault();
    if (fault !== null && random.chance(0.25))
      weather.mute(departure.write.clientOrderId, random.whole(60_000, 400_000));
    const isUnheard = fault?.delivered === true && fault.reply(NOTHING) === null;
    const overtakes = fault?.overtakes === true;
    // What nobody hears of may also be on its way for as long as the exchange takes it.
    const lingers = (isUnheard || overtakes) && random.chance(0.6);
    const thereMs = lingers ? lingerMs(departure) : weather.latencyMs();
    let raw: RawReply = { status: 200, text: '{}', retryAfterS: null };
    if (fault === null || fault.delivered)
      timeline.after(thereMs, null, () => {
        const { status, body, executed, moved } = carryOut(truth, random, request, timeline.nowMs());
        raw = { status, text: JSON.stringify(body), retryAfterS: null };
        const { kind, clientOrderId, symbol } = departure.write;
        const movedSymbol = kind === 'flatten' ? symbol : null;
        if (moved) weather.copies.changed({ clientOrderId, symbol: movedSymbol, sentMs: departure.atMs });
        witness.arrived(departure, { executed, moved });
      });
    const answerMs =
      (overtakes ? weather.latencyMs() : thereMs) + weather.latencyMs() + (fault?.delayMs ?? 0);
    if (fault?.breaks === true) {
      await wait(weather.latencyMs());
      return { kind: 'none', sent: true, why: 'the connection was reset' };
    }
    await wait(Math.min(answerMs, options.requestTimeoutMs));
    // A process that stood still finds its own limit over, whatever has come meanwhile.
    const isLate = timeline.nowMs() - departure.atMs > options.requestTimeoutMs;
    const answer =
      isLate || answerMs > options.requestTimeoutMs ? null : fault === null ? raw : fault.reply(raw);
    if (answer === null) {
      await wait(Math.max(0, options.requestTimeoutMs - answerMs));
      return { kind: 'none', sent: true, why: `no complete reply within ${options.requestTimeoutMs} ms` };
    }
    learn(answer);
    return { kind: 'reply', httpStatus: answer.status, text: answer.text, value: undefined, serverMs: null };
  }

  /** A request is stuck for any time, and often comes through at last when it is nearly, or just, too late. */
  function lingerMs({ params }: Departure): number {
    const lastMs = Number(params['timestamp']) + options.recvWindowMs - timeline.nowMs();
    const fromMs = random.chance(0.5) ? 5 : lastMs - 400;
    return Math.max(5, random.whole(fromMs, lastMs + 50));
  }

  function learn({ status, text, retryAfterS }: RawReply): void {
    const retryAfter = retryAfterS === null ? null : String(retryAfterS);
    const asked = pause.note({ httpStatus: status, retryAfter, text });
    if (retryAfterS !== null) witness.toldPause(owner, retryAfterS * 1000);
    if (asked !== null) emit({ type: 'backoff', ...asked });
  }

  return {
    ...reads.port,
    setWriter: async (exists) => {
      hasWriter = exists;
    },
    dispatch: async (write, permit) => {
      if (!hasWriter) return { status: 'NOT_SENT', message: 'no writer exists below stage 4' };
      return send(write, permit);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    close: async () => {
      hasWriter = false;
      stream.close();
    },
  };
}
