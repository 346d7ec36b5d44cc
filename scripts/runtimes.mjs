// Finds the two runtimes that npm installed, whether or not their packages' install scripts were run.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Returns the path of the pinned Deno executable; throws when the platform's package isn't installed. */
export function findDeno(root) {
  const libc = process.platform === 'linux' ? '-glibc' : '';
  const name = process.platform === 'win32' ? 'deno.exe' : 'deno';
  return firstExisting('deno', [
    join(root, 'node_modules/@deno', `${process.platform}-${process.arch}${libc}`, name),
    join(root, 'node_modules/deno', name),
  ]);
}

/** Returns the path of the pinned Bun executable; throws when the platform's package isn't installed. */
export function findBun(root) {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const arch = process.arch === 'arm64' ? 'aarch64' : process.arch;
  const packages = [
    `bun-${platform}-${arch}`,
    `bun-${platform}-${arch}-musl`,
    `bun-${platform}-${arch}-baseline`,
  ];
  return firstExisting('bun', [
    ...packages.map((name) => join(root, 'node_modules/@oven', name, 'bin/bun')),
    // Bun's own install script moves the executable here, over a placeholder of a few hundred bytes.
    ...(isPlaceholder(join(root, 'node_modules/bun/bin/bun.exe'))
      ? []
      : [join(root, 'node_modules/bun/bin/bun.exe')]),
  ]);
}

function firstExisting(what, candidates) {
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined)
    throw new Error(`${what} is not installed for this platform: looked at ${candidates.join(', ')}`);
  return found;
}

function isPlaceholder(path) {
  return !existsSync(path) || readFileSync(path).length < 1_000_000;
}
