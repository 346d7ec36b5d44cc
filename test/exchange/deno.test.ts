import { expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findDeno } from '../../scripts/runtimes.mjs';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const FLAGS = [
  '--no-prompt',
  '--allow-net=127.0.0.1',
  '--allow-read',
  '--ignore-env',
  '--allow-sys=hostname,uid,statfs',
];

test('on Deno every write is sent once, the stop holds, and silence is noticed', async () => {
  const deno = spawn(findDeno(path('../..')), ['run', ...FLAGS, path('./on-deno.ts')]);
  let out = '';
  let complaints = '';
  deno.stdout.on('data', (chunk) => {
    out += chunk;
  });
  deno.stderr.on('data', (chunk) => {
    complaints += chunk;
  });
  const code = await new Promise((resolve) => deno.on('close', resolve));
  expect([code, complaints]).toEqual([0, '']);
  const report = JSON.parse(out);
  const faults: readonly [string, string, string, number][] = report.faults;
  expect(faults).toHaveLength(12);
  expect(faults.filter(([, , status, requests]) => status !== 'UNKNOWN' || requests !== 1)).toEqual([]);
  expect(report).toMatchObject({
    observed: true,
    flatten: 'EXECUTED',
    cancel: 'EXECUTED',
    stream: 'came back',
    latched: ['NOT_SENT', 0],
    thread: true,
  });
}, 60_000);
