#!/usr/bin/env node
// The package scripts: `node scripts/run.mjs start|test|build|dev|check|bench|mutate|simulate [arguments]`. Needs Node 20 and npm only;
// each installs and builds what is missing, so each works alone on a fresh clone.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ensureBuilt, ensureInstalled } from './prepare.mjs';
import { findBun, findDeno } from './runtimes.mjs';

const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const [task = '', ...rest] = process.argv.slice(2);
const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };
const tasks = { start, test, build, dev, check, bench, mutate, simulate };
process.exitCode = await main();

async function main() {
  if (!Object.hasOwn(tasks, task)) {
    console.error(`usage: node scripts/run.mjs ${Object.keys(tasks).join('|')}`);
    return 64;
  }
  try {
    ensureInstalled(root);
    return await tasks[task]();
  } catch (error) {
    console.error(`${task}: ${error instanceof Error ? error.message : error}`);
    return 1;
  }
}

async function start() {
  ensureBuilt(root);
  const config = rest.some((word) => word === '--config' || word.startsWith('--config='));
  const args = ['run', ...(config ? [] : ['--config', 'config.example.yaml']), ...rest];
  return passThrough(join(root, 'dist/grinder'), args);
}

async function build() {
  ensureBuilt(root, { force: true });
  return 0;
}

/** From source: Deno is the product's runtime, and it strips types and resolves node_modules by itself. */
async function dev() {
  const flags = ['--quiet', '--no-prompt', '--no-lock', '--node-modules-dir=manual', '--unstable-net'];
  const wide = ['--allow-read', '--allow-write', '--allow-net', '--allow-env', '--allow-sys'];
  const args = rest.length > 0 ? rest : ['run', '--config', 'config.example.yaml'];
  return passThrough(findDeno(root), ['run', ...flags, ...wide, join(root, 'src/main.ts'), ...args]);
}

/** `bench` runs all of them, `bench -- run roundtrip` those two. */
async function bench() {
  const dir = join(root, 'bench');
  const all = (existsSync(dir) ? readdirSync(dir) : [])
    .filter((name) => name.endsWith('.bench.ts'))
    .map((name) => name.replace(/\.bench\.ts$/, ''))
    .sort();
  const unknown = rest.filter((name) => !all.includes(name));
  if (unknown.length > 0) {
    console.error(`bench: expected some of ${all.join(', ')}, found ${unknown.join(', ')}`);
    return 64;
  }
  ensureBuilt(root);
  const codes = [];
  for (const name of rest.length > 0 ? rest : all)
    codes.push(await passThrough(findBun(root), [join(dir, `${name}.bench.ts`)]));
  return codes.find((code) => code !== 0) ?? 0;
}

/** Breaks each safety rule in a copy of the tree and asks the tests; takes minutes, and is no part of `test`. */
async function mutate() {
  return passThrough(findBun(root), [join(root, 'scripts/mutate.ts'), ...rest]);
}

/** Seeds of the deterministic simulation, from source: it needs nothing built. */
async function simulate() {
  return passThrough(findBun(root), [join(root, 'test/simulation/main.ts'), ...rest]);
}

async function check() {
  const failures =
    runChecks() + (spawnSync(findBun(root), ['test', 'test/tidy.test.ts'], inherit()).status === 0 ? 0 : 1);
  return failures === 0 ? 0 : 1;
}

/** Ends with one line, `N passed, N failed`; a failing check (types, lint and format) counts as failed. */
async function test() {
  ensureBuilt(root);
  const tests = await runTests();
  const failedChecks = runChecks();
  const failed = tests.failed + failedChecks;
  const skipped = tests.skipped > 0 ? `, ${tests.skipped} skipped` : '';
  console.log(`${tests.passed} passed, ${failed} failed${skipped}`);
  return failed === 0 ? 0 : 1;
}

/** Runs Bun's test runner, shows its output, and reads the counts from its summary. */
async function runTests() {
  const child = spawn(findBun(root), ['test', '--timeout', '60000', ...rest], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const [stream, target] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ]) {
    stream.on('data', (chunk) => {
      text = (text + chunk).slice(-20_000);
      target.write(chunk);
    });
  }
  const code = await exitCode(child);
  const counts = readSummary(text);
  // A crash, an error between tests, or nothing at all to run is a failure too, whatever the summary says.
  const broken = counts.passed + counts.failed === 0 || (code !== 0 && counts.failed === 0);
  return { ...counts, failed: counts.failed + (broken ? 1 : 0) };
}

function readSummary(text) {
  const plain = text.replaceAll(/\x1b\[[0-9;]*m/g, '');
  const count = (word) =>
    Number([...plain.matchAll(new RegExp(`^ *(\\d+) ${word}$`, 'gm'))].at(-1)?.[1] ?? 0);
  return { passed: count('pass'), failed: count('fail'), skipped: count('skip') + count('todo') };
}

/** Prints one line a check, and its output when it fails; returns how many failed. */
function runChecks() {
  const checks = [
    ['types', ['node_modules/typescript/bin/tsc', '-p', '.']],
    ['lint and format', ['node_modules/@biomejs/biome/bin/biome', 'ci', '--diagnostic-level=warn']],
  ];
  let failures = 0;
  for (const [name, args] of checks) {
    const result = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    if (result.status !== 0) console.error(`${result.stdout}${result.stderr}`);
    console.log(`check: ${name}: ${result.status === 0 ? 'ok' : 'FAILED'}`);
    failures += result.status === 0 ? 0 : 1;
  }
  return failures;
}

/** Runs a program in this one's place as nearly as Node can: its streams, signals and exit code are ours. */
async function passThrough(file, args) {
  const child = spawn(file, args, inherit());
  const onTerminal = process.stdin.isTTY === true;
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGUSR1', 'SIGUSR2']) {
    // A terminal sends Ctrl+C to the whole group, so the child has it already.
    process.on(signal, () => {
      if (!(onTerminal && signal === 'SIGINT')) child.kill(signal);
    });
  }
  return exitCode(child);
}

function inherit() {
  return { cwd: root, stdio: 'inherit' };
}

function exitCode(child) {
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => done(code ?? 128 + (signalNumbers[signal] ?? 0)));
  });
}
