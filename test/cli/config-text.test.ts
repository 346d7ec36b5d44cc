import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfigText } from '../../src/cli/config-text.ts';

test('a configuration that became a pipe is refused instead of waited for: a stop would wait with it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'grinder-text-'));
  const path = join(dir, 'config.yaml');
  expect(Bun.spawnSync(['mkfifo', path]).exitCode).toBe(0);
  const program = `
    const { readConfigText } = await import(${JSON.stringify(join(import.meta.dir, '../../src/cli/config-text.ts'))});
    try { readConfigText(${JSON.stringify(path)}); } catch (error) { console.log(error.message); }`;
  const child = Bun.spawn([process.execPath, '-e', program], { timeout: 20_000, killSignal: 'SIGKILL' });
  expect((await new Response(child.stdout).text()).trim()).toBe(`${path} is no regular file`);
  rmSync(path);
  writeFileSync(path, 'a: 1\n');
  expect(readConfigText(path)).toBe('a: 1\n');
  rmSync(dir, { recursive: true });
}, 30_000);
