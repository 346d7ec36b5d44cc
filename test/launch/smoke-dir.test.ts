import { expect, test } from 'bun:test';
import { socketPathLimit } from '../../src/launch/checks.ts';
import { computePlaces } from '../../src/launch/places.ts';
import { freshSmokeDir } from '../../src/launch/smoke-dir.ts';

const suffix = 'abcdefabcdef';
const made = (tmpdir: string | undefined, isDirectory = true): string | null =>
  freshSmokeDir('smoke', tmpdir, suffix, () => isDirectory);

test('the sandbox is below TMPDIR, for smoke and sim alone', () => {
  expect(made('/var/tmp')).toBe(`/var/tmp/grinder-smoke-${suffix}`);
  expect(freshSmokeDir('sim', '/var/tmp', suffix, () => true)).toBe(`/var/tmp/grinder-smoke-${suffix}`);
  expect(freshSmokeDir('run', '/var/tmp', suffix, () => true)).toBeNull();
});

test.each([undefined, '', 'relative', '/a,b', '/a\nb', `/${'d'.repeat(57)}`])(
  'a TMPDIR of %j is passed over for /tmp',
  (tmpdir) => expect(made(tmpdir)).toBe(`/tmp/grinder-smoke-${suffix}`),
);

test('a TMPDIR that is no directory is passed over for /tmp', () => {
  expect(made('/var/tmp', false)).toBe(`/tmp/grinder-smoke-${suffix}`);
});

test("below the longest TMPDIR that is taken every socket's path still fits", () => {
  const directory = made(`/${'d'.repeat(56)}`) ?? '';
  expect(directory).toStartWith('/ddd');
  const env = { GRINDER_SMOKE_DIR: directory };
  const places = computePlaces({ argv: ['smoke'], env, cwd: '/w', uid: 1, config: null });
  for (const path of [places.socketPath, places.feedPath, places.notifyPath])
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(socketPathLimit);
});
