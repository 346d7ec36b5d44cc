/**
 * Walks the stages on a private simulator and checks each by three witnesses: the daemon's status, its /metrics, and the
 * simulator's own log of what it was asked to do.
 */
import type { Settings } from '../config/load.ts';
import { type ControlClient, connectControl } from '../control/client.ts';
import type { StatusDocument } from '../control/protocol.ts';
import { type Daemon, startDaemon } from '../daemon/daemon.ts';
import type { Places } from '../launch/places.ts';
import { type Check, checkStage, type Figures, STAGES, type StageFigures } from './smoke-checks.ts';
import { readFigures } from './smoke-figures.ts';

export interface SmokeReport {
  readonly schema_version: 1;
  readonly passed: boolean;
  readonly inject_mismatch: boolean;
  readonly duration_ms: number;
  readonly stages: readonly {
    readonly stage: number;
    readonly name: string;
    readonly checks: readonly Check[];
  }[];
  readonly not_proven: readonly string[];
  readonly failures: readonly string[];
}

export interface SmokeOptions {
  readonly settings: Settings;
  readonly places: Places;
  /** Places a stray order, so that every gate has something to judge. */
  readonly inject: boolean;
}

const STAGE_LIMIT_MS = 14_000;
const OPERATOR = 'smoke';

/** Walks from 0 to 4; never rejects for what the daemon does, only for what breaks the walk itself. */
export async function walkStages(options: SmokeOptions): Promise<SmokeReport> {
  const startedMs = performance.now();
  const ended = Promise.withResolvers<number>();
  const daemon = await startDaemon({
    settings: options.settings,
    places: options.places,
    ownedByTerminal: false,
    stderr: null,
    ended: ended.resolve,
  });
  if (!daemon.ok) throw new Error(`the smoke's daemon can't start: ${daemon.problem}`);
  const client = connectControl(daemon.socketPath);
  try {
    const stages = await walk(options, daemon, client);
    const all = stages.flatMap(({ checks, stage }) => checks.map((check) => ({ ...check, stage })));
    const said = (verdict: Check['verdict']) =>
      all
        .filter((check) => check.verdict === verdict)
        .map(({ stage, title, figure }) => `stage ${stage}: ${title} (${figure})`);
    const failures = said('FAIL');
    return {
      schema_version: 1,
      passed: failures.length === 0,
      inject_mismatch: options.inject,
      duration_ms: Math.round(performance.now() - startedMs),
      stages,
      not_proven: said('INCONCLUSIVE'),
      failures,
    };
  } finally {
    client.close();
    daemon.shutdown(OPERATOR);
    await ended.promise;
  }
}

async function walk(options: SmokeOptions, daemon: Daemon, client: ControlClient) {
  const simulatorUrl = daemon.simulatorUrl ?? '';
  const figures = () => readFigures({ client, metricsUrl: daemon.metricsUrl, simulatorUrl });
  await waitFor(client, (status) => status.stage.earned >= 1);
  const results: { stage: number; name: string; checks: readonly Check[] }[] = [];
  let stray: string | null = null;
  for (const { stage, name } of STAGES) {
    const before = await figures();
    const entered = stage === 0 || (await enter(client, stage));
    if (stage === 1 && options.inject) stray = await placeStray(simulatorUrl, options.settings);
    // Long enough for the stage to pass its own criteria, or to show that it can't.
    if (entered)
      await waitFor(client, (status) =>
        settled(status, stage, { inject: options.inject, executedBefore: before.executed }),
      );
    const after: Figures = await figures();
    const seen: StageFigures = { stage, entered, before, after, inject: options.inject, stray };
    results.push({ stage, name, checks: checkStage(seen) });
  }
  return results;
}

/** Enters a stage the way an operator does: under the settings that are shown, with the confirmation that is asked for. */
async function enter(client: ControlClient, stage: 1 | 2 | 3 | 4 | 0): Promise<boolean> {
  const { config_digest } = (await client.status()).daemon;
  const ask = (more: { readonly confirm?: string } = {}) =>
    client.command('stage', { stage, operator: OPERATOR, config_digest, ...more });
  const offered = await ask();
  if (stage !== 4) return waitFor(client, (status) => status.stage.in_force === stage);
  // The plan may move between look and confirmation; then one looks again, as a person would.
  let confirm = offered.confirmation?.phrase;
  for (let attempt = 0; attempt < 5 && confirm !== undefined; attempt += 1) {
    if ((await ask({ confirm })).ok) return true;
    confirm = (await ask()).confirmation?.phrase;
  }
  return false;
}

/** Has the stage shown what it can show? */
function settled(
  status: StatusDocument,
  stage: number,
  seen: { readonly inject: boolean; readonly executedBefore: number },
): boolean {
  if (status.stage.in_force !== stage) return false;
  if (stage === 0) return true;
  if (stage === 4) return status.counters.executed > seen.executedBefore && status.mismatch_count === 0;
  const criteria = status.stage.criteria;
  const needed = seen.inject ? criteria : criteria.filter(({ id }) => id === 'dwell');
  return needed.every(({ verdict }) => verdict === 'PASS');
}

async function placeStray(simulatorUrl: string, settings: Settings): Promise<string | null> {
  const body = JSON.stringify({ symbol: settings.reconcile.symbolWhitelist[0] });
  const response = await fetch(`${simulatorUrl}/sim/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const placed: unknown = await response.json();
  if (typeof placed !== 'object' || placed === null || !('clientOrderId' in placed)) return null;
  return typeof placed.clientOrderId === 'string' ? placed.clientOrderId : null;
}

/** Waits for a status, at most a stage's limit; false when it didn't come. */
async function waitFor(client: ControlClient, holds: (status: StatusDocument) => boolean): Promise<boolean> {
  const limit = performance.now() + STAGE_LIMIT_MS;
  while (performance.now() < limit) {
    if (holds(await client.status())) return true;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  return false;
}
