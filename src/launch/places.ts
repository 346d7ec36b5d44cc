import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { readCommandLine } from './argv.ts';
import { allowedHosts, type Environment } from './hosts.ts';
import { type PlaceSettings, readPlaceSettings } from './settings.ts';

/** The home that the systemd unit's installation gives the service user. */
const SERVICE_HOME = '/var/lib/grinder';

/** Variables of a process, as `process.env` has them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Everything the places are computed from: nothing else is read. */
export type PlaceInputs = {
  /** The arguments after the program's name. */
  readonly argv: readonly string[];
  readonly env: Variables;
  readonly cwd: string;
  readonly uid: number;
  /** Where any daemon of this user may have its runtime directory; those of every machine when not said. */
  readonly commonDirs?: readonly string[];
  /** The configuration that was found, with its absolute path; null for the built-in simulator defaults. */
  readonly config: { readonly path: string; readonly text: string } | null;
};

/** Every place on this machine, and every host, that one invocation may touch. All paths are absolute. */
export type Places = {
  readonly verb: string;
  readonly configPath: string | null;
  readonly environment: Environment;
  /** True when the simulator runs inside the daemon. */
  readonly embeddedSimulator: boolean;
  readonly stateDir: string;
  readonly auditPath: string;
  readonly logPath: string;
  /** The engine's feed file; null when a real exchange's configuration names none. */
  readonly expectedPath: string | null;
  /** Holds `accounts/<id>/` of real accounts: lock, stop latch, audit head. */
  readonly accountsBase: string;
  /** Where a process with other variables, or an earlier program, may have put the same: a stop or a lock there counts. */
  readonly otherAccountsBases: readonly string[];
  readonly runtimeDir: string;
  readonly socketPath: string;
  /** The registry entry that lets `grinder stop` find this daemon. */
  readonly registryPath: string;
  /** The socket of `POST /v1/expected`. */
  readonly feedPath: string;
  /** The socket of stop and status alone; null when none is configured. */
  readonly stopSocketPath: string | null;
  /** The local address of the socket that speaks to systemd. */
  readonly notifyPath: string;
  /** Where daemons of this user may have left registry entries, the own runtime directory first. */
  readonly registryDirs: readonly string[];
  readonly keyFiles: readonly string[];
  /** The file that `report` writes; null for none. */
  readonly reportPath: string | null;
  /** Null when `metrics.listen` is not `host:port`. */
  readonly metricsHost: string | null;
  readonly metricsPort: number | null;
  readonly hosts: readonly string[];
};

/** Computes every place of one invocation; pure, so that launcher and program agree. */
export function computePlaces(inputs: PlaceInputs): Places {
  const { env } = inputs;
  const { verb, exchangeFlag, simKeyFiles, simFeed, reportFile, socketFlag, tokenFlag } = readCommandLine(
    inputs.argv,
  );
  const settings = readPlaceSettings(inputs.config?.text ?? '');
  const environment = asEnvironment(exchangeFlag) ?? asEnvironment(settings.environment) ?? 'sim';
  const smokeDir = verb === 'smoke' || verb === 'sim' ? (env['GRINDER_SMOKE_DIR'] ?? null) : null;
  const base = smokeDir ?? (inputs.config === null ? inputs.cwd : dirname(inputs.config.path));
  const named = smokeDir === null ? namedPaths(env, settings) : defaultPaths;
  const stateDir = resolve(base, named.stateDir);
  const runtimeDir = smokeDir ?? runtimeDirs(inputs)[0];
  const expected = named.expectedPath ?? (environment === 'sim' ? join(stateDir, 'expected.jsonl') : null);
  return {
    verb,
    configPath: inputs.config?.path ?? null,
    environment,
    embeddedSimulator: environment === 'sim' && settings.restEndpoint === null,
    stateDir,
    auditPath: resolve(base, named.auditPath),
    logPath: resolve(base, named.logPath),
    expectedPath:
      simFeed !== null ? resolve(inputs.cwd, simFeed) : expected === null ? null : resolve(base, expected),
    accountsBase: smokeDir ?? accountsBase(env),
    otherAccountsBases: smokeDir === null ? otherAccountsBases(env) : [],
    ...socketPlaces({
      runtimeDir,
      stateDir,
      base,
      controlSocket: smokeDir === null ? settings.controlSocket : null,
    }),
    stopSocketPath: smokeDir === null ? settings.stopSocket : null,
    ...(socketFlag === null ? {} : { socketPath: resolve(inputs.cwd, socketFlag) }),
    registryDirs: smokeDir === null ? runtimeDirs(inputs) : [smokeDir],
    reportPath: reportFile === null ? null : resolve(inputs.cwd, reportFile),
    keyFiles:
      smokeDir === null
        ? [...settings.secretFiles.map((path) => resolve(base, path)), ...tokenFile(inputs, tokenFlag)]
        : simKeyFiles.map((path) => resolve(inputs.cwd, path)),
    ...listenPlaces(settings.metricsListen ?? '127.0.0.1:9090'),
    hosts: smokeDir === null ? allowedHosts(environment, settings) : ['127.0.0.1'],
  };
}

/** What an operator types to accept an audit that is refused. */
export function adoptCommand({ configPath }: Pick<Places, 'configPath'>): string {
  return `grinder audit adopt${configPath === null ? '' : ` --config '${configPath}'`}`;
}

/** Reads `host:port`, an IPv6 host in brackets and a port up to 65535; null for anything else. */
export function parseListen(listen: string): { readonly host: string; readonly port: number } | null {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:\s]+):(\d{1,5})$/.exec(listen);
  const host = match?.[1];
  const port = Number(match?.[2] ?? Number.NaN);
  return host !== undefined && port <= 65_535 ? { host, port } : null;
}

/** The file with an operator's own token, where one was named. */
function tokenFile({ cwd, env }: PlaceInputs, flag: string | null): readonly string[] {
  const named = flag ?? nonEmpty(env['GRINDER_OPERATOR_TOKEN_FILE']);
  return named === null || named === undefined ? [] : [resolve(cwd, named)];
}

/** Names the directory of an account's lock, latch and audit head; `accountId` is a short hash, never a key. */
export function accountDir(places: Places, accountId: string): string {
  return places.embeddedSimulator
    ? join(places.stateDir, 'account')
    : join(places.accountsBase, 'accounts', accountId);
}

type NamedPaths = {
  readonly stateDir: string;
  readonly auditPath: string;
  readonly logPath: string;
  readonly expectedPath: string | null;
};

const defaultPaths: NamedPaths = {
  stateDir: 'state',
  auditPath: 'audit/reconcile.jsonl',
  logPath: 'logs/app.log',
  expectedPath: null,
};

function namedPaths(env: Variables, settings: PlaceSettings): NamedPaths {
  return {
    stateDir: nonEmpty(env['GRINDER_STATE_DIR']) ?? settings.stateDir ?? defaultPaths.stateDir,
    auditPath: nonEmpty(env['GRINDER_AUDIT_PATH']) ?? settings.auditPath ?? defaultPaths.auditPath,
    logPath: nonEmpty(env['GRINDER_LOG_PATH']) ?? settings.logPath ?? defaultPaths.logPath,
    expectedPath: settings.expectedPath,
  };
}

/** The key is a hash, because a socket's path may have 107 bytes only and a state directory's may be long. */
function socketPlaces(input: {
  readonly runtimeDir: string;
  readonly stateDir: string;
  readonly base: string;
  readonly controlSocket: string | null;
}) {
  const { runtimeDir } = input;
  const key = createHash('sha256').update(input.stateDir).digest('hex').slice(0, 12);
  return {
    runtimeDir,
    socketPath:
      input.controlSocket === null
        ? join(runtimeDir, `${key}.sock`)
        : resolve(input.base, input.controlSocket),
    registryPath: join(runtimeDir, `${key}.json`),
    feedPath: join(runtimeDir, `${key}.feed.sock`),
    notifyPath: join(runtimeDir, `${key}.notify`),
  };
}

/**
 * systemd's directory, the login session's, and a private one under /tmp; clients look in all of them, and where a session
 * of this user has its directory: a shell of cron or su is told of none, and its stop must reach the daemon all the same.
 */
function runtimeDirs({ env, uid, commonDirs }: PlaceInputs): readonly [string, ...string[]] {
  const systemd = nonEmpty(env['RUNTIME_DIRECTORY'])?.split(':')[0];
  const session = nonEmpty(env['XDG_RUNTIME_DIR']);
  const told = [systemd, session === null ? undefined : join(session, 'grinder')].flatMap((dir) =>
    dir?.startsWith('/') ? [dir] : [],
  );
  const unnamed = `/tmp/grinder-${uid}`;
  const common = commonDirs ?? [unnamed, `/run/user/${uid}/grinder`, '/run/grinder'];
  const [first = unnamed, ...rest] = new Set([...told, ...common]);
  return [first, ...rest];
}

/** Names the directories of the same account that another process of this user may be using, or have left. */
export function otherAccountDirs(places: Places, accountId: string): readonly string[] {
  if (places.embeddedSimulator) return [];
  return places.otherAccountsBases.map((base) => join(base, 'accounts', accountId));
}

/** The operator's home. The portable executable gives the runtime one of its own and tells theirs as GRINDER_HOME, empty for none. */
function homeOf(env: Variables): string | null {
  const home = nonEmpty(env['GRINDER_HOME'] ?? env['HOME']);
  return home?.startsWith('/') === true ? home : null;
}

/** The service user's home is the place itself: its daemon has it from the unit, and a shell of its own has only HOME. */
function accountsBase(env: Variables): string {
  const stateHome = nonEmpty(env['XDG_STATE_HOME']);
  if (stateHome?.startsWith('/')) return join(stateHome, 'grinder');
  const home = homeOf(env);
  return home === null || resolve(home) === SERVICE_HOME ? SERVICE_HOME : join(home, '.local/state/grinder');
}

/** What HOME alone says, and the service's place: a process without XDG_STATE_HOME, or without HOME, looks there. */
function otherAccountsBases(env: Variables): readonly string[] {
  const home = homeOf(env);
  const own = home === null ? [] : [join(home, '.local/state/grinder')];
  return [...own, SERVICE_HOME].filter((base) => base !== accountsBase(env));
}

function listenPlaces(listen: string) {
  const parsed = parseListen(listen);
  return { metricsHost: parsed?.host ?? null, metricsPort: parsed?.port ?? null };
}

function asEnvironment(value: string | null): Environment | null {
  return value === 'sim' || value === 'testnet' || value === 'mainnet' ? value : null;
}

/** An empty variable counts as unset. */
function nonEmpty(value: string | undefined): string | null {
  return value === undefined || value === '' ? null : value;
}
