import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { readAccount } from '../../src/config/account.ts';
import { loadConfig } from '../../src/config/load.ts';
import { type DoctorInputs, examine } from '../../src/daemon/doctor.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { realDisk } from '../../src/engine/disk.ts';
import { type Journal, openJournal } from '../../src/engine/journal.ts';
import { openLatch } from '../../src/engine/latch.ts';
import { acquireLock } from '../../src/engine/lock.ts';
import { openPauseRecord, pausePath } from '../../src/engine/pause-record.ts';
import type { CriterionVerdict } from '../../src/engine/types.ts';
import { computePlaces } from '../../src/launch/places.ts';
import { exampleStatus } from '../control/fixture.ts';
import { entry } from '../engine/durable.ts';
import { startTestSimulator, TEST_KEY, TEST_SECRET, type TestSimulator } from '../helpers/simulator.ts';

let dir: string;
let sim: TestSimulator;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'gd-'));
  sim = await startTestSimulator({ priceStepMs: 0 });
  mkdirSync(join(dir, 'run'), { mode: 0o700 });
  for (const [name, text] of [
    ['key', TEST_KEY],
    ['secret', TEST_SECRET],
  ] as const)
    writeFileSync(join(dir, name), `${text}\n`, { mode: 0o600 });
  writeFileSync(join(dir, 'expected.jsonl'), '', { mode: 0o600 });
});
afterEach(async () => {
  await sim[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

/** The inputs of a configuration whose account is a simulator elsewhere: keys, lock and head are as on a real one. */
function inputs(more: { readonly text?: string; readonly env?: Record<string, string> } = {}): DoctorInputs {
  const text =
    more.text ??
    `
exchange: { environment: sim, endpoints: { rest: "${sim.simulator.restUrl}", ws: "${sim.simulator.wsUrl}" }, key_file: key, secret_file: secret }
expected_state: { path: expected.jsonl }
metrics: { listen: "127.0.0.1:0" }
`;
  const loaded = loadConfig({ text, env: more.env ?? {}, flags: new Map() });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const places = computePlaces({
    argv: ['doctor'],
    env: { HOME: dir, XDG_RUNTIME_DIR: join(dir, 'run') },
    cwd: dir,
    uid: process.getuid?.() ?? 0,
    config: { path: join(dir, 'config.yaml'), text },
  });
  return { settings: loaded.settings, places, clock: systemClock, daemon: null };
}

function accountDirectory(from: DoctorInputs): string {
  const read = readAccount(from.settings, from.places);
  if (!read.ok) throw new Error(read.problem);
  mkdirSync(read.account.directory, { recursive: true, mode: 0o700 });
  return read.account.directory;
}

async function look(
  from: DoctorInputs,
  id: string,
): Promise<{ verdict?: CriterionVerdict; figure?: string }> {
  return (await examine(from)).checks.find((one) => one.id === id) ?? {};
}

const filesBelow = () => readdirSync(dir, { recursive: true }).map(String).sort();

describe('without a daemon the doctor', () => {
  test('reads the account, sends nothing but GETs and leaves no file', async () => {
    const before = filesBelow();
    const { checks, account } = await examine(inputs());
    expect(filesBelow()).toEqual(before);
    const log = await sim.log();
    expect(log.length).toBeGreaterThan(3);
    expect(log.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(account).toBe('sim');
    const verdicts = Object.fromEntries(checks.map(({ id, verdict }) => [id, verdict]));
    expect(verdicts).toMatchObject({
      ...{ config: 'PASS', identity: 'PASS', whitelist: 'PASS', flatten_cap: 'PASS', budgets: 'PASS' },
      ...{ cooldown: 'PASS', audit: 'PASS', disk: 'PASS', clock: 'PASS', position_mode: 'PASS' },
      ...{ file_modes: 'PASS', key_files: 'PASS', account_lock: 'PASS', stop_latch: 'PASS' },
      ...{ metrics_port: 'PASS', feed: 'INCONCLUSIVE', team_notified: 'INCONCLUSIVE' },
    });
    for (const { figure } of checks) expect(figure).not.toBe('');
  });

  test('looks at the embedded simulator too, without its trader', async () => {
    const from = inputs({ text: 'metrics: { listen: "127.0.0.1:0" }' });
    const { checks } = await examine(from);
    expect(checks.filter(({ verdict }) => verdict === 'FAIL')).toEqual([]);
    expect(checks.find(({ id }) => id === 'whitelist')?.verdict).toBe('PASS');
    expect(filesBelow()).toEqual(['expected.jsonl', 'key', 'run', 'secret']);
  });

  test('fails a clock that is off, and tells a hedge account', async () => {
    await sim.setClockOffset(5000);
    expect(await look(inputs(), 'clock')).toMatchObject({ verdict: 'FAIL' });
    expect(await look(inputs(), 'position_mode')).toMatchObject({ figure: 'one_way' });
    await sim[Symbol.asyncDispose]();
    sim = await startTestSimulator({ priceStepMs: 0, hedgeMode: true });
    expect(await look(inputs(), 'position_mode')).toMatchObject({ verdict: 'PASS', figure: 'hedge' });
  });

  test('can say nothing about an exchange that does not answer', async () => {
    const from = inputs();
    await sim[Symbol.asyncDispose]();
    for (const id of ['clock', 'whitelist', 'key_rights', 'position_mode'])
      expect((await look(from, id)).verdict).toBe('INCONCLUSIVE');
  });

  test('asks nothing while a ban lasts that the audit lost, or never had', async () => {
    for (const env of [{}, { GRINDER_AUDIT_ENABLED: '0' }]) {
      const from = inputs({ env });
      openPauseRecord(pausePath(accountDirectory(from))).keep(Date.now() + 60_000);
      expect((await look(from, 'clock')).verdict).toBe('INCONCLUSIVE');
      expect(await sim.log()).toEqual([]);
    }
  });

  test('asks nothing while a ban lasts that is in the audit', async () => {
    const from = inputs();
    const directory = accountDirectory(from);
    writeAudit(from, directory, { backoff_until_ms: Date.now() + 60_000 });
    expect((await look(from, 'clock')).verdict).toBe('INCONCLUSIVE');
    expect(await sim.log()).toEqual([]);
  });

  test('fails a whitelisted symbol whose ids can not fit, and one the exchange does not know', async () => {
    const listed = (symbol: string) => inputs({ env: { RECONCILE_SYMBOL_WHITELIST: symbol } });
    expect(await look(listed('TWELVE_CHARS'), 'whitelist')).toMatchObject({ verdict: 'FAIL' });
    expect(await look(listed('NOPEUSDT'), 'whitelist')).toMatchObject({
      verdict: 'FAIL',
      figure: 'unknown to the exchange, or not priced in USDT or USDC: NOPEUSDT',
    });
  });

  test('fails an audit whose disk does not sync', async () => {
    const disk = {
      ...realDisk,
      fdatasync: () => {
        throw new Error('EIO');
      },
    };
    expect(await look({ ...inputs(), disk }, 'audit')).toMatchObject({ verdict: 'FAIL', figure: 'EIO' });
    expect(filesBelow().filter((name) => name.includes('doctor'))).toEqual([]);
  });

  test('fails an audit that was changed, cut or taken away, and finds a good one good', async () => {
    const from = inputs();
    const directory = accountDirectory(from);
    const path = from.places.auditPath;
    writeAudit(from, directory);
    writeAudit(from, directory);
    expect(await look(from, 'audit')).toMatchObject({ verdict: 'PASS' });
    const good = readFileSync(path, 'utf8');
    writeFileSync(path, good.replace('"stage":0', '"stage":4'));
    expect((await look(from, 'audit')).figure).toContain('line 1');
    writeFileSync(path, good.split('\n').slice(0, 1).join('\n').concat('\n'));
    expect((await look(from, 'audit')).figure).toContain('were written');
    rmSync(path);
    expect((await look(from, 'audit')).figure).toContain('missing');
    expect((await look(inputs({ env: { GRINDER_AUDIT_ENABLED: '0' } }), 'audit')).verdict).toBe(
      'INCONCLUSIVE',
    );
  });

  test('finds an audit of several files good', async () => {
    const from = inputs();
    const headPath = join(accountDirectory(from), 'audit-head.json');
    const path = from.places.auditPath;
    const journal = openJournal({ path, headPath, clock: systemClock, maxFileBytes: 2000 });
    for (let index = 0; index < 20; index += 1) {
      append(journal);
      journal.maintain();
    }
    journal.close();
    expect(filesBelow().filter((name) => /jsonl\.\d+$/.test(name)).length).toBeGreaterThan(0);
    expect(await look(from, 'audit')).toMatchObject({ verdict: 'PASS' });
  });

  test('fails a feed, a key and a directory that others can use', async () => {
    chmodSync(join(dir, 'expected.jsonl'), 0o666);
    expect(await look(inputs(), 'feed')).toMatchObject({ verdict: 'FAIL' });
    mkdirSync(join(dir, 'state'), { mode: 0o700 });
    chmodSync(join(dir, 'state'), 0o777);
    expect(await look(inputs(), 'file_modes')).toMatchObject({ verdict: 'FAIL' });
    chmodSync(join(dir, 'secret'), 0o644);
    const { checks, account } = await examine(inputs());
    expect(checks.find(({ id }) => id === 'key_files')?.verdict).toBe('FAIL');
    expect(account).toBeNull();
    expect(JSON.stringify(checks)).not.toContain(TEST_SECRET);
  });

  test('fails a metrics port that somebody else has', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const text = `metrics: { listen: "127.0.0.1:${port}" }`;
    expect(await look(inputs({ text }), 'metrics_port')).toMatchObject({ verdict: 'FAIL' });
    other.close();
    expect(await look(inputs({ text }), 'metrics_port')).toMatchObject({ verdict: 'PASS' });
  });

  test('fails an account that another process holds, and does not take it away', async () => {
    const from = inputs();
    const directory = accountDirectory(from);
    const lock = acquireLock(join(directory, 'lock.sqlite'), {
      pid: 4711,
      host: 'h',
      sinceMs: 0,
      socket: 's',
    });
    if (!lock.held) throw new Error(lock.why);
    const found = await look(from, 'account_lock');
    expect(found).toMatchObject({ verdict: 'FAIL', figure: expect.stringContaining('4711') });
    expect(lock.stillHeld()).toBe(true);
    lock.release();
    expect((await look(from, 'account_lock')).verdict).toBe('PASS');
  });

  test('fails an account that is stopped where another process of this user keeps it', async () => {
    const plain = inputs();
    const from = { ...plain, places: { ...plain.places, otherAccountsBases: [join(dir, 'else')] } };
    const other = join(dir, 'else', 'accounts', basename(accountDirectory(from)));
    mkdirSync(other, { recursive: true, mode: 0o700 });
    expect((await look(from, 'account_lock')).verdict).toBe('PASS');
    const latch = openLatch({ path: join(other, 'latch'), firstUse: true, nowMs: 0 });
    latch.set({ by: 'ann', reason: '', atMs: 0 });
    latch.close();
    const found = await look(from, 'account_lock');
    expect(found).toMatchObject({ verdict: 'FAIL', figure: expect.stringContaining(other) });
  });

  test('fails while a stop is latched, by its latch or by a file', async () => {
    const from = inputs();
    const directory = accountDirectory(from);
    const latch = openLatch({ path: join(directory, 'latch'), firstUse: true, nowMs: 0, newId: () => 'L-7' });
    expect((await look(from, 'stop_latch')).verdict).toBe('PASS');
    latch.set({ by: 'ann', reason: '', atMs: 0 });
    expect(await look(from, 'stop_latch')).toMatchObject({ verdict: 'FAIL', figure: 'latched: L-7' });
    latch.clear('L-7');
    writeFileSync(join(directory, 'latch'), 'garbage', { mode: 0o600 });
    expect((await look(from, 'stop_latch')).verdict).toBe('FAIL');
    latch.close();
  });

  test('fails for a stop that the audit tells of and the latch does not, as a start would latch for it', async () => {
    const from = inputs();
    const directory = accountDirectory(from);
    const headPath = join(directory, 'audit-head.json');
    openLatch({ path: join(directory, 'latch'), firstUse: true, nowMs: 0 }).close();
    const journal = openJournal({ path: from.places.auditPath, headPath, clock: systemClock });
    journal.append(entry({ event_type: 'STOP_LATCHED', details: { latch_id: 'L-8' } }));
    expect(await look(from, 'stop_latch')).toMatchObject({
      verdict: 'FAIL',
      figure: 'stop L-8 of the audit, which its latch did not keep',
    });
    journal.append(entry({ event_type: 'STOP_CLEARED', details: { latch_id: 'L-8' } }));
    expect((await look(from, 'stop_latch')).verdict).toBe('PASS');
    journal.close();
  });
});

describe('beside a running daemon the doctor', () => {
  const running = (prerequisites: typeof exampleStatus.prerequisites) => ({
    ...exampleStatus,
    prerequisites,
    daemon: { ...exampleStatus.daemon, metrics: 'http://127.0.0.1:1/metrics' },
  });

  test('asks the daemon about the exchange, and the exchange about nothing', async () => {
    const clock = {
      id: 'clock',
      title: 'clock offset',
      verdict: 'FAIL',
      figure: '900 ms',
      limit: '',
    } as const;
    const from = { ...inputs(), daemon: running([clock]) };
    expect(await look(from, 'clock')).toEqual(clock);
    expect(await look(from, 'whitelist')).toMatchObject({ verdict: 'INCONCLUSIVE' });
    expect(await look(from, 'metrics_port')).toMatchObject({ verdict: 'PASS' });
    expect(await sim.log()).toEqual([]);
  });

  test('says that it runs with other settings, and judges those', async () => {
    expect(await look({ ...inputs(), daemon: running([]) }, 'config')).toMatchObject({
      verdict: 'INCONCLUSIVE',
    });
    for (const id of ['flatten_cap', 'cooldown', 'identity', 'budgets', 'whole_position']) {
      const told = { id, title: id, verdict: 'INCONCLUSIVE', figure: '5000', limit: '' } as const;
      expect(await look({ ...inputs(), daemon: running([told]) }, id)).toEqual(told);
    }
  });

  test('fails for a stop that it holds in memory alone, whatever the file says', async () => {
    const from = inputs();
    openLatch({ path: join(accountDirectory(from), 'latch'), firstUse: true, nowMs: 0 }).close();
    expect((await look({ ...from, daemon: running([]) }, 'stop_latch')).verdict).toBe('PASS');
    const latch = {
      ...exampleStatus.latch,
      latched: true,
      id: 'L-9',
      durable: false,
      text: 'LATCHED, NOT DURABLE',
    };
    expect(await look({ ...from, daemon: { ...running([]), latch } }, 'stop_latch')).toMatchObject({
      verdict: 'FAIL',
      figure: 'LATCHED, NOT DURABLE L-9',
    });
  });

  test('says that it works on another account than the key files here name', async () => {
    const from = inputs();
    const same = { ...running([]).daemon, config_digest: from.settings.digest };
    const at = (account: string) => ({ ...from, daemon: { ...running([]), daemon: { ...same, account } } });
    expect((await look(at('sim'), 'config')).verdict).toBe('PASS');
    expect(await look(at('0123456789ab'), 'config')).toMatchObject({
      verdict: 'INCONCLUSIVE',
      figure: expect.stringContaining('account sim here, the daemon works on 0123456789ab'),
    });
  });

  test('does not take a process of the same number on another host for it', async () => {
    const from = inputs();
    const { daemon } = running([]);
    const path = join(accountDirectory(from), 'lock.sqlite');
    for (const [host, verdict] of [
      [daemon.host, 'PASS'],
      [`${daemon.host}-2`, 'FAIL'],
    ] as const) {
      const lock = acquireLock(path, { pid: daemon.pid, host, sinceMs: 0, socket: daemon.socket });
      if (!lock.held) throw new Error(lock.why);
      expect((await look({ ...from, daemon: running([]) }, 'account_lock')).verdict).toBe(verdict);
      lock.release();
    }
  });

  test('believes it about an audit that it can not write any more', async () => {
    const audit = { id: 'audit', title: 'a', verdict: 'INCONCLUSIVE', figure: 'ENOSPC', limit: '' } as const;
    const found = await look({ ...inputs(), daemon: running([audit]) }, 'audit');
    expect(found).toMatchObject({ verdict: 'FAIL', figure: 'ENOSPC' });
  });
});

function writeAudit(from: DoctorInputs, directory: string, details: Record<string, number> = {}): void {
  const journal = openJournal({
    path: from.places.auditPath,
    headPath: join(directory, 'audit-head.json'),
    clock: systemClock,
  });
  append(journal, details);
  journal.close();
}

function append(journal: Journal, details: Record<string, number> = {}): void {
  const written = journal.append({
    ...{ event_type: 'CONFIG_LOADED', run_id: '', mode: 'dry_run', stage: 0, action: 'none', status: null },
    ...{ block_reason: null, symbols: [], mismatch_counts: {}, details, operator: null, synthetic: false },
  });
  if (!written.ok) throw new Error(written.problem);
}
