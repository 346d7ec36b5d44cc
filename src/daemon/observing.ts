/** Takes a picture of the exchange and notes how each source did; a failed read is said, never taken for "nothing". */
import type { Observation, ReadReport } from '../engine/types.ts';
import { show } from '../engine/view.ts';
import { takeSnapshot } from '../engine/view-snapshot.ts';
import type { Core, SourceState } from './core.ts';
import { noteDisagreements } from './disagreeing.ts';
import type { LogFields } from './notebook.ts';
import { noteRepairs } from './other-executor.ts';

/** Reads the exchange once, updates the vitals, and shows the read with what the stream told later laid over it. */
export async function observe(core: Core): Promise<Observation> {
  const { settings, vitals } = core;
  const observation = await core.exchange.observe({ symbols: settings.reconcile.symbolWhitelist });
  vitals.observation = observation;
  if (observation.complete) vitals.complete = observation;
  noteRepairs(core, observation.orders);
  vitals.rest = sourceAfter(core, vitals.rest, observation, 'rest');
  vitals.price = sourceAfter(core, vitals.price, observation, 'price');
  sayWhatWasSkipped(core, observation);
  const taken = takeSnapshot(vitals.view, observation);
  vitals.view = taken.view;
  noteDisagreements(core, taken.disagreements, observation.complete);
  return show(vitals.view, observation);
}

/** A source that nobody has heard of yet. */
export const UNHEARD: SourceState = {
  up: null,
  lastSuccessMonoMs: null,
  lastSuccessMs: null,
  detail: 'not read yet',
};

/** A source that did well just now. */
export function heard(core: Core, detail: string): SourceState {
  return { up: true, lastSuccessMonoMs: core.clock.monoMs(), lastSuccessMs: core.clock.wallMs(), detail };
}

/** A source that failed; its last success stays. */
export function lost(before: SourceState, detail: string): SourceState {
  return { ...before, up: false, detail };
}

function sourceAfter(
  core: Core,
  before: SourceState,
  observation: Observation,
  source: 'rest' | 'price',
): SourceState {
  const reads = observation.reads.filter((read) => read.source === source);
  const failed = reads.filter((read) => read.outcome !== 'ok');
  if (reads.length === 0) return before;
  if (failed.length === 0) return heard(core, 'ok');
  return lost(before, failed.map(({ endpoint, error }) => `${endpoint}: ${error}`).join('; '));
}

function timesOf({ took }: ReadReport): LogFields {
  if (took === undefined) return {};
  return { took_ms: Math.round(took.endedMonoMs - took.startedMonoMs), server_ms: took.serverMs };
}

/** The runbook's words for graceful degradation. */
function sayWhatWasSkipped(core: Core, observation: Observation): void {
  for (const read of observation.reads) {
    if (read.outcome === 'ok') continue;
    const where = `${read.endpoint}${read.symbol === null ? '' : ` ${read.symbol}`}`;
    if (read.source === 'price')
      core.notebook.log('warn', 'PRICE_UNAVAILABLE', `PRICE: Fetch ${where} ${read.outcome}: ${read.error}`, {
        ...read.took,
      });
    else
      core.notebook.log(
        'warn',
        'SNAPSHOT_INCOMPLETE',
        `REST: Skipping ${where}, ${read.outcome}: ${read.error}`,
        timesOf(read),
      );
  }
  if (core.vitals.ws.up === false)
    core.notebook.log(
      'warn',
      'STREAM_DOWN',
      `WS: Skipping the user stream, it is down: ${core.vitals.ws.detail}`,
    );
}
