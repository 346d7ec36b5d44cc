/** What a running daemon writes beside its socket, so that a client without a configuration finds it. */
export type RegistryEntry = {
  readonly pid: number;
  /** Where that number means this process; absent in what an earlier program wrote. */
  readonly host?: string;
  /** Short hash of the exchange key, or `sim`. */
  readonly account: string;
  readonly environment: string;
  readonly configPath: string | null;
  readonly stateDir: string;
  readonly socketPath: string;
};

/** Renders an entry as the JSON that `parseRegistryEntry` reads. */
export function formatRegistryEntry(entry: RegistryEntry): string {
  return `${JSON.stringify({
    schema_version: 1,
    pid: entry.pid,
    host: entry.host,
    account: entry.account,
    environment: entry.environment,
    config_path: entry.configPath,
    state_dir: entry.stateDir,
    socket_path: entry.socketPath,
  })}\n`;
}

/** Reads an entry; null for anything that is not one, such as a file that is still being written. */
export function parseRegistryEntry(text: string): RegistryEntry | null {
  const value = parseObject(text);
  const [pid, account, environment] = [value?.['pid'], value?.['account'], value?.['environment']];
  const [configPath, stateDir, socketPath] = [
    value?.['config_path'],
    value?.['state_dir'],
    value?.['socket_path'],
  ];
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0) return null;
  if (typeof account !== 'string' || typeof environment !== 'string' || typeof stateDir !== 'string')
    return null;
  if (typeof socketPath !== 'string' || !socketPath.startsWith('/')) return null;
  const host = value?.['host'];
  return {
    pid,
    ...(typeof host === 'string' ? { host } : {}),
    account,
    environment,
    configPath: typeof configPath === 'string' ? configPath : null,
    stateDir,
    socketPath,
  };
}

/** Where the holder of an account's lock says that it can be reached (see engine/lock.ts); null when it says nothing of use. */
export function parseHolder(
  text: string,
): { readonly socketPath: string; readonly stateDir: string | null } | null {
  const value = parseObject(text);
  const socketPath = value?.['socket'];
  if (typeof socketPath !== 'string' || !/^\/[^,\n\r\0]+$/.test(socketPath)) return null;
  const daemon = value?.['daemon'];
  const stateDir =
    typeof daemon === 'object' && daemon !== null && 'stateDir' in daemon ? daemon.stateDir : null;
  return { socketPath, stateDir: typeof stateDir === 'string' ? stateDir : null };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}
