import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { flattenSettings } from '../../src/config/covered.ts';
import { loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { schemaKeys } from './schema-keys.ts';

const text = readFileSync(resolve(import.meta.dirname, '../../config.example.yaml'), 'utf8');

/** Every key the example shows, commented ones included, with its line. */
function shownKeys(): ReadonlyMap<string, string> {
  const shown = new Map<string, string>();
  let section = '';
  for (const line of text.split('\n')) {
    const top = /^([a-z_]+):(.*)$/.exec(line);
    if (top !== null) {
      section = top[1] ?? '';
      shown.set(section, line);
    }
    const inner = /^ {2}(?:# )?([a-z_]+):/.exec(line);
    if (inner !== null) shown.set(`${section}.${inner[1]}`, line);
    // A mapping on one line names its keys in its comment.
    const [, name, comment] = /^ *([a-z_]+): \{\} # (.*)$/.exec(line) ?? [];
    if (name === undefined || comment === undefined) continue;
    const path = top === null ? `${section}.${name}` : section;
    for (const word of comment.match(/[a-z_]+/g) ?? []) shown.set(`${path}.${word}`, line);
  }
  return shown;
}

describe('config.example.yaml', () => {
  test('is a configuration as it stands', () => {
    expect(loadConfig({ text, env: {}, flags: new Map() }).ok).toBe(true);
  });

  test('shows every key of the schema', () => {
    const shown = shownKeys();
    expect(schemaKeys().filter((key) => !shown.has(key))).toEqual([]);
  });

  test('has the default at every key whose line does not say otherwise', () => {
    const result = loadConfig({ text, env: {}, flags: new Map() });
    const defaults = flattenSettings(configSchema.parse({}));
    const shown = shownKeys();
    const settings = result.ok ? result.settings.flat : {};
    const differing = Object.keys(defaults).filter((key) => settings[key] !== defaults[key]);
    expect(differing.filter((key) => !/default/.test(shown.get(key) ?? ''))).toEqual([]);
    for (const key of differing) {
      const line = shown.get(key) ?? '';
      const said = /default (\[[^\]]*\]|[^\s,;)]+)/.exec(line)?.[1];
      expect([key, said]).toEqual([key, defaults[key]]);
    }
  });

  test('gives the greps of the runbook what they expect', () => {
    expect(text).toMatch(/prefix: "grinder_"/);
    expect(text).toMatch(/allowed_strategies: \["1"/);
    expect(text).toMatch(/action: auto/);
    expect(text).toMatch(/symbol_whitelist: \[.*"BTCUSDT"/);
  });
});
