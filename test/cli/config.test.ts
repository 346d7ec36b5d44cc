import { afterEach, beforeEach, expect, test } from 'bun:test';
import { runCommand } from '../../src/cli/run.ts';
import { machine } from './fixture.ts';

let at: ReturnType<typeof machine>;
beforeEach(() => {
  at = machine();
});
afterEach(() => at.close());

test('a good configuration is told so', async () => {
  const path = at.config('a');
  const ran = await at.run(['config', 'check', '--config', path]);
  expect([ran.code, ran.err]).toEqual([0, '']);
  expect(ran.out).toContain('configuration OK');
});

test('a bad key is named with its value and what was expected, exit 78', async () => {
  const path = at.config('a', 'reconcile:\n  interval_ms: soon\n');
  const ran = await at.run(['config', 'check', '--config', path]);
  expect([ran.code, ran.out]).toEqual([78, '']);
  expect(ran.err).toContain('reconcile.interval_ms');
  expect(ran.err).toContain('soon');
  const json = await at.run(['config', 'check', '--json', '--config', path]);
  expect(JSON.parse(json.out)).toMatchObject({ schema_version: 1, ok: false });
});

test('a variable that cannot be meant is refused too', async () => {
  const ran = await at.run(['config', 'check'], { env: { ...at.env, RECONCILE_ENABLED: 'maybe' } });
  expect(ran.code).toBe(78);
  expect(ran.err).toContain('RECONCILE_ENABLED');
});

test('the settings in force are printed with the variables applied', async () => {
  const env = { ...at.env, RECONCILE_INTERVAL_MS: '5000' };
  const text = await at.run(['config', 'print'], { env });
  expect(text.out).toMatch(/^reconcile\.interval_ms +5000$/m);
  const json = await at.run(['config', 'print', '--json'], { env });
  expect(JSON.parse(json.out)).toMatchObject({
    schema_version: 1,
    settings: { 'reconcile.interval_ms': '5000' },
  });
});

test('the schema is JSON Schema and knows every section', async () => {
  const schema = JSON.parse((await at.run(['config', 'schema'])).out);
  expect(schema.type).toBe('object');
  for (const section of ['exchange', 'identity', 'reconcile', 'budgets', 'audit', 'metrics', 'simulator']) {
    expect(schema.properties).toHaveProperty(section);
  }
});

test('the schema of the expected state is JSON Schema and describes every record', async () => {
  const schema = JSON.parse((await at.run(['config', 'schema', '--expected'])).out);
  expect(schema.$schema).toContain('json-schema.org');
  const records: readonly { properties: { type: { const: string } }; required: string[] }[] = schema.oneOf;
  expect(records.map(({ properties }) => properties.type.const)).toEqual([
    'checkpoint',
    'order',
    'order_end',
    'position',
    'kill_switch',
    'heartbeat',
  ]);
  for (const { required } of records)
    expect(required).toEqual(expect.arrayContaining(['session_id', 'seq', 'ts_ms']));
  expect(records[1]?.required).not.toContain('filled_quantity');
});

test('--expected goes with the schema alone', async () => {
  expect((await at.run(['config', 'check', '--expected'])).code).toBe(64);
});

test('what is wrong is said once, in words, and shown as it stands', async () => {
  const path = at.config(
    'a',
    "reconcile:\n  interval_ms: soon\n  'k\u009b\u202e': 1\nbudgets: { max_calls_per_day: 0 }\n",
  );
  for (const ran of [
    await at.run(['config', 'check', '--config', path]),
    await at.run(['config', 'check', '--json', '--config', path]),
  ]) {
    expect(ran.out + ran.err).not.toMatch(/expected [A-Z]|[\u009b\u202e]/);
    expect(ran.out + ran.err).toContain('number to be >=1');
    expect((ran.out + ran.err).replaceAll('\\\\', '\\')).toContain('reconcile.k\\u{9b}\\u{202e}');
  }
});

test('run --check judges flags and configuration as a start would, and starts nothing', async () => {
  const path = at.config('a');
  expect(
    await at.run(['run', '--check', '--headless', '--config', path], { extraCommands: [runCommand] }),
  ).toEqual({
    code: 0,
    out: `configuration OK: ${path}, nothing was started\n`,
    err: '',
  });
  const other = ['run', '--check', '--exchange', 'mainnet', '--config', path];
  const refused = await at.run(other, { extraCommands: [runCommand] });
  expect([refused.code, refused.out]).toEqual([78, '']);
  expect(refused.err).toContain('exchange.key_file');
});

test('a configuration that is no regular file is refused: a pipe would be empty the second time', async () => {
  for (const path of ['/dev/null', at.path]) {
    const ran = await at.run(['config', 'check', '--config', path]);
    expect([ran.code, ran.out]).toEqual([78, '']);
    expect(ran.err).toContain(`${path} is no regular file`);
  }
});

test.each([
  ['log: {path: audit/reconcile.jsonl}', {}, 'log.path, audit.path'],
  ['audit: {path: logs/../logs/app.log}', {}, 'log.path, audit.path'],
  ['log: {path: audit/reconcile.jsonl.reserve}', {}, 'log.path, the reserve of audit.path'],
  ['expected_state: {path: audit/reconcile.jsonl}', {}, 'expected_state.path, audit.path'],
  ['', { GRINDER_LOG_PATH: 'x', GRINDER_AUDIT_PATH: './x' }, 'log.path, audit.path'],
])('one file under two names is refused: %s %p', async (text, variables, key) => {
  const path = at.config('a', text);
  for (const argv of [
    ['config', 'check'],
    ['run', '--check'],
  ]) {
    const ran = await at.run([...argv, '--config', path], {
      env: { ...at.env, ...variables },
      extraCommands: [runCommand],
    });
    expect([ran.code, ran.out]).toEqual([78, '']);
    expect(ran.err).toContain(`${key}: `);
    expect(ran.err).toContain('expected a file for each');
  }
});
