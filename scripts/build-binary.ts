/**
 * Builds the one executable: `bun scripts/build-binary.ts [--entry FILE] [--out FILE] [--runtime FILE] [--portable]`.
 *
 * `deno compile` where its base binary can be had; otherwise a portable executable (see portable-stub.sh). Either way
 * from the same bundle.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { launcherVariables } from '../src/launch/environment.ts';
import { bundle } from './bundle.ts';
import { compileWithDeno, whyNotCompile } from './compile.ts';
import { writePortable } from './portable.ts';
import { findDeno } from './runtimes.mjs';

const safeDeno = '2.9.1';
const root = resolve(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    entry: { type: 'string', default: join(root, 'src/main.ts') },
    out: { type: 'string', default: join(root, 'dist/grinder') },
    runtime: { type: 'string' },
    portable: { type: 'boolean', default: false },
  },
});
await buildBinary();

async function buildBinary(): Promise<void> {
  const { version, denoVersion } = pinnedVersions();
  const deno = findDeno(root);
  checkRuntime(deno, denoVersion);
  const facts = { version, commit: describeCommit(), denoVersion };
  const out = resolve(values.out);
  mkdirSync(dirname(out), { recursive: true });
  const obstacle = values.portable || values.runtime ? 'not asked for' : await whyNotCompile(denoVersion);
  if (obstacle === null) {
    const text = await bundle(values.entry, { ...facts, packaging: 'compiled' });
    const result = compileWithDeno(deno, text, out);
    if (result.done) return report(out, 'compiled with deno compile');
    report(out, `deno compile failed (${result.why})`);
  }
  const text = await bundle(values.entry, { ...facts, packaging: 'portable' });
  const launcher = await bundle(join(root, 'src/launch/main.ts'), { ...facts, packaging: 'portable' });
  writePortable(out, {
    version,
    runtime: values.runtime ?? deno,
    bundle: text,
    launcher,
    stub: readFileSync(join(root, 'scripts/portable-stub.sh'), 'utf8'),
    launcherVariables,
    cacheDir: join(root, 'dist/.cache'),
  });
  report(out, `portable executable${obstacle === null ? '' : ` (deno compile: ${obstacle})`}`);
}

function report(out: string, how: string): void {
  console.log(`build: ${out}: ${how}`);
}

function pinnedVersions(): { readonly version: string; readonly denoVersion: string } {
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  const manifest: { readonly version: string; readonly devDependencies: Readonly<Record<string, string>> } =
    JSON.parse(text);
  return { version: manifest.version, denoVersion: manifest.devDependencies['deno'] ?? 'unpinned' };
}

/**
 * Refuses any Deno but the pinned 2.9.1.
 *
 * From 2.9.2 on SIGUSR1 opens the V8 inspector whatever handlers a program has installed (denoland/deno pull request
 * 35738): any process of the same user could then read keys and run code in the daemon. test/launch/inspector.test.ts
 * proves that no port opens; the pin may move when it passes with the newer version.
 */
function checkRuntime(deno: string, pinned: string): void {
  const text = spawnSync(deno, ['--version'], { encoding: 'utf8' }).stdout ?? '';
  const found = /^deno (\S+)/.exec(text)?.[1] ?? 'none';
  if (pinned !== safeDeno || found !== pinned) {
    throw new Error(
      `expected Deno ${safeDeno}, found ${found} (package.json pins ${pinned}); see checkRuntime`,
    );
  }
}

function describeCommit(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
    return `${git('rev-parse', '--short=12', 'HEAD')}${changed ? '-dirty' : ''}`;
  } catch {
    return 'unknown';
  }
}
