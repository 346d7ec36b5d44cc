import { afterEach, beforeEach, expect, test } from 'bun:test';
import { join } from 'node:path';
import { okReply, recordingTarget } from '../control/fixture.ts';
import { machine } from './fixture.ts';

let at: ReturnType<typeof machine>;
beforeEach(() => {
  at = machine();
});
afterEach(() => at.close());

const daemonVerbs = [
  ['attach'],
  ['status'],
  ['status', '--watch'],
  ['stage', '0'],
  ['stage', '3'],
  ['stage', '4', '--confirm', 'h 4 c'],
  ['advance'],
  ['disarm'],
  ['stop'],
  ['clear-stop', 'L1'],
  ['shutdown'],
  ['ack', 'team_notified'],
  ['inject-mismatch', '--real'],
];

for (const line of daemonVerbs) {
  test(`${line.join(' ')} without a daemon is exit 69 and one line that says so`, async () => {
    const ran = await at.run(line);
    expect([ran.code, ran.out]).toEqual([69, '']);
    expect(ran.err).toMatch(/^grinder: no daemon [^\n]*\n$/);
  });
}

for (const line of [
  ['status', '--json'],
  ['plan', '--json=true'],
  ['stage', '1', '--json'],
  ['prove', '--json'],
]) {
  test(`${line.join(' ')} without a daemon is exit 69 and one document that says so`, async () => {
    const ran = await at.run(line);
    expect([ran.code, ran.err]).toEqual([69, '']);
    expect(JSON.parse(ran.out)).toEqual({
      schema_version: 1,
      ok: false,
      exit_code: 69,
      message: expect.stringMatching(/^no daemon /),
    });
  });
}

const wrongLines = [
  [],
  ['nothing'],
  ['status', '--surprise'],
  ['status', 'surprise'],
  ['status', '--socket', ''],
  ['status', '--config'],
  ['stage'],
  ['stage', '5'],
  ['stage', '-1'],
  ['stage', '1.5'],
  ['stage', 'NaN'],
  ['stage', '3', '--confirm', 'x'],
  ['clear-stop'],
  ['ack'],
  ['audit'],
  ['audit', 'eat'],
  ['audit', 'show'],
  ['audit', 'show', 'x'],
  ['audit', 'tail', '-n', '0'],
  ['audit', 'verify', '3'],
  ['config'],
  ['config', 'eat'],
  ['sim', '--port', '70000'],
  ['sim', '--api-key-file', 'k'],
];

for (const line of wrongLines) {
  test(`"grinder ${line.join(' ')}" is exit 64 with one line and a hint`, async () => {
    const ran = await at.run(line);
    expect([ran.code, ran.out]).toEqual([64, '']);
    expect(ran.err).toMatch(/^grinder: [^\n]+ Try 'grinder [^\n]*--help'\.\n$/);
  });
}

for (const line of [
  ['stage', '9', '--json'],
  ['clear-stop', '--json'],
  ['status', '--json', '--surprise'],
  ['audit', 'show', 'x', '--json'],
]) {
  test(`"grinder ${line.join(' ')}" is exit 64 with one document that says so`, async () => {
    const ran = await at.run(line);
    expect([ran.code, ran.err]).toEqual([64, '']);
    expect(JSON.parse(ran.out)).toMatchObject({ schema_version: 1, ok: false, exit_code: 64 });
  });
}

test('a configuration or an audit that is not there is a document too where JSON was asked for', async () => {
  const config = await at.run(['status', '--json', '--config', 'nope.yaml']);
  expect([config.code, config.err]).toEqual([78, '']);
  expect(JSON.parse(config.out)).toMatchObject({ schema_version: 1, ok: false, exit_code: 78 });
  for (const line of [
    ['audit', 'tail', '--json'],
    ['audit', 'show', '1', '--json'],
  ]) {
    const audit = await at.run(line);
    expect([audit.code, audit.err]).toEqual([1, '']);
    expect(JSON.parse(audit.out).message).toContain('there is no audit');
  }
});

test('help and version are exit 0 on stdout', async () => {
  for (const line of [['--help'], ['-h'], ['stage', '--help'], ['--version']]) {
    const ran = await at.run(line);
    expect([ran.code, ran.err]).toEqual([0, '']);
    expect(ran.out).toContain('grinder');
  }
});

test('a named configuration that is not there is exit 78', async () => {
  expect(await at.run(['status', '--config', 'nope.yaml'])).toMatchObject({ code: 78, out: '' });
});

test('a command of the composition root runs beside the others', async () => {
  const extra = { command: 'smoke', describe: 'test', run: async () => 7 };
  expect((await at.run(['smoke'], { extraCommands: [extra] })).code).toBe(7);
});

test('each verb sends its command, by name, and exits with the reply', async () => {
  const path = at.config('a');
  const { calls } = await at.daemon(path);
  const lines = [
    ['stage', '2'],
    ['stage', '0'],
    ['advance'],
    ['disarm'],
    ['clear-stop', '17'],
    ['ack', 'team_notified', '--operator', 'bob'],
    ['inject-mismatch'],
    ['inject-mismatch', '--real'],
    ['shutdown'],
  ];
  for (const line of lines) {
    expect(await at.run([...line, '--config', path])).toMatchObject({ code: 0, err: '' });
  }
  const operator = 'ann';
  expect(calls).toEqual([
    { name: 'stage', body: { operator, stage: 2, config_digest: 'd1' } },
    { name: 'stage', body: { operator, stage: 0 } },
    { name: 'advance', body: { operator, config_digest: 'd1' } },
    { name: 'disarm', body: { operator } },
    { name: 'clear-stop', body: { operator, latch_id: '17' } },
    { name: 'ack', body: { operator: 'bob', item: 'team_notified' } },
    { name: 'inject-mismatch', body: { operator, real: false } },
    { name: 'inject-mismatch', body: { operator, real: true } },
    { name: 'shutdown', body: { operator } },
  ]);
});

test('a lowering is sent although no status can be read, or the token file is gone', async () => {
  const path = at.config('a');
  const { calls } = await at.daemon(path, recordingTarget(noStatus));
  expect(await at.run(['stage', '1', '--config', path])).toMatchObject({ code: 0, err: '' });
  const lost = ['stage', '2', '--operator-token-file', 'gone', '--config', path];
  expect(await at.run(lost)).toMatchObject({ code: 0, err: '' });
  expect(calls).toEqual([
    { name: 'stage', body: { operator: 'ann', stage: 1 } },
    { name: 'stage', body: { operator: 'ann', stage: 2 } },
  ]);
});

test('a raise that misses what it has to carry fails for that, and stage 4 is not even asked for', async () => {
  const path = at.config('a');
  const { answerWith, calls } = await at.daemon(path, recordingTarget(noStatus));
  answerWith(async () => ({ ...okReply('a raise carries the config_digest'), ok: false, exit_code: 64 }));
  const unread = await at.run(['stage', '3', '--config', path]);
  expect(unread.code).toBe(1);
  expect(unread.err).toContain('the daemon speaks another version');
  const lost = await at.run(['stage', '3', '--operator-token-file', 'gone', '--config', path]);
  expect(lost.code).toBe(64);
  expect(lost.err).toContain('there is no token file');
  calls.length = 0;
  expect((await at.run(['stage', '4', '--config', path])).code).toBe(1);
  expect(calls).toEqual([]);
});

test('without a login name the operator is the user number', async () => {
  const path = at.config('a');
  const { calls } = await at.daemon(path);
  await at.run(['disarm', '--config', path], { env: { XDG_RUNTIME_DIR: at.path } });
  expect(calls[0]?.body).toEqual({ operator: `uid ${process.getuid?.() ?? 0}` });
});

test("a refusal is said on stderr with the daemon's exit code, and is JSON on request", async () => {
  const path = at.config('a');
  const { answerWith } = await at.daemon(path);
  answerWith(async () => ({ ...okReply('stage 3 waits: \u001b[31mdwell'), ok: false, exit_code: 75 }));
  const said = await at.run(['stage', '3', '--config', path]);
  expect(said).toEqual({ code: 75, out: '', err: 'grinder: stage 3 waits: dwell\n' });
  const json = await at.run(['stage', '3', '--json', '--config', path]);
  expect(json.code).toBe(75);
  expect(JSON.parse(json.out)).toMatchObject({ schema_version: 1, ok: false, exit_code: 75 });
});

test('stage 4 shows the plan, the settings, what is open and the code before it asks for a confirmation', async () => {
  const path = at.config('a');
  const { answerWith, calls } = await at.daemon(path);
  answerWith(async () => ({
    ...okReply('confirm within 2 minutes'),
    ok: false,
    exit_code: 75,
    confirmation: {
      host: 'trd01',
      code: 'K7Q2',
      phrase: 'trd01 4 K7Q2',
      expires_in_ms: 120_000,
      plan: ['cancel BTCUSDT grinder_1_x'],
      covered: { 'exchange.environment': 'mainnet', account: '0123456789ab', whitelist: 'BTCUSDT' },
      unacknowledged: [{ item: 'team_notified', why: 'nobody can check it' }],
      digest: 'd',
    },
  }));
  const shown = await at.run(['stage', '4', '--config', path]);
  expect(shown.code).toBe(75);
  // The phrase is the same for every daemon of the host.
  expect(shown.out).toStartWith('STAGE 4 on trd01 (mainnet, account 0123456789ab): real orders');
  for (const text of ['cancel BTCUSDT', 'BTCUSDT', 'team_notified', 'K7Q2', '02:00']) {
    expect(shown.out).toContain(text);
  }
  expect(shown.out).toContain('grinder stage 4 --confirm "trd01 4 K7Q2"');
  await at.run(['stage', '4', '--confirm', 'trd01 4 K7Q2', '--config', path]);
  expect(calls.at(-1)?.body).toMatchObject({ stage: 4, confirm: 'trd01 4 K7Q2' });
});

test('who asks in the wrong place is told where daemons run', async () => {
  const path = at.config('a');
  await at.daemon(path);
  const ran = await at.run(['status']);
  expect(ran.code).toBe(69);
  expect(ran.err).toContain(`running: --config ${join(at.path, 'a.yaml')}`);
  // Another user's daemon is not seen from here.
  expect(ran.err).toContain(` as user ${process.getuid?.() ?? 0} (`);
});

test('a line that is wrong is shown as it was typed, in harmless and readable words', async () => {
  const typed = await at.run(['stage', '\u001b[31m4\u202e']);
  expect([typed.code, typed.out]).toEqual([64, '']);
  expect(typed.err).toContain('n: \\u{1b}[31m4\\u{202e} — expected');
  const long = await at.run(['status', 'x'.repeat(100_000)]);
  expect(long.code).toBe(64);
  expect(long.err.length).toBeLessThan(700);
});

test('an empty --config, as of an unset variable, is refused, but a stop goes to every daemon', async () => {
  const daemon = await at.daemon(at.config('a'));
  for (const line of [['status'], ['shutdown'], ['audit', 'verify']]) {
    const ran = await at.run([...line, '--config', '']);
    expect([ran.code, ran.out]).toEqual([64, '']);
    expect(ran.err).toContain('--config is empty');
  }
  expect(daemon.calls).toEqual([]);
  const stopped = await at.run(['stop', '--config', '']);
  expect(stopped.code).toBe(0);
  expect(daemon.calls.map(({ name }) => name)).toEqual(['stop']);
});

test('JSON from a daemon that says anything is JSON that a terminal can show', async () => {
  const config = at.config('a');
  const { answerWith } = await at.daemon(config);
  const message = 'no\u009b2J\u202e';
  answerWith(async () => okReply(message));
  for (const line of [['ack', 'x'], ['prove']]) {
    const ran = await at.run([...line, '--json', '--config', config]);
    expect(ran.out).not.toMatch(/[\u0080-\u009f\u202e]/);
    expect(JSON.parse(ran.out)).toMatchObject({ schema_version: 1, message });
  }
});

function noStatus(): never {
  throw new Error('no status');
}

test('help fits a terminal of 80 columns', async () => {
  const lines = [
    [],
    ['run'],
    ['status'],
    ['stage'],
    ['stop'],
    ['clear-stop'],
    ['resolve'],
    ['report'],
    ['install'],
  ];
  for (const line of [...lines, ['audit', 'tail'], ['audit', 'adopt'], ['config', 'schema'], ['doctor']]) {
    const { out, code } = await at.run([...line, '--help']);
    expect([line, code]).toEqual([line, 0]);
    expect(out.split('\n').filter((text) => text.length > 80)).toEqual([]);
  }
});
