/** No secret reaches a file, a command line, the socket, the metrics or the screen. */
import { afterAll, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCanary } from '../helpers/canary.ts';
import { createMachine, type Machine, waitFor } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import type { Running } from '../helpers/process.ts';
import { controlOf } from '../helpers/simulator.ts';

afterAll(dropCache);

const LIMIT_MS = 120_000;

test(
  'the key and its secret stay in their files, whatever the exchange throws back',
  async () => {
    await using machine = await createMachine();
    const { canary } = machine;
    const feed = join(machine.dir, 'feed/expected.jsonl');
    const simulator = await startSimulator(machine, feed);
    machine.writeConfig({
      exchange: {
        environment: 'sim',
        endpoints: { rest: simulator.rest, ws: simulator.ws },
      },
      reconcile: { confirm_after_ms: 10_000 },
      expected_state: { path: feed, settle_ms: 60_000 },
      ceremony: { dwell_ms: 600_000 },
      log: { level: 'debug' },
    });
    const daemon = await machine.start();
    await daemon.when('stage 1', ({ stage, snapshot }) => stage.in_force === 1 && snapshot.complete);
    await daemon.when('the stream', ({ sources }) =>
      sources.some(({ source, up }) => source === 'ws' && up === true),
    );

    const control = controlOf(simulator.rest);
    await control.placeStray('BTCUSDT');
    // What a failing exchange answers may quote the request, signature, key and all.
    for (const fault of faultsQuoting(canary)) {
      await control.fault(fault);
      const { run } = await daemon.status();
      await daemon.when('two runs under the fault', (status) => status.run.count > run.count + 1);
      await control.clearFaults();
    }
    await daemon.when('a whole read again', ({ snapshot }) => snapshot.complete);
    const outputs = [
      await machine.grinder(['status']),
      await machine.grinder(['status', '--json']),
      await machine.grinder(['inject-mismatch', '--json']),
      await machine.grinder(['stage', '2']),
      await machine.grinder(['audit', 'tail', '-n', '1000', '--json']),
      await machine.grinder(['config', 'print']),
      await machine.grinder(['stop', '--json']),
    ];
    const seen = [
      ...outputs.flatMap(({ out, err }) => [out, err]),
      await machine.metrics(),
      JSON.stringify(await daemon.status()),
      readFileSync(`/proc/${daemon.pid}/cmdline`, 'latin1'),
      readFileSync(`/proc/${daemon.pid}/environ`, 'latin1'),
      readFileSync(`/proc/${simulator.running.pid}/cmdline`, 'latin1'),
    ];
    daemon.kill('SIGTERM');
    const ended = await daemon.ended;
    simulator.running.kill('SIGTERM');
    const simulated = await simulator.running.ended;
    seen.push(ended.out, ended.err, simulated.out, simulated.err);

    // What was written and printed is searched when the machine goes; these are no process's output of this test.
    expect(existsSync(machine.auditPath)).toBe(true);
    expect(machine.log()).toContain('Skipping');
    const answers = Object.fromEntries(seen.map((text, n) => [`answer ${n}`, text]));
    expect(findCanary(canary, { directories: [], children: [], answers })).toEqual([]);
    expect(ended.code).toBe(0);
  },
  LIMIT_MS,
);

async function startSimulator(
  machine: Machine,
  feed: string,
): Promise<{ readonly running: Running; readonly rest: string; readonly ws: string }> {
  const { keyFile, secretFile } = machine.canary;
  const keyFlags = ['--api-key-file', keyFile, '--api-secret-file', secretFile];
  const flags = [...keyFlags, '--feed', feed];
  const running = machine.spawn(['sim', ...flags], { noConfig: true });
  const [rest, ws] = await waitFor('the simulator', () => {
    if (running.exitCode() !== null) throw new Error(`the simulator ended: ${running.err()}`);
    const match = /^rest (\S+)\nws (\S+)\n/.exec(running.out());
    return match === null ? null : ([match[1] ?? '', match[2] ?? ''] as const);
  });
  return { running, rest, ws };
}

/** Answers of an exchange, or of a proxy before it, that repeat what they were asked. */
function faultsQuoting(secrets: { readonly key: string; readonly secret: string }) {
  const quoted = `X-MBX-APIKEY: ${secrets.key} secret=${secrets.secret} signature=0123456789abcdef`;
  const reads = { match: { path: 'openOrders' }, times: 0 };
  return [
    { kind: 'status', ...reads, status: 401, code: -2015, msg: `Invalid API-key: ${quoted}` },
    { kind: 'status', ...reads, status: 502, body: `<html>${quoted}</html>` },
    { kind: 'status', ...reads, status: 200, body: quoted },
  ] as const;
}

test.each([
  ['a file', (machine: Machine) => writeFileSync(join(machine.stateDir, 'x'), `...${machine.canary.secret}`)],
  [
    'a file, encoded',
    (machine: Machine) =>
      writeFileSync(join(machine.dir, 'x'), Buffer.from(machine.canary.key).toString('base64')),
  ],
  ['a command line', (machine: Machine) => sleeper(machine, [machine.canary.key], {})],
  ['an environment', (machine: Machine) => sleeper(machine, [], { KEY: machine.canary.secret })],
  [
    'an output',
    (machine: Machine) => machine.grinder(['status'], { config: join(machine.dir, machine.canary.key) }),
  ],
])('the end of a machine fails when %s holds its key', async (_, leak) => {
  const machine = await createMachine();
  mkdirSync(machine.stateDir, { mode: 0o700 });
  await leak(machine);
  await expect(machine[Symbol.asyncDispose]()).rejects.toThrow('the key or its secret is in: ');
});

/** Anything that runs for a while and doesn't mind its arguments. */
function sleeper(machine: Machine, args: readonly string[], env: Readonly<Record<string, string>>): Running {
  return machine.spawn(['sim', ...args], { noConfig: true, env });
}
