/** What can be wrong before a start, and what the refusal has to name. */
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { computePlaces } from '../../src/launch/places.ts';
import type { Machine, RunSetting } from '../helpers/daemon.ts';

export interface Case {
  readonly name: string;
  readonly code: number;
  /** What the paragraph has to name. */
  readonly says: readonly (string | RegExp)[];
  /** Makes things bad, and returns how to make them good again. */
  readonly spoil: (machine: Machine) => (() => void) | undefined;
  readonly args?: readonly string[];
  readonly setting?: RunSetting;
}

const spoiledText = (change: (text: string) => string) => (on: Machine) => {
  const good = readFileSync(on.configPath, 'utf8');
  writeFileSync(on.configPath, change(good));
  return () => writeFileSync(on.configPath, good);
};
const nothing = (): undefined => undefined;
export const put = (name: string, make: (path: string) => void) => (on: Machine) => {
  const path = join(on.dir, name);
  rmSync(path, { recursive: true, force: true });
  make(path);
  return () => rmSync(path, { recursive: true, force: true });
};

export const starts: readonly Case[] = [
  {
    name: 'a value of the wrong kind',
    code: 78,
    says: ['reconcile.interval_ms', '"soon"', /whole|number/],
    spoil: spoiledText((text) => text.replace('"interval_ms": 1000', '"interval_ms": "soon"')),
  },
  {
    name: 'an unknown key',
    code: 78,
    says: ['reconcile.intervall_ms'],
    spoil: spoiledText((text) => text.replace('"interval_ms"', '"intervall_ms"')),
  },
  {
    name: 'a duplicate key',
    code: 78,
    says: [/unique|duplicate/],
    spoil: spoiledText((text) =>
      text.replace('"interval_ms": 1000', '"interval_ms": 1000, "interval_ms": 2000'),
    ),
  },
  {
    name: 'a file that is not YAML',
    code: 78,
    says: ['config.yaml'],
    spoil: spoiledText(() => '{ [ : \u0000'),
  },
  {
    name: 'a cap of zero',
    code: 78,
    says: ['max_orders_per_action', '0'],
    spoil: spoiledText((text) => text.replace('"interval_ms"', '"max_orders_per_action": 0, "interval_ms"')),
  },
  {
    name: 'a directory in place of the configuration',
    code: 78,
    says: ['is-a-directory.yaml'],
    spoil: put('is-a-directory.yaml', (path) => mkdirSync(path)),
    args: ['run', '--headless', '--config', 'is-a-directory.yaml'],
  },
  {
    name: 'a configuration that is not there',
    code: 78,
    says: ['nowhere.yaml', '--config'],
    spoil: nothing,
    args: ['run', '--headless', '--config', 'nowhere.yaml'],
  },
  {
    name: 'a GRINDER_CONFIG that is not there',
    code: 78,
    says: ['/nonexistent/grinder.yaml', 'GRINDER_CONFIG'],
    spoil: nothing,
    args: ['run', '--headless'],
    setting: { env: { GRINDER_CONFIG: '/nonexistent/grinder.yaml' } },
  },
  ...(
    [
      ['RECONCILE_DRY_RUN', 'maybe', /1, 0, true, false/],
      ['RECONCILE_INTERVAL_MS', '500', '1000'],
      ['RECONCILE_INTERVAL_MS', 'NaN', 'number'],
      ['MAX_FLATTEN_NOTIONAL_USDT', '0', /positive|above|greater|more than/],
      ['MAX_FLATTEN_NOTIONAL_USDT', 'Infinity', '"Infinity"'],
      ['RECONCILE_ACTION', 'everything', 'cancel_all'],
      ['RECONCILE_SYMBOL_WHITELIST', '["BTCUSDT"', 'list'],
    ] as const
  ).map(
    ([variable, value, says]): Case => ({
      name: `${variable}=${value}`,
      code: 78,
      says: [variable, value.replaceAll('"', ''), says].map((one) => (one === '[BTCUSDT' ? 'BTCUSDT' : one)),
      spoil: nothing,
      setting: { env: { [variable]: value } },
    }),
  ),
  {
    name: "a runtime directory too deep for a socket's name",
    code: 78,
    says: ['107', 'XDG_RUNTIME_DIR'],
    spoil: nothing,
    setting: { env: { XDG_RUNTIME_DIR: `/tmp/${'deep/'.repeat(25)}` } },
  },
  {
    name: 'a file in place of the state directory',
    code: 78,
    says: ['/state', 'directory'],
    spoil: put('state', (path) => writeFileSync(path, '')),
  },
  {
    name: 'a symbolic link in place of the state directory',
    code: 78,
    says: ['/state', 'symbolic link'],
    spoil: put('state', (path) => symlinkSync('/tmp', path)),
  },
  {
    name: 'a state directory into which anybody can write',
    code: 78,
    says: ['/state', '0777'],
    spoil: put('state', (path) => {
      mkdirSync(path);
      chmodSync(path, 0o777);
    }),
  },
  {
    name: 'a directory in place of its registry entry',
    code: 78,
    says: ['registry entry', '.json'],
    spoil: (on) => {
      const inputs = { argv: ['run'], env: on.env, cwd: on.dir, uid: process.getuid?.() ?? 0 };
      const config = { path: on.configPath, text: readFileSync(on.configPath, 'utf8') };
      const { registryPath } = computePlaces({ ...inputs, config });
      mkdirSync(registryPath, { recursive: true, mode: 0o700 });
      chmodSync(dirname(registryPath), 0o700);
      return () => rmSync(registryPath, { recursive: true });
    },
  },
  {
    name: 'a file in place of the socket directory',
    code: 78,
    says: ['/grinder'],
    spoil: put('run/grinder', (path) => writeFileSync(path, '')),
  },
];
