/** A key that nobody may ever see again: planted in a machine's configuration, searched for when the machine goes. */
import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Running } from './process.ts';

/** A key and its secret, and the two private files that alone may hold them. */
export interface Canary {
  readonly key: string;
  readonly secret: string;
  readonly keyFile: string;
  readonly secretFile: string;
}

/** Writes a fresh canary into a machine's directory. */
export function plantCanary(dir: string): Canary {
  const canary = {
    key: `KEYCANARY${randomBytes(16).toString('hex')}`,
    secret: `SECRETCANARY${randomBytes(16).toString('hex')}`,
    keyFile: join(dir, 'canary.key'),
    secretFile: join(dir, 'canary.secret'),
  };
  writeFileSync(canary.keyFile, `${canary.key}\n`, { mode: 0o600 });
  writeFileSync(canary.secretFile, `${canary.secret}\n`, { mode: 0o600 });
  return canary;
}

/** Everything a secret could have got into. */
export interface Traces {
  /** Searched with all that is below them. */
  readonly directories: readonly string[];
  readonly children: readonly Running[];
  /** Answers of sockets, by a name for the reader. */
  readonly answers: Readonly<Record<string, string>>;
}

/** Names every place that holds the key or the secret, as it is or encoded. */
export function findCanary(canary: Canary, traces: Traces): readonly string[] {
  const forms = [canary.key, canary.secret].flatMap((text) => [
    text,
    Buffer.from(text).toString('base64').replace(/=+$/, ''),
    Buffer.from(text).toString('hex'),
    [...text].reverse().join(''),
  ]);
  const holds = (text: string): boolean => forms.some((form) => text.includes(form));
  const own: readonly string[] = [canary.keyFile, canary.secretFile];
  const files = traces.directories.flatMap(filesBelow).filter((path) => !own.includes(path));
  const processes = traces.children
    .filter((child) => child.exitCode() === null)
    .flatMap(({ pid }) => withDescendants(pid));
  return [
    ...files.filter((path) => holds(path) || holds(readOrEmpty(path))),
    ...processes.flatMap((pid) =>
      ['cmdline', 'environ'].map((name) => `/proc/${pid}/${name}`).filter((path) => holds(readOrEmpty(path))),
    ),
    ...traces.children.flatMap(({ pid, out, err }) =>
      holds(out()) || holds(err()) ? [`output of process ${pid}`] : [],
    ),
    ...Object.entries(traces.answers).flatMap(([name, text]) => (holds(text) ? [name] : [])),
  ];
}

/** Regular files only: a socket or a pipe would not answer. */
function filesBelow(dir: string): readonly string[] {
  try {
    return readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .map((name) => join(dir, name))
      .filter((path) => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true);
  } catch {
    return [];
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function withDescendants(pid: number): readonly number[] {
  const children = filesOf(`/proc/${pid}/task`).flatMap((task) =>
    readOrEmpty(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(withDescendants)];
}

function filesOf(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
