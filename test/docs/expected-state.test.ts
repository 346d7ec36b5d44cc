import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { feedLineSchema } from '../../src/engine/feed-schema.ts';

const text = readFileSync(join(resolve(import.meta.dirname, '../..'), 'docs/expected-state.md'), 'utf8');
/** Field names by record, as the table of records has them; a row without a type goes on with the one above. */
const documented = new Map<string, Map<string, string>>();
let record = '';
for (const line of text.split('\n')) {
  const cells = /^\|([^|]*)\|([^|]*)\|(.*)\|$/.exec(line);
  if (cells === null || !text.slice(text.indexOf('## Records'), text.indexOf('## What')).includes(line))
    continue;
  const [, type = '', fields = '', meaning = ''] = cells.map((cell) => cell.trim());
  if (type !== '') record = type.replaceAll('`', '');
  const known = documented.get(record) ?? new Map<string, string>();
  for (const [, field = ''] of fields.matchAll(/`([a-z_]+)`/g)) known.set(field, meaning);
  documented.set(record, known);
}
const ofAll = documented.get('all') ?? new Map<string, string>();

for (const option of feedLineSchema.options) {
  const type = option.shape.type.value;
  const schema = z.toJSONSchema(option, { io: 'input' });
  test(`the table has every field of ${type}, no other, and says which may be left out`, () => {
    const own = documented.get(type) ?? new Map<string, string>();
    const fields = Object.keys(schema.properties ?? {});
    expect([...ofAll.keys(), ...own.keys()].sort()).toEqual(fields.sort());
    const optional = fields.filter((field) => !(schema.required ?? []).includes(field));
    const saidOptional = [...own]
      .filter(([, meaning]) => meaning.includes('optional'))
      .map(([field]) => field);
    expect(saidOptional.sort()).toEqual(optional.sort());
  });
}

test('every line that it shows is one that grinder takes, in a session that begins well', () => {
  const [, block = ''] = /```\n([^`]*session_id[^`]*)```/.exec(text) ?? [];
  const lines = block.trim().split('\n');
  expect(lines.length).toBeGreaterThan(2);
  for (const [index, line] of lines.entries())
    expect(feedLineSchema.parse(JSON.parse(line)).seq).toBe(index + 1);
  expect(feedLineSchema.parse(JSON.parse(lines[0] ?? '')).type).toBe('checkpoint');
});
