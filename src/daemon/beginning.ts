/** A daemon's first moments, once everything is joined: it listens to the exchange, says how it began, and obeys a stop that waits. */
import { entryBase } from './ceremony.ts';
import type { Core } from './core.ts';
import type { EngineRoom } from './engine-room.ts';
import { onExchangeEvent } from './listening.ts';
import { recallMass } from './mass.ts';
import { recallOther } from './other-executor.ts';
import { obeyStopFile } from './stopping.ts';

export interface BeginningDeps {
  readonly core: Core;
  readonly room: Pick<EngineRoom, 'scheduler' | 'eventRuns'>;
  readonly stopNow: (by: string, reason: string) => unknown;
  /** The exchange can't be reached any more in this process. */
  readonly fatal: (why: string) => void;
}

/** Call it once, before the first heartbeat. */
export function begin({ core, room, stopNow, fatal }: BeginningDeps): void {
  const { journal, notebook } = core;
  const heard = { core, runSoon: room.scheduler.soon, decideSoon: room.eventRuns.soon, fatal };
  core.exchange.subscribe((event) => onExchangeEvent(heard, event));
  sayHowItBegan(core);
  obeyStopFile(core, stopNow);
  if (!journal.healthy()) notebook.alarm('audit', `AUDIT UNAVAILABLE: ${journal.problem()}`);
}

function sayHowItBegan(core: Core): void {
  const { settings, identity, vitals, journal, notebook } = core;
  const { version, commit, account } = identity;
  const details = { digest: settings.digest, version, commit, account, covered: settings.flat };
  journal.append({ ...entryBase(core), event_type: 'CONFIG_LOADED', details });
  const { request } = vitals.stage;
  const text = `started: ${settings.exchange.environment}, account ${account}, request ${request.stage} by ${request.by}`;
  notebook.note('info', 'STARTED', text);
  recallMass(core);
  recallOther(core);
  if (vitals.latch !== null)
    notebook.note('alarm', 'STOP_LATCHED', `still latched: ${vitals.latch.id} by ${vitals.latch.by}`);
}
