/** The account a daemon works on: its key, its name, and where its lock, latch and audit head live. */
import { createHash, randomBytes } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { checkPrivateFile, readPrivateFile } from '../engine/files.ts';
import { accountDir, otherAccountDirs, type Places } from '../launch/places.ts';
import type { Settings } from './load.ts';

/** A key pair and what it is called. The secret is never shown, logged or written. */
export interface Account {
  /** `sim`, or the first 12 hex digits of the key's sha256. */
  readonly name: string;
  readonly directory: string;
  /** Where another process of this user, or an earlier program, may keep the same. */
  readonly otherDirectories: readonly string[];
  readonly apiKey: string;
  readonly apiSecret: string;
}

export type AccountResult =
  | { readonly ok: true; readonly account: Account }
  | { readonly ok: false; readonly problem: string };

const MAX_KEY_BYTES = 4096;

/** Reads the key files (refused when others can read them), or makes a key for the embedded simulator. */
export function readAccount(settings: Settings, places: Places): AccountResult {
  if (settings.embeddedSimulator) {
    const apiKey = randomBytes(32).toString('hex');
    return {
      ok: true,
      account: {
        name: 'sim',
        directory: accountDir(places, 'sim'),
        otherDirectories: [],
        apiKey,
        apiSecret: randomBytes(32).toString('hex'),
      },
    };
  }
  const { keyFile, secretFile } = settings.exchange;
  if (keyFile === undefined || secretFile === undefined)
    return { ok: false, problem: 'exchange.key_file and exchange.secret_file are missing' };
  const key = readSecret(keyFile, places);
  if (!key.ok) return key;
  const secret = readSecret(secretFile, places);
  if (!secret.ok) return secret;
  if (key.text === secret.text)
    return { ok: false, problem: `the key file ${keyFile} and the secret file ${secretFile} hold the same` };
  const hash = shortHash(key.text);
  const name = settings.exchange.environment === 'sim' ? 'sim' : hash;
  return {
    ok: true,
    account: {
      name,
      directory: accountDir(places, hash),
      otherDirectories: otherAccountDirs(places, hash),
      apiKey: key.text,
      apiSecret: secret.text,
    },
  };
}

/** Finds where the account's lock, latch and audit head live, for a command that needs no key but its hash. */
export function findAccountDir(
  settings: Settings,
  places: Places,
): { readonly ok: true; readonly directory: string } | { readonly ok: false; readonly problem: string } {
  if (settings.embeddedSimulator) return { ok: true, directory: accountDir(places, 'sim') };
  const { keyFile } = settings.exchange;
  if (keyFile === undefined) return { ok: false, problem: 'exchange.key_file is missing' };
  const key = readSecret(keyFile, places);
  return key.ok ? { ok: true, directory: accountDir(places, shortHash(key.text)) } : key;
}

function shortHash(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 12);
}

function readSecret(
  name: string,
  places: Places,
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string } {
  const base = places.configPath === null ? process.cwd() : dirname(places.configPath);
  const path = resolve(base, name);
  const check = checkPrivateFile(path);
  if (check.kind === 'missing') return { ok: false, problem: `the key file ${path} does not exist` };
  if (check.kind === 'refused')
    return { ok: false, problem: `the key file ${path} is refused: ${check.why}` };
  try {
    const text = readPrivateFile(path, MAX_KEY_BYTES)?.trim() ?? '';
    return /^[\x21-\x7e]{8,}$/.test(text)
      ? { ok: true, text }
      : { ok: false, problem: `the key file ${path} does not hold one line with a key` };
  } catch (error) {
    return {
      ok: false,
      problem: `the key file ${path} can't be read: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
