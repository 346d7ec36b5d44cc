/** How this program came to run: unpacked by its stub, compiled by Deno, or straight from its source. */
export type Packaging = 'portable' | 'compiled' | 'source';

/** What `--version` tells. */
export type BuildInfo = {
  readonly version: string;
  /** The commit it was built from, with `-dirty` when the tree had changes; `unknown` outside git. */
  readonly commit: string;
  readonly packaging: Packaging;
  /** The runtime's name and version, such as `Deno 2.9.1`. */
  readonly runtime: string;
};

declare const __GRINDER_VERSION__: string;
declare const __GRINDER_COMMIT__: string;
declare const __GRINDER_PACKAGING__: Packaging;

/** The facts that the build put in, or `source` and `unknown` where there was no build. */
export const buildInfo: BuildInfo = {
  version: typeof __GRINDER_VERSION__ === 'undefined' ? 'unbuilt' : __GRINDER_VERSION__,
  commit: typeof __GRINDER_COMMIT__ === 'undefined' ? 'unknown' : __GRINDER_COMMIT__,
  packaging: typeof __GRINDER_PACKAGING__ === 'undefined' ? 'source' : __GRINDER_PACKAGING__,
  runtime: describeRuntime(process.versions),
};

function describeRuntime(versions: Readonly<Record<string, string | undefined>>): string {
  if (versions['deno'] !== undefined) return `Deno ${versions['deno']}`;
  if (versions['bun'] !== undefined) return `Bun ${versions['bun']}`;
  return `Node ${versions['node'] ?? 'unknown'}`;
}
