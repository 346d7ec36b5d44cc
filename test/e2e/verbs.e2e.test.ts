/** Command lines without a daemon, with nobody reading, or that mean nothing. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { connectControl } from '../../src/control/client.ts';
import { createMachine, type Machine, waitFor } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { launch } from '../helpers/process.ts';
import { expectParagraph } from './paragraph.ts';

afterAll(dropCache);

const LIMIT_MS = 45_000;

let machine: Machine;

beforeAll(async () => {
  machine = await createMachine();
}, 60_000);

afterAll(() => machine[Symbol.asyncDispose]());

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
  resolve: ['i-1', '--as', 'executed'],
  'inject-mismatch': [],
  prove: [],
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

  for (const verb of [
    ...Object.keys(VERBS),
    'run',
    'stop',
    'audit',
    'config',
    'doctor',
    'report',
    'sim',
    'smoke',
  ]) {
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
