/** What the daemon does with what the exchange thread tells on its own. */
import { breakStream, hear } from '../engine/view.ts';
import type { ExchangeEvent } from '../exchange/exchange.ts';
import type { Core } from './core.ts';
import { keepPause } from './keeping-pauses.ts';
import { heard, lost } from './observing.ts';
import { noteRepairs } from './other-executor.ts';

export interface ListenerDeps {
  readonly core: Core;
  readonly runSoon: () => void;
  /** The stream told something: decide on it at once. */
  readonly decideSoon: () => void;
  /** The exchange thread is gone: nothing can be read or sent any more in this process. */
  readonly fatal: (why: string) => void;
}

/** Takes one event. */
export function onExchangeEvent(
  { core, runSoon, decideSoon, fatal }: ListenerDeps,
  event: ExchangeEvent,
): void {
  const { vitals, notebook, clock } = core;
  switch (event.type) {
    case 'stream_up':
      if (vitals.ws.up !== true) notebook.note('info', 'STREAM_UP', 'WS: the user stream is up');
      vitals.ws = heard(core, 'ok');
      vitals.view = breakStream(vitals.view, clock.monoMs());
      runSoon();
      return;
    case 'stream_alive':
      vitals.ws = heard(core, 'ok');
      return;
    case 'stream_down':
      core.interlock.advance();
      if (vitals.ws.up !== false)
        notebook.note('warn', 'STREAM_DOWN', `WS: Skipping the user stream, it is down: ${event.why}`);
      vitals.ws = lost(vitals.ws, event.why);
      vitals.view = breakStream(vitals.view, null);
      return;
    case 'account_changed': {
      core.interlock.advance();
      const isUp = vitals.view.wholeSinceMonoMs !== null;
      if (event.symbols.length === 0 && isUp) vitals.view = breakStream(vitals.view, clock.monoMs());
      runSoon();
      return;
    }
    case 'account_update':
      core.interlock.advance();
      noteRepairs(core, event.orders);
      vitals.view = hear(vitals.view, {
        orders: event.orders,
        positions: event.positions,
        heardAtMonoMs: Math.min(event.heardAtMonoMs, clock.monoMs()),
      });
      decideSoon();
      return;
    case 'backoff': {
      core.interlock.advance();
      const leftMs = Math.max(0, event.untilMs - clock.wallMs());
      vitals.backoff = {
        untilMs: Math.max(vitals.backoff.untilMs, event.untilMs),
        untilMonoMs: Math.max(vitals.backoff.untilMonoMs, clock.monoMs() + leftMs),
      };
      notebook.note(
        'warn',
        'EXCHANGE_BACKOFF',
        `the exchange asks for a pause of ${Math.ceil(leftMs / 1000)} s: ${event.why}`,
      );
      keepPause(core, event.untilMs, event.why);
      return;
    }
    case 'write_sent': {
      vitals.writesSent += 1;
      const word = event.kind === 'cancel' ? 'port.cancel' : 'port.place';
      notebook.log('info', word, `${word} ${event.symbol} ${event.intentId}`, {
        run_id: vitals.runId,
        symbol: event.symbol,
        intent_id: event.intentId,
      });
      return;
    }
    case 'used_weight':
      return;
    case 'thread_failed':
      fatal(event.why);
      return;
  }
}
