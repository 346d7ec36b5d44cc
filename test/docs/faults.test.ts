/** The table of faults and the tests that exist: see the head of docs/faults.md. */
import { expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const path = join(root, 'docs/faults.md');
const HOW_MANY = 82;
const DASH = '-';

interface Row {
  readonly number: number;
  readonly what: string;
  readonly tests: string;
}

if (process.env['UPDATE_FAULTS'] === '1') writeFileSync(path, updated(readFileSync(path, 'utf8')));
const rows = readFileSync(path, 'utf8').split('\n').flatMap(rowOf);

test('every fault has one row, in order, with words of its own', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: HOW_MANY }, (_, n) => n + 1));
  expect(new Set(rows.map(({ what }) => what)).size).toBe(HOW_MANY);
});

for (const { number, what, tests } of rows.filter((row) => row.tests !== DASH)) {
  test(`the tests named for fault ${number} (${what}) exist`, () => {
    const named = tests.split('<br>').map((one) => /^`(test\/\S+\.test\.ts)` (.+)$/.exec(one.trim()));
    for (const one of named) {
      const [, file = '', words = ''] = one ?? [];
      expect(`${file}: ${existsSync(join(root, file))}`).toBe(`${file}: true`);
      expect(words.startsWith(`F${number} `) || words.startsWith(`F${number}:`)).toBe(true);
      expect(namesIn(file).map(({ words: found }) => found)).toContain(words);
    }
  });
}

function rowOf(line: string): readonly Row[] {
  const [, number = '', what = '', tests = ''] = /^\| F(\d+) \| (.+) \| (.+) \|$/.exec(line) ?? [];
  return number === '' ? [] : [{ number: Number(number), what, tests }];
}

/** Words behind a quotation mark that begin with a fault's number, up to what a case fills in; the end of a table cell is cut off. */
function namesIn(file: string): readonly { readonly number: number; readonly words: string }[] {
  const found = readFileSync(join(root, file), 'utf8').matchAll(
    /['"`]F(\d{1,2})([ :](?:(?!\$\{|%|['"`|\n]).)*)/g,
  );
  return [...found].map(([, number = '', rest = '']) => ({
    number: Number(number),
    words: `F${number}${rest}`.trim(),
  }));
}

function updated(text: string): string {
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/${name}`)
    .sort();
  const all = files.flatMap((file) => namesIn(file).map((name) => ({ file, ...name })));
  const cellOf = (number: number): string => {
    const found = all.filter((one) => one.number === number).map(({ file, words }) => `\`${file}\` ${words}`);
    return found.length === 0 ? DASH : [...new Set(found)].join('<br>');
  };
  return text
    .split('\n')
    .map((line) => {
      const [row] = rowOf(line);
      return row === undefined ? line : `| F${row.number} | ${row.what} | ${cellOf(row.number)} |`;
    })
    .join('\n');
}
