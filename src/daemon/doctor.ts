/**
 * The prerequisites looked at from outside: by reads of its own where no daemon runs, by the daemon's own judgement of the
 * exchange where one does. Never starts a loop, has no writer, takes no lock and leaves no file.
 */
import { join } from 'node:path';
import { type Account, readAccount } from '../config/account.ts';
import type { Settings } from '../config/load.ts';
import type { StatusDocument } from '../control/protocol.ts';
import { lookAtAudit } from '../engine/audit-look.ts';
import type { Clock } from '../engine/clock.ts';
import type { Disk } from '../engine/disk.ts';
import { describeError } from '../engine/files.ts';
import { openPauseRecord, pausePath } from '../engine/pause-record.ts';
import { judgePrerequisites, type PrerequisiteFacts, prerequisite } from '../engine/prerequisites.ts';
import type { Criterion } from '../engine/types.ts';
import { type ProbedAccount, probeAccount } from '../exchange/probe.ts';
import type { Places } from '../launch/places.ts';
import {
  accountLock,
  expectedFeed,
  keyFiles,
  metricsPort,
  openPlaces,
  stopLatch,
  tryAudit,
} from './doctor-places.ts';
import { startEmbedded } from './embedded-simulator.ts';
import { settledFacts } from './place-facts.ts';

export interface DoctorInputs {
  readonly settings: Settings;
  readonly places: Places;
  readonly clock: Clock;
  /** What this configuration's daemon says of itself; null when none runs. */
  readonly daemon: StatusDocument | null;
  readonly disk?: Disk;
}

export interface Examination {
  /** What the account is called; null when its key can't be read. */
  readonly account: string | null;
  readonly checks: readonly Criterion[];
}

/** Items about the exchange, which a running daemon knows better. */
const ASK_THE_DAEMON = ['whitelist', 'clock', 'key_rights', 'position_mode'];
/** Items about settings, which are those it was started with and not those of this shell. */
const ITS_SETTINGS = ['identity', 'flatten_cap', 'budgets', 'cooldown', 'whole_position'];

/** Looks at everything once; rejects for a bug only. */
export async function examine(inputs: DoctorInputs): Promise<Examination> {
  const { settings, places, clock, daemon } = inputs;
  const read = readAccount(settings, places);
  const account = read.ok ? read.account : null;
  const audit = judgeAudit(inputs, account);
  const probed: Probed =
    daemon !== null
      ? { why: 'asked of the daemon' }
      : account === null
        ? { why: 'not asked: the key can not be read' }
        : await askExchange(settings, places, {
            ...{ account, clock },
            // A ban outlives an audit that was lost, spoiled or switched off.
            backoffUntilMs: Math.max(audit.backoffUntilMs, pausedUntil(account, inputs.disk)),
          });
  const judged = judgePrerequisites({
    ...settledFacts(settings, places),
    ...exchangeFacts(probed),
    auditProblem: null,
    disk: audit.disk,
    modes: openPlaces(places, account?.directory ?? null),
  }).map((one) => (one.id === 'audit' ? audit.criterion : (told(daemon, one.id) ?? one)));
  const people = new Set(['team_notified', 'whole_position']);
  const checks = [
    configuration({ digest: settings.digest, account: account?.name ?? null }, daemon?.daemon ?? null),
    ...judged.filter(({ id }) => !people.has(id)),
    keyFiles(places, read.ok ? null : read.problem),
    ...(account === null ? [] : [accountLock(account, daemon?.daemon ?? null)]),
    ...(account === null
      ? []
      : [stopLatch(places, account.directory, { daemon: daemon?.latch ?? null, audit: audit.standingStop })]),
    await metricsPort(places, daemon === null ? null : daemon.daemon.metrics),
    daemon === null
      ? expectedFeed(settings, places, { clock, accountName: account?.name ?? '' })
      : toldFeed(daemon),
    ...judged.filter(({ id }) => people.has(id)),
  ];
  return { account: account?.name ?? null, checks };
}

/** A daemon started with other settings, or with another key, is judged by those, not by the files as they are now. */
function configuration(
  here: { readonly digest: string; readonly account: string | null },
  running: { readonly config_digest: string; readonly account: string } | null,
): Criterion {
  const short = here.digest.slice(0, 12);
  const others = [
    ...(running === null || running.config_digest === here.digest
      ? []
      : [`digest ${short} here, the daemon runs with ${running.config_digest.slice(0, 12)}`]),
    ...(running === null || here.account === null || running.account === here.account
      ? []
      : [`account ${here.account} here, the daemon works on ${running.account}`]),
  ];
  const title = 'configuration';
  return others.length === 0
    ? prerequisite('config', title, 'PASS', `digest ${short}`)
    : prerequisite('config', title, 'INCONCLUSIVE', others.join('; '));
}

function pausedUntil(account: Account, disk: Disk | undefined): number {
  return openPauseRecord(pausePath(account.directory), disk).untilMs;
}

type Probed = ProbedAccount | { readonly why: string };

/** Asks the account by reads of its own; an embedded simulator is started for that alone, without its trader. */
async function askExchange(
  settings: Settings,
  places: Places,
  from: { readonly account: Account; readonly clock: Clock; readonly backoffUntilMs: number },
): Promise<Probed> {
  const { account, clock, backoffUntilMs } = from;
  const { exchange } = settings;
  const quiet = { ...settings, simulator: { ...settings.simulator, trader: false } };
  const started = settings.embeddedSimulator ? await startEmbedded(quiet, places, account) : null;
  if (started?.ok === false) return { why: started.problem };
  const simulator = started?.simulator ?? null;
  try {
    return await probeAccount(
      {
        environment: exchange.environment,
        restUrl: simulator?.restUrl ?? exchange.endpoints.rest ?? null,
        wsUrl: null,
        apiKey: account.apiKey,
        apiSecret: account.apiSecret,
        recvWindowMs: exchange.recvWindowMs,
        requestTimeoutMs: exchange.requestTimeoutMs,
        backoffUntilMs,
      },
      clock,
    );
  } catch (error) {
    return { why: describeError(error) };
  } finally {
    await simulator?.close();
  }
}

function exchangeFacts(probed: Probed): Pick<PrerequisiteFacts, 'symbols' | 'clock' | 'keyRights'> & {
  readonly positionMode: 'one_way' | 'hedge' | null;
} {
  if ('why' in probed) {
    const { why } = probed;
    const unknown = { kind: 'unknown', why } as const;
    return {
      symbols: unknown,
      clock: { kind: 'failed', error: why },
      keyRights: unknown,
      positionMode: null,
    };
  }
  const { rules, clock, keyRights, positionMode } = probed;
  return {
    symbols:
      rules.kind === 'ok'
        ? { kind: 'ok', names: new Set(rules.rules.map(({ symbol }) => symbol)) }
        : { kind: 'unknown', why: rules.error },
    clock,
    keyRights,
    positionMode: positionMode.kind === 'ok' ? positionMode.mode : null,
  };
}

/** What the daemon said about an item that it knows better. */
function told(daemon: StatusDocument | null, id: string): Criterion | null {
  const said = daemon?.prerequisites.find((one) => one.id === id);
  if (said !== undefined && ITS_SETTINGS.includes(id)) return said;
  if (daemon === null || !ASK_THE_DAEMON.includes(id)) return null;
  return (
    said ?? prerequisite(id, id.replace('_', ' '), 'INCONCLUSIVE', 'the daemon has not looked at it yet')
  );
}

function toldFeed({ sources }: StatusDocument): Criterion {
  const feed = sources.find(({ source }) => source === 'expected');
  const age = feed?.age_ms == null ? 'silent' : `last line ${(feed.age_ms / 1000).toFixed(1)} s old`;
  const detail = feed?.detail ?? '';
  const figure = detail === '' ? age : `${age}: ${detail}`;
  return prerequisite(
    'feed',
    'expected state of the engine',
    feed?.up === true ? 'PASS' : 'INCONCLUSIVE',
    figure,
  );
}

/** An audit that is off holds at stage 1; one that can't be written or trusted has to be repaired. */
function judgeAudit({ settings, places, daemon, disk }: DoctorInputs, account: Account | null) {
  const tried = tryAudit(places, disk);
  const say = (verdict: Criterion['verdict'], figure: string) =>
    prerequisite('audit', 'audit writable and synced', verdict, figure);
  if (!settings.audit.enabled)
    return {
      ...{ ...tried, backoffUntilMs: 0, standingStop: null },
      criterion: say('INCONCLUSIVE', 'switched off: at most stage 1'),
    };
  const look = lookAtAudit({
    path: places.auditPath,
    headPath: join(account?.directory ?? places.stateDir, 'audit-head.json'),
  });
  const known = account === null ? null : look.problem;
  const said = daemon?.prerequisites.find(({ id, verdict }) => id === 'audit' && verdict !== 'PASS');
  const problem = tried.problem ?? known ?? said?.figure ?? null;
  const open = look.openIntents === 0 ? '' : `, ${look.openIntents} write(s) without a known outcome`;
  const criterion =
    problem === null
      ? say('PASS', `${look.head.seq} lines verified, a write synced${open}`)
      : say('FAIL', problem);
  const { backoffUntilMs, standingStop } = look;
  return { disk: tried.disk, backoffUntilMs, standingStop, criterion };
}
