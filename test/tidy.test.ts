import { expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const productFiles = filesBelow('src').filter((path) => /\.tsx?$/.test(path));
const allFiles = ['src', 'scripts', 'test', 'bench']
  .flatMap(filesBelow)
  .filter((path) => /\.(tsx?|mjs|sh)$/.test(path));

test('the product has files to look at', () => {
  expect(productFiles.length).toBeGreaterThan(3);
});

test('compare, plan, stages and types do no input or output and see nothing of the shell', () => {
  const pure = ['types', 'compare', 'plan', 'stages'].flatMap((name) => [
    `src/engine/${name}.ts`,
    `src/engine/${name}/`,
  ]);
  const shell = ['executor', 'journal', 'store', 'clock', 'loop'].map((name) => `src/engine/${name}`);
  const outside = ['src/exchange/ccxt', 'src/simulator/', 'src/control/', 'src/ops/', 'src/tui/', 'src/cli/'];
  expect(
    violations(pure, [...shell, ...outside, 'node:fs', 'node:net', 'node:http', 'node:child_process']),
  ).toEqual([]);
});

test('gates decide from their inputs alone', () => {
  const shell = ['executor', 'journal', 'store', 'loop', 'clock'].map((name) => `src/engine/${name}`);
  const outside = ['src/exchange/ccxt', 'src/simulator/', 'src/control/', 'src/ops/', 'src/tui/', 'src/cli/'];
  expect(violations(['src/gates/'], [...shell, ...outside, 'node:fs', 'node:net', 'node:http'])).toEqual([]);
});

test('the screen sees the daemon through the control protocol only', () => {
  const inside = ['src/engine/', 'src/exchange/', 'src/gates/', 'src/simulator/', 'src/ops/', 'src/cli/'];
  const found = violations(['src/tui/'], inside, { typeImportsToo: false }).filter(
    (line) => !line.endsWith(' imports src/engine/clock.ts'),
  );
  expect(found).toEqual([]);
});

test('the engine knows neither screen nor commands', () => {
  expect(
    violations(
      ['src/engine/', 'src/gates/', 'src/exchange/'],
      ['src/tui/', 'src/cli/', 'ink', 'react', 'yargs'],
    ),
  ).toEqual([]);
});

test('the daemon is a composition: it is imported by the entry points alone, and sees neither screen nor commands', () => {
  const entries = ['src/main.ts', 'src/cli/run.ts', 'src/cli/doctor.ts'];
  const importers = importsOf(productFiles)
    .filter(({ target }) => target.startsWith('src/daemon/'))
    .map(({ file }) => file)
    .filter((file) => !file.startsWith('src/daemon/') && !file.startsWith('src/cli/smoke'));
  expect(importers.filter((file) => !entries.includes(file))).toEqual([]);
  const below = ['engine', 'exchange', 'gates', 'control', 'ops', 'config', 'launch', 'daemon'];
  const others = importsOf(productFiles.filter((path) => path.startsWith('src/daemon/')))
    // The embedded simulator is spoken to as a thread: its words are known, its code is not.
    .filter(
      ({ target, typeOnly }) =>
        target.startsWith('src/') && !(typeOnly && target.startsWith('src/simulator/')),
    )
    .filter(({ target }) => !below.some((name) => target.startsWith(`src/${name}/`)));
  expect(others).toEqual([]);
});

test('the config and the control protocol stand below the daemon', () => {
  const above = ['src/daemon/', 'src/tui/', 'src/cli/', 'src/simulator/', 'src/exchange/'];
  expect(violations(['src/config/', 'src/control/', 'src/ops/'], above)).toEqual([]);
});

test('the launcher stays small: it imports nothing but yaml and itself', () => {
  const found = importsOf(filesBelow('src/launch')).filter(
    ({ target }) => !target.startsWith('src/launch/') && !target.startsWith('node:') && target !== 'yaml',
  );
  expect(found).toEqual([]);
});

test('no file or folder is called utils', () => {
  expect(allFiles.filter((path) => /(^|\/)utils?(\.|\/)/.test(path))).toEqual([]);
});

test('no file only passes on what others export, but the ordered list of gates', () => {
  const barrels = productFiles.filter((path) => path !== 'src/gates/index.ts' && isBarrel(read(path)));
  expect(barrels).toEqual([]);
});

test('no product file is longer than 250 lines', () => {
  const long = productFiles.map((path) => `${path}: ${read(path).split('\n').length - 1}`);
  expect(long.filter((line) => Number(line.split(': ')[1]) > 250)).toEqual([]);
});

test('the time is read in one place', () => {
  const readers = productFiles.filter((path) =>
    /\bDate\.now\(|new Date\(\)/.test(withoutComments(read(path))),
  );
  const permitted = (path: string): boolean =>
    path === 'src/engine/clock.ts' || path.startsWith('src/simulator/');
  expect(readers.filter((path) => !permitted(path))).toEqual([]);
});

test('nothing is left to do later', () => {
  const marks = new RegExp(`\\b(TO${''}DO|FIX${''}ME|${'X'.repeat(3)})\\b`);
  expect(allFiles.filter((path) => marks.test(read(path)))).toEqual([]);
});

test('product code runs on both runtimes: Deno and Bun globals stay in their adapter', () => {
  const adapters = ['src/ops/sd-notify.ts'];
  const users = productFiles.filter((path) => /\b(Deno|Bun)\.[a-z]/.test(withoutComments(read(path))));
  expect(users.filter((path) => !adapters.includes(path))).toEqual([]);
});

type Import = { readonly file: string; readonly target: string; readonly typeOnly: boolean };

/** Lists imports from files below `sources` that start with one of `forbidden`; both are prefixes of paths. */
function violations(
  sources: readonly string[],
  forbidden: readonly string[],
  options = { typeImportsToo: true },
): readonly string[] {
  const files = productFiles.filter((path) => sources.some((prefix) => path.startsWith(prefix)));
  return importsOf(files)
    .filter(({ typeOnly }) => options.typeImportsToo || !typeOnly)
    .filter(({ target }) => forbidden.some((prefix) => matches(target, prefix)))
    .map(({ file, target }) => `${file} imports ${target}`);
}

/** A package matches by its whole name, a folder by its slash, a module with or without its extension or folder. */
function matches(target: string, prefix: string): boolean {
  if (prefix.endsWith('/')) return target.startsWith(prefix);
  return target === prefix || target.startsWith(`${prefix}.`) || target.startsWith(`${prefix}/`);
}

function importsOf(files: readonly string[]): readonly Import[] {
  return files.flatMap((file) => {
    const text = withoutComments(read(file));
    const statements = [
      ...text.matchAll(/^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm),
    ];
    const dynamic = [...text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)];
    return [
      ...statements.map((match) => ({
        file,
        target: locate(file, match[2] ?? ''),
        typeOnly: match[1] !== undefined,
      })),
      ...dynamic.map((match) => ({ file, target: locate(file, match[1] ?? ''), typeOnly: false })),
    ];
  });
}

function locate(file: string, specifier: string): string {
  return specifier.startsWith('.') ? relative(root, resolve(root, dirname(file), specifier)) : specifier;
}

function isBarrel(text: string): boolean {
  const lines = withoutComments(text)
    .split(/;\s*\n|\n(?=export|import)/)
    .filter((line) => line.trim() !== '');
  return (
    lines.length > 0 &&
    lines.every((line) => /^\s*export\s+(type\s+)?(\*|\{[^}]*\})(\s+as\s+\w+)?\s+from\s/.test(line))
  );
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1');
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function filesBelow(dir: string): readonly string[] {
  if (!existsSync(join(root, dir))) return [];
  const entries = readdirSync(join(root, dir), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && !basename(entry.parentPath).startsWith('.'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}
