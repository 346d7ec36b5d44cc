import { parse } from 'yaml';

/** The few configuration values that name a place or a host; null where the file says nothing usable. */
export type PlaceSettings = {
  readonly environment: string | null;
  readonly restEndpoint: string | null;
  readonly wsEndpoint: string | null;
  /** Every value whose key ends in `_file`, wherever it stands: keys, secrets, operators' tokens. */
  readonly secretFiles: readonly string[];
  readonly stateDir: string | null;
  readonly auditPath: string | null;
  readonly logPath: string | null;
  readonly expectedPath: string | null;
  readonly metricsListen: string | null;
  readonly controlSocket: string | null;
  readonly stopSocket: string | null;
};

/**
 * Reads the place settings out of a configuration's text.
 *
 * Tolerant on purpose: text that is not YAML gives no settings, because the program's own check reports it far better.
 */
export function readPlaceSettings(text: string): PlaceSettings {
  const document = parseOrNull(text);
  return {
    environment: textAt(document, ['exchange', 'environment']),
    restEndpoint: textAt(document, ['exchange', 'endpoints', 'rest']),
    wsEndpoint: textAt(document, ['exchange', 'endpoints', 'ws']),
    secretFiles: collectSecretFiles(document),
    stateDir: textAt(document, ['state_dir']),
    auditPath: textAt(document, ['audit', 'path']),
    logPath: textAt(document, ['log', 'path']),
    expectedPath: textAt(document, ['expected_state', 'path']),
    metricsListen: textAt(document, ['metrics', 'listen']),
    controlSocket: textAt(document, ['control', 'socket']),
    stopSocket: textAt(document, ['control', 'stop_socket']),
  };
}

function parseOrNull(text: string): unknown {
  try {
    return parse(text, { logLevel: 'silent' });
  } catch {
    return null;
  }
}

function textAt(document: unknown, path: readonly string[]): string | null {
  let value = document;
  for (const key of path) {
    if (!isRecord(value)) return null;
    value = value[key];
  }
  return typeof value === 'string' && value !== '' ? value : null;
}

function collectSecretFiles(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(collectSecretFiles);
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key.endsWith('_file') && typeof inner === 'string' && inner !== '' ? [inner] : collectSecretFiles(inner),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
