/** No secret reaches a file, a command line, the socket, the metrics or the screen. */
import { afterAll, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
    const secrets = {
      key: `KEYCANARY${randomBytes(16).toString('hex')}`,
      secret: `SECRETCANARY${randomBytes(16).toString('hex')}`,
    };
    const files = { key: join(machine.dir, 'keys.key'), secret: join(machine.dir, 'keys.secret') };
    for (const name of ['key', 'secret'] as const)
      writeFileSync(files[name], `${secrets[name]}\n`, { mode: 0o600 });
    const feed = join(machine.dir, 'feed/expected.jsonl');
    const simulator = await startSimulator(machine, files, feed);
    machine.writeConfig({
      exchange: {
        environment: 'sim',
        endpoints: { rest: simulator.rest, ws: simulator.ws },
        key_file: files.key,
        secret_file: files.secret,
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
    for (const fault of faultsQuoting(secrets)) {
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

    const keyFiles: readonly string[] = Object.values(files);
    const places = filesBelow(machine.dir).filter((path) => !keyFiles.includes(path));
    expect(places).toContain(machine.auditPath);
    expect(places).toContain(machine.logPath);
    expect(machine.log()).toContain('Skipping');
    const texts = [
      ...seen.map((text, n) => [`output ${n}`, text] as const),
      ...places.map((path) => [path, readFileSync(path, 'latin1')] as const),
    ];
    for (const secret of Object.values(secrets))
      expect(texts.filter(([, text]) => text.includes(secret)).map(([where]) => where)).toEqual([]);
    expect(ended.code).toBe(0);
  },
  LIMIT_MS,
);

async function startSimulator(
  machine: Machine,
  files: { readonly key: string; readonly secret: string },
  feed: string,
): Promise<{ readonly running: Running; readonly rest: string; readonly ws: string }> {
  const flags = ['--api-key-file', files.key, '--api-secret-file', files.secret, '--feed', feed];
  const running = machine.spawn(['sim', ...flags], { noConfig: true });
  const [rest, ws] = await waitFor('the simulator', () => {
    if (running.exitCode() !== null) throw new Error(`the simulator ended: ${running.err()}`);
    const match = /^rest (\S+)\nws (\S+)\n/.exec(running.out());
    return match === null ? null : ([match[1] ?? '', match[2] ?? ''] as const);
  });
  return { running, rest, ws };
}

function filesBelow(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dir, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
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
