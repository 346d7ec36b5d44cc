import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { controlApi } from '../../scripts/control-api.ts';
import { startControlServer } from '../../src/control/server.ts';
import { privateDir, recordingTarget } from '../control/fixture.ts';

const document = readFileSync(join(import.meta.dir, '../../docs/control-api.md'), 'utf8');

test('the description of the control API is what the schemas say', () => {
  expect(document).toBe(controlApi());
});

test('each curl line of it is understood by the socket', async () => {
  const block = /```bash\n([^`]+)```/.exec(document)?.[1] ?? '';
  const lines = block.trim().split('\n');
  expect(lines.length).toBeGreaterThan(4);
  const dir = privateDir();
  const socketPath = join(dir.path, 's.sock');
  const { target, calls } = recordingTarget();
  const server = await startControlServer({ socketPath, target, log: () => undefined });
  try {
    for (const line of lines) {
      const shell = Bun.spawn(['bash', '-c', line], { env: { ...process.env, SOCKET: socketPath } });
      const reply: unknown = JSON.parse(await new Response(shell.stdout).text());
      expect(reply).toMatchObject({ schema_version: 1 });
      if (line.includes('-d')) expect(reply).toMatchObject({ ok: true });
    }
    expect(calls.map(({ name }) => name)).toEqual(['stage', 'inject-mismatch', 'stop']);
  } finally {
    if (server.ok) await server.close();
    dir.remove();
  }
});
