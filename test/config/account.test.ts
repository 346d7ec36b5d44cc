import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAccount } from '../../src/config/account.ts';
import { loadConfig } from '../../src/config/load.ts';
import { computePlaces } from '../../src/launch/places.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'keys-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const CONFIG = `
exchange:
  environment: sim
  endpoints: {rest: "http://127.0.0.1:1", ws: "ws://127.0.0.1:1"}
  key_file: key
  secret_file: secret
`;

function read(key: string, secret: string) {
  writeFileSync(join(dir, 'key'), key, { mode: 0o600 });
  writeFileSync(join(dir, 'secret'), secret, { mode: 0o600 });
  const loaded = loadConfig({ text: CONFIG, env: {}, flags: new Map() });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const config = { path: join(dir, 'config.yaml'), text: CONFIG };
  const places = computePlaces({ argv: ['run'], env: { HOME: dir }, cwd: dir, uid: 0, config });
  return readAccount(loaded.settings, places);
}

test.each(['abcdefgh12\n', 'abcdefgh12 \r\n\n', '\ufeffabcdefgh12'])(
  'a key is the same account however an editor ended or began its line: %j',
  (key) => {
    const plain = read('abcdefgh12', 'zyxwvuts98');
    const other = read(key, 'zyxwvuts98\n');
    expect(other).toEqual(plain);
    expect(plain.ok && plain.account.apiKey).toBe('abcdefgh12');
  },
);

test('one text as key and secret is refused, for one of the two files is the wrong one', () => {
  const refused = read('abcdefgh12', 'abcdefgh12\n');
  expect(refused).toMatchObject({ ok: false, problem: expect.stringContaining('hold the same') });
  expect(JSON.stringify(refused)).not.toContain('abcdefgh12');
});
