/** Whatever is wrong: one clear paragraph, the right exit code, nothing left behind, and a good start afterwards. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { connectControl } from '../../src/control/client.ts';
import { computePlaces } from '../../src/launch/places.ts';
import { createMachine, type Machine, type RunSetting, waitFor } from '../helpers/daemon.ts';
import { launch, type Ran } from '../helpers/process.ts';
import { openTerminal } from '../helpers/terminal.ts';

const LIMIT_MS = 45_000;
const OTHER_UID = 54_322;
const isRoot = process.getuid?.() === 0;

let machine: Machine;

beforeAll(async () => {
  machine = await createMachine();
}, 60_000);

afterAll(() => machine[Symbol.asyncDispose]());

interface Case {
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
const put = (name: string, make: (path: string) => void) => (on: Machine) => {
  const path = join(on.dir, name);
  rmSync(path, { recursive: true, force: true });
  make(path);
  return () => rmSync(path, { recursive: true, force: true });
};

const starts: readonly Case[] = [
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

describe('a start', () => {
  for (const one of starts) {
    test(
      `with ${one.name} is refused in one paragraph`,
      async () => {
        const mend = one.spoil(machine);
        const ran = await machine.grinder(one.args ?? ['run', '--headless'], {
          ...one.setting,
          ...(one.setting?.env?.['GRINDER_CONFIG'] === undefined ? {} : { noConfig: true }),
        });
        mend?.();
        expectParagraph(ran, one.code);
        for (const says of one.says) expect(ran.err).toMatch(typeof says === 'string' ? literal(says) : says);
        expect(machine.leftovers()).toEqual([]);
      },
      LIMIT_MS,
    );
  }

  test(
    'with a busy metrics port waits for nobody, and names the port',
    async () => {
      const port = Number(new URL(machine.metricsUrl).port);
      const holder = createServer();
      await new Promise<void>((resolve) => holder.listen(port, '127.0.0.1', resolve));
      const ran = await machine.grinder(['run', '--headless']);
      await new Promise((resolve) => holder.close(resolve));
      expectParagraph(ran, 75);
      expect(ran.err).toContain(String(port));
      expect(machine.leftovers()).toEqual([]);
    },
    LIMIT_MS,
  );

  test.skipIf(!isRoot)(
    'where nothing can be written is refused in one paragraph',
    async () => {
      await using other = await createMachine({ uid: OTHER_UID });
      const locked = join(other.dir, 'locked');
      mkdirSync(locked, { mode: 0o755 });
      other.writeConfig({ state_dir: 'locked/state' });
      const inside = await other.grinder(['run', '--headless']);
      expectParagraph(inside, 78);
      expect(inside.err).toContain('locked/state');
      other.writeConfig({ state_dir: 'locked' });
      const foreign = await other.grinder(['run', '--headless']);
      expectParagraph(foreign, 78);
      expect(foreign.err).toContain('/locked');
      chmodSync(other.configPath, 0);
      spawnSync('chown', ['0', other.configPath]);
      const unreadable = await other.grinder(['run', '--headless']);
      expectParagraph(unreadable, 78);
      expect(unreadable.err).toContain('config.yaml');
      expect(other.leftovers()).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    'that fails on a terminal exits as it does without one',
    async () => {
      const mend = put('state', (path) => writeFileSync(path, ''))(machine);
      const terminal = openTerminal({
        command: [machine.program, 'run', '--config', machine.configPath],
        columns: 80,
        rows: 24,
        env: machine.env,
      });
      const code = await terminal.exited;
      mend();
      expect(code).toBe(78);
      await terminal.see('not started');
      expect(terminal.received()).not.toMatch(/^ {4}at /m);
      await terminal.close();
      expect(machine.leftovers()).toEqual([]);
    },
    LIMIT_MS,
  );

  for (const [what, path, alarm] of [
    ['an audit', 'audit/reconcile.jsonl', /AUDIT UNAVAILABLE: .*reconcile\.jsonl is a directory/],
    ['a log', 'logs/app.log', /^the log .*app\.log can't be written/],
  ] as const) {
    test(
      `with ${what} that is a directory goes on, and tells so`,
      async () => {
        await using other = await createMachine();
        mkdirSync(join(other.dir, dirname(path)), { mode: 0o700 });
        mkdirSync(join(other.dir, path));
        other.writeConfig({ ceremony: { requested_stage: 3 } });
        const daemon = await other.start();
        const { alarms } = await daemon.status();
        expect(alarms.some((text) => alarm.test(text))).toBe(true);
        if (what === 'a log') return;
        const held = await daemon.when('stage 2 earned', ({ stage }) => stage.earned === 2);
        expect(held.stage).toMatchObject({ in_force: 1, hold: { stage: 1 } });
        expect(held.stage.hold?.because).toStartWith('audit_unavailable');
      },
      LIMIT_MS,
    );
  }

  test(
    'that is good works after all of them, and lives on a feed of garbage with its gate closed',
    async () => {
      const daemon = await machine.start();
      await daemon.when('stage 1', ({ stage }) => stage.in_force === 1);
      const gate = (status: Awaited<ReturnType<typeof daemon.status>>) =>
        status.gates.find((row) => row.gate === 'expected_state_stale')?.state;
      await daemon.when('an open gate', (status) => gate(status) === 'open');
      appendFileSync(join(machine.stateDir, 'expected.jsonl'), '{"seq": "x"}\n\u0000\u0001 garbage\n');
      await daemon.when('a closed gate', (status) => gate(status) === 'closed');
      const { run } = await daemon.status();
      await daemon.when('more runs', (status) => status.run.count > run.count + 1);
      daemon.kill('SIGTERM');
      expect(await daemon.ended).toMatchObject({ code: 0, err: '' });
    },
    LIMIT_MS,
  );
});

describe('output that nobody reads', () => {
  const piped = (line: string) =>
    launch(['sh', '-c', line.replaceAll('grinder', `"${machine.program}"`)], {
      cwd: machine.dir,
      env: machine.env,
    }).ended;

  test(
    'ends no daemon, and a verb quietly',
    async () => {
      await piped('grinder run --headless 2>/dev/null | true & sleep 0');
      const path = await waitFor('the daemon', () => machine.registered()[0]?.socketPath ?? null);
      const client = connectControl(path);
      await waitFor('runs', async () => ((await client.status()).run.count >= 2 ? true : null));
      client.close();
      for (const verb of ['status', 'status --watch', 'status --watch --json', 'audit tail --json']) {
        const ran = await piped(`grinder ${verb} | head -c 1`);
        expect({ verb, ...ran }).toEqual({ verb, code: 0, out: expect.stringMatching(/^.$/), err: '' });
      }
      expect((await machine.grinder(['shutdown'])).code).toBe(0);
      await waitFor('nothing left', () => machine.leftovers().length === 0 || null);
    },
    LIMIT_MS,
  );
});

const VERBS = {
  attach: [],
  status: [],
  stage: ['1'],
  advance: [],
  disarm: [],
  'clear-stop': ['L-1'],
  shutdown: [],
  ack: ['team_notified'],
  'inject-mismatch': [],
} as const;

describe('a verb', () => {
  for (const [verb, args] of Object.entries(VERBS)) {
    test.concurrent(
      `${verb} without a daemon is 69`,
      async () => {
        const ran = await machine.grinder([verb, ...args]);
        expectParagraph(ran, 69);
        expect(ran.err).toContain(machine.configPath);
      },
      LIMIT_MS,
    );
  }

  for (const verb of [...Object.keys(VERBS), 'run', 'stop', 'audit', 'config', 'sim', 'smoke']) {
    test.concurrent(
      `${verb} --help is 0 and tells its flags`,
      async () => {
        const ran = await machine.spawn([verb, '--help']).ended;
        expect(ran).toMatchObject({ code: 0, err: '' });
        expect(ran.out).toStartWith(`grinder ${verb}`);
        expect(ran.out).toContain('--config');
      },
      LIMIT_MS,
    );
  }

  for (const line of [
    ['fly'],
    ['status', '--loudly'],
    ['stage', '7'],
    ['stage'],
    ['run', '--exchange', 'kraken'],
    [],
  ]) {
    test.concurrent(
      `line '${line.join(' ')}' is 64`,
      async () => {
        const ran = await machine.spawn(line).ended;
        expectParagraph(ran, 64);
        expect(ran.err).toContain('--help');
      },
      LIMIT_MS,
    );
  }

  test.concurrent(
    'ends quietly when nobody reads what it prints',
    async () => {
      const line = `"${machine.program}" --help | true; "${machine.program}" config schema | head -c 1`;
      const ran = await launch(['sh', '-c', line], { cwd: machine.dir, env: machine.env }).ended;
      expect(ran.err).toBe('');
      expect(ran.code).toBe(0);
    },
    LIMIT_MS,
  );
});

/** One paragraph for a person: no stack, nothing on stdout. */
function expectParagraph(ran: Ran, code: number): void {
  expect({ code: ran.code, err: ran.err }).toEqual({ code, err: expect.stringMatching(/^grinder: \S.*\n/) });
  expect(ran.err).not.toMatch(/^ {4}at /m);
  expect(ran.err).not.toContain('internal error');
  expect(ran.err.trim().split('\n\n')).toHaveLength(1);
  expect(ran.out).toBe('');
}

function literal(text: string): RegExp {
  return new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
}
