// Installs what package-lock.json says and builds what its inputs say, each only when it is missing or out of date.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBun } from './runtimes.mjs';

/** Runs `npm ci` unless node_modules already holds what the lock file names. */
export function ensureInstalled(root) {
  const stamp = join(root, 'node_modules/.grinder-lock');
  const wanted = hashFiles([join(root, 'package-lock.json')]);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  if (!matchesLock(root)) install(root);
  writeFileSync(stamp, wanted);
}

/** Builds dist/grinder unless it was built from these very inputs and this commit. */
export function ensureBuilt(root, { force = false } = {}) {
  const stamp = join(root, 'dist/.stamp');
  const wanted = hashFiles(buildInputs(root), commitOf(root));
  const current =
    existsSync(join(root, 'dist/grinder')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (current && !force) return;
  const result = spawnSync(findBun(root), [join(root, 'scripts/build-binary.ts')], {
    cwd: root,
    stdio: 'inherit',
  });
  if (result.status !== 0) throw new Error('the build failed; its message is above');
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stamp, wanted);
}

function install(root) {
  console.log('npm ci: installing what package-lock.json names ...');
  // The packages' own scripts aren't run: the runtimes' executables are found where npm puts them.
  const flags = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const cache = writableHome()
    ? {}
    : { npm_config_cache: join(tmpdir(), `grinder-npm-${process.getuid?.() ?? 0}`) };
  const env = { ...process.env, ...cache };
  const result = spawnSync('npm', flags, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env });
  if (result.status !== 0)
    throw new Error(`npm ci failed (${result.error?.message ?? `exit ${result.status}`})`);
}

/** npm keeps its cache below HOME, which may be unset or read-only. */
function writableHome() {
  try {
    accessSync(process.env['HOME'] || '/nonexistent', constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Compares what npm recorded as installed with the lock; optional packages of other platforms may be absent. */
function matchesLock(root) {
  const record = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(locked).every(([path, { version, optional }]) => {
    if (path === '') return true;
    const found = installed[path];
    return found === undefined
      ? optional === true
      : found.version === version && existsSync(join(root, path));
  });
}

function buildInputs(root) {
  const trees = ['src', 'scripts'].flatMap((dir) => filesBelow(join(root, dir)));
  return [...trees, join(root, 'package.json'), join(root, 'package-lock.json')];
}

function filesBelow(dir) {
  const entries = readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(dir, entry.name)) : entry.isFile() ? [join(dir, entry.name)] : [],
  );
}

function hashFiles(paths, ...facts) {
  const hash = createHash('sha256');
  for (const fact of facts) hash.update(`${fact}\0`);
  for (const path of paths) hash.update(`${path}\0`).update(readFileSync(path)).update('\0');
  return hash.digest('hex');
}

/** `--version` names the commit, so a new one is a reason to build. */
function commitOf(root) {
  const result = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' });
  return result.status === 0 ? result.stdout.trim() : 'unknown';
}
