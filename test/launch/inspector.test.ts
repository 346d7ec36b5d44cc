import { afterAll, beforeAll, expect, test } from 'bun:test';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

// The real runtime and stub with a small program: it handles SIGUSR1, listens once, and answers each signal.
const program = `
import http from 'node:http';
import { buildInfo } from '${resolve(import.meta.dirname, '../../src/launch/build-info.ts')}';
if (process.argv.includes('--version')) {
  console.log(JSON.stringify(buildInfo));
} else if (process.argv.includes('bare')) {
  console.log('ready');
  setTimeout(() => console.log('survived'), 300);
} else {
  process.on('SIGUSR1', () => console.log('signal'));
  http.createServer().listen(0, '127.0.0.1', () => console.log('ready'));
}
`;
const root = resolve(import.meta.dirname, '../..');
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'grinder-real-'));
  writeFileSync(join(dir, 'entry.mjs'), program);
  const args = [
    'scripts/build-binary.ts',
    '--portable',
    '--entry',
    join(dir, 'entry.mjs'),
    '--out',
    join(dir, 'grinder'),
  ];
  const build = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (build.status !== 0) throw new Error(build.stderr);
}, 120_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const env = (): Record<string, string> => ({
  PATH: '/usr/bin:/bin',
  HOME: dir,
  GRINDER_CACHE_DIR: join(dir, 'cache'),
});

test('the real executable tells how it was built', () => {
  const { stdout, stderr } = spawnSync(join(dir, 'grinder'), ['--version'], {
    encoding: 'utf8',
    env: env(),
    cwd: dir,
  });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({ packaging: 'portable', runtime: 'Deno 2.9.1' });
}, 60_000);

test('SIGUSR1 reaches the program and opens no debugger', async () => {
  const child = spawn(join(dir, 'grinder'), ['run'], {
    env: env(),
    cwd: dir,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    let text = '';
    for await (const chunk of child.stdout) {
      text += String(chunk);
      if (text.split('signal').length > 3) break;
      child.kill('SIGUSR1');
    }
    expect(listeningSockets(child.pid ?? 0)).toBe(1);
  } finally {
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  }
}, 60_000);

test('SIGUSR1 before the program has its handler is ignored', async () => {
  const child = spawn(join(dir, 'grinder'), ['bare'], {
    env: env(),
    cwd: dir,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.once('data', () => child.kill('SIGUSR1'));
  for await (const chunk of child.stdout) text += String(chunk);
  expect(text).toContain('survived');
}, 60_000);

test('a debugger that is open is seen, so that the tests above can fail', async () => {
  const deno = readdirSync(join(dir, 'cache')).map((key) => join(dir, 'cache', key, 'deno'))[0] ?? '';
  const args = [
    'run',
    '--quiet',
    '--no-config',
    '--inspect=127.0.0.1:0',
    '--allow-net',
    join(dir, 'entry.mjs'),
  ];
  const child = spawn(deno, args, { env: env(), cwd: dir, stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    await once(child.stdout, 'data');
    expect(listeningSockets(child.pid ?? 0)).toBe(2);
  } finally {
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  }
}, 60_000);

/** Counts the TCP sockets on which this process listens, as the kernel lists them. */
function listeningSockets(pid: number): number {
  const tables = ['tcp', 'tcp6'].map((name) => readFileSync(`/proc/${pid}/net/${name}`, 'utf8'));
  const rows = tables.flatMap((table) =>
    table
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/)),
  );
  const listening = new Set(rows.filter((row) => row[3] === '0A').map((row) => `socket:[${row[9]}]`));
  const links = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];
    }
  });
  return links.filter((link) => listening.has(link)).length;
}
