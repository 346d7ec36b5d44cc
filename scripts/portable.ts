import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** What goes into a portable executable. */
export type PortableParts = {
  readonly version: string;
  /** Path of the runtime; tests put a small shell script here. */
  readonly runtime: string;
  readonly bundle: string;
  readonly launcher: string;
  /** Text of the shell stub with its `@…@` names. */
  readonly stub: string;
  /** Variables the launcher may read. */
  readonly launcherVariables: readonly string[];
  /** Keeps the compressed runtime between builds; compressing takes seconds. */
  readonly cacheDir: string;
};

/** Writes the executable: stub, compressed runtime, compressed program and launcher. The rename makes it atomic. */
export function writePortable(out: string, parts: PortableParts): void {
  const runtime = readFileSync(parts.runtime);
  const contents = [runtime, Buffer.from(parts.bundle), Buffer.from(parts.launcher)];
  const packed = contents.map((content, index) =>
    index === 0 ? compressedRuntime(content, parts.cacheDir) : gzipSync(content, { level: 9 }),
  );
  const payload = Buffer.concat(packed);
  const stub = renderStub(parts, { contents, packed, payload });
  const temporary = `${out}.${process.pid}.new`;
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(temporary, Buffer.concat([Buffer.from(stub), payload]));
  chmodSync(temporary, 0o755);
  renameSync(temporary, out);
}

type Packed = {
  readonly contents: readonly Buffer[];
  readonly packed: readonly Buffer[];
  readonly payload: Buffer;
};

/** Offsets count from the stub's own length, which they are part of: rendered again until it stays the same. */
function renderStub(parts: PortableParts, { contents, packed, payload }: Packed): string {
  const hashes = contents.map(sha256);
  const render = (stubLength: number): string => {
    let offset = stubLength + 1;
    const places = packed.map((part, index) => {
      const place = `${offset} ${part.length} ${hashes[index]}`;
      offset += part.length;
      return place;
    });
    const names: Readonly<Record<string, string>> = {
      VERSION: parts.version,
      KEY: sha256(Buffer.from(hashes.join(''))).slice(0, 16),
      PAYLOAD: String(stubLength + 1),
      SHA: sha256(payload),
      DENO: places[0] ?? '',
      BUNDLE: places[1] ?? '',
      LAUNCH: places[2] ?? '',
      LAUNCH_ENV: parts.launcherVariables.join(','),
    };
    return parts.stub.replace(/@([A-Z_]+)@/g, (whole, name: string) => names[name] ?? whole);
  };
  let text = render(0);
  for (let length = -1; length !== Buffer.byteLength(text); text = render(length))
    length = Buffer.byteLength(text);
  return text;
}

function compressedRuntime(content: Buffer, cacheDir: string): Buffer {
  const path = join(cacheDir, `runtime-${sha256(content).slice(0, 16)}.gz`);
  if (existsSync(path)) return readFileSync(path);
  const packed = gzipSync(content, { level: 6 });
  mkdirSync(cacheDir, { recursive: true });
  writeFileSync(`${path}.${process.pid}`, packed);
  renameSync(`${path}.${process.pid}`, path);
  return packed;
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
