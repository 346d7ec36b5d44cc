import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readableVariables } from '../src/launch/environment.ts';
import { isolationFlags } from '../src/launch/permissions.ts';

/** How the attempt with `deno compile` ended; `why` is for the build's one-line report. */
export type CompileResult = { readonly done: true } | { readonly done: false; readonly why: string };

/** Tells why `deno compile` can't work here, or null: it needs its base binary `denort`, from a variable or a host. */
export async function whyNotCompile(denoVersion: string): Promise<string | null> {
  const named = process.env['DENORT_BIN'];
  if (named !== undefined && named !== '')
    return existsSync(named) ? null : `DENORT_BIN names ${named}, which isn't there`;
  const url = `https://dl.deno.land/release/v${denoVersion}/denort-${target()}.zip`;
  try {
    const reply = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(3000) });
    return reply.ok ? null : `its base binary can't be had (HTTP ${reply.status})`;
  } catch {
    return "the host of its base binary can't be reached";
  }
}

/** Compiles a bundle to `out`, with wide read, write and net baked in: its places are known only at its start. */
export function compileWithDeno(deno: string, text: string, out: string): CompileResult {
  const dir = mkdtempSync(join(dirname(out), '.compile-'));
  try {
    const [source, built] = [join(dir, 'grinder.js'), join(dir, 'grinder')];
    writeFileSync(source, text);
    const flags = isolationFlags.filter((flag) => !flag.startsWith('--no-remote') && flag !== '--no-npm');
    const result = spawnSync(deno, ['compile', ...flags, ...compiledPermissions, '--output', built, source], {
      encoding: 'utf8',
      timeout: 120_000,
      env: { ...process.env, DENO_NO_PACKAGE_JSON: '1', DENO_NO_UPDATE_CHECK: '1' },
    });
    if (result.status !== 0) return { done: false, why: result.stderr.trim().split('\n')[0] ?? 'no message' };
    renameSync(built, out);
    return { done: true };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const compiledPermissions: readonly string[] = [
  '--allow-read',
  '--allow-write',
  '--allow-net',
  '--unstable-net',
  '--ignore-env',
  `--allow-env=${readableVariables.join(',')}`,
  '--allow-sys=hostname,uid,statfs',
];

function target(): string {
  const arch = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  return process.platform === 'darwin' ? `${arch}-apple-darwin` : `${arch}-unknown-linux-gnu`;
}
