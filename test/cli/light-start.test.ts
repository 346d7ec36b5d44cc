/** What every verb and the screen's thread load at their start: CPU time that an operator waits for. */
import { expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const starts = [
  'src/cli/cli.ts',
  'src/cli/run.ts',
  'src/cli/smoke.ts',
  'src/cli/doctor.ts',
  'src/tui/run.tsx',
];

/** Every module, and every package, that is loaded with one before any of its code runs. */
function loadedWith(start: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const loader = path.endsWith('.tsx') ? 'tsx' : 'ts';
    for (const found of new Bun.Transpiler({ loader }).scanImports(
      readFileSync(resolve(root, path), 'utf8'),
    )) {
      if (found.kind === 'dynamic-import') continue;
      const next = relative(root, resolve(root, dirname(path), found.path));
      if (found.path.startsWith('.') && existsSync(resolve(root, next))) visit(next);
      else seen.add(found.path);
    }
  };
  visit(start);
  return seen;
}

test.each(starts)('%s loads neither daemon nor simulator, and none of their libraries', (start) => {
  const loaded = [...loadedWith(start)];
  expect(loaded.length).toBeGreaterThan(10);
  const heavy = /^(src\/(daemon|simulator)\/|ccxt|prom-client|pino|ws$)/;
  expect(loaded.filter((name) => heavy.test(name))).toEqual([]);
});

test('the command line loads no screen, and the screen no command line', () => {
  expect([...loadedWith('src/cli/cli.ts')].filter((name) => /^(src\/tui\/|ink|react)/.test(name))).toEqual(
    [],
  );
  expect([...loadedWith('src/tui/run.tsx')].filter((name) => /^(src\/cli\/|yargs)/.test(name))).toEqual([]);
});
