import { expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { replacementsOf } from '../scripts/mutations/mutation.ts';
import { SIMULATION_KILLS } from '../scripts/mutations/simulation-kills.ts';
import { MUTATIONS } from '../scripts/mutations.ts';

const root = resolve(import.meta.dirname, '..');

test('every mutation still applies, exactly once', () => {
  const all = MUTATIONS.flatMap((mutation) =>
    replacementsOf(mutation).map((one) => ({ ...one, name: mutation.name })),
  );
  const texts = new Map(all.map(({ file }) => [file, readFileSync(join(root, file), 'utf8')]));
  const odd = all.filter(({ file, search }) => texts.get(file)?.split(search).length !== 2);
  // Where a rule's text moved, its entry in scripts/mutations/ moves with it; where it went, so does the entry.
  expect(odd.map(({ name, file }) => `${name}: its text is not exactly once in ${file}`)).toEqual([]);
});

test('what the simulation has to notice by itself are mutations', () => {
  const names = new Set(MUTATIONS.map(({ name }) => name));
  expect(SIMULATION_KILLS.filter((name) => !names.has(name))).toEqual([]);
  expect(new Set(SIMULATION_KILLS).size).toBe(SIMULATION_KILLS.length);
});

test('every mutation has a name of its own, changes something, and aims tests at it that exist', () => {
  expect(MUTATIONS.length).toBeGreaterThan(80);
  expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
  for (const mutation of MUTATIONS) {
    const { name, tests } = mutation;
    for (const { search, replace } of replacementsOf(mutation))
      expect([name, search === replace]).toEqual([name, false]);
    expect([name, tests.length > 0 && tests.every((path) => existsSync(join(root, path)))]).toEqual([
      name,
      true,
    ]);
  }
});
