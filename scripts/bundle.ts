import { builtinModules } from 'node:module';
import { build, type Plugin } from 'esbuild';

/** What is put into the bundle in place of the `__GRINDER_…__` names. */
export type BundleFacts = {
  readonly version: string;
  readonly commit: string;
  readonly packaging: 'portable' | 'compiled';
  readonly denoVersion: string;
};

/** Bundles one entry and all it imports into one minified ESM text that runs without node_modules. */
export async function bundle(entry: string, facts: BundleFacts): Promise<string> {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'es2024',
    jsx: 'automatic',
    legalComments: 'none',
    logLevel: 'error',
    // esbuild turns a dependency's require() into a call that ESM doesn't have.
    banner: {
      js: "import{createRequire as __grinderRequire}from'node:module';const require=__grinderRequire(import.meta.url);",
    },
    define: {
      'process.env.NODE_ENV': '"production"',
      'process.env.DEV': 'undefined',
      'process.env.WS_NO_BUFFER_UTIL': '"1"',
      'process.env.WS_NO_UTF_8_VALIDATE': '"1"',
      __GRINDER_VERSION__: JSON.stringify(facts.version),
      __GRINDER_COMMIT__: JSON.stringify(facts.commit),
      __GRINDER_PACKAGING__: JSON.stringify(facts.packaging),
      __GRINDER_DENO_VERSION__: JSON.stringify(facts.denoVersion),
    },
    plugins: [nodePrefix, emptyOptionals, englishOnly],
  });
  const output = result.outputFiles[0];
  if (output === undefined) throw new Error(`esbuild gave no output for ${entry}`);
  return output.text;
}

/** Deno refuses a bare `crypto` when there is no package.json beside the file. */
const nodePrefix: Plugin = {
  name: 'node-prefix',
  setup(host) {
    // Bun lists its own replacements of npm packages among the builtin modules.
    const notNodes = ['bun', 'undici', 'ws'];
    const names = builtinModules.filter(
      (name) => /^[a-z]/.test(name) && !/:/.test(name) && !notNodes.includes(name),
    );
    host.onResolve({ filter: new RegExp(`^(${names.join('|')})$`) }, (args) => ({
      path: `node:${args.path}`,
      external: true,
    }));
  },
};

/** Optional parts of dependencies that are never used here; as externals they would break the start. */
const emptyOptionals: Plugin = {
  name: 'empty-optionals',
  setup(host) {
    const filter = /^(protobufjs(\/.*)?|react-devtools-core|bufferutil|utf-8-validate)$/;
    host.onResolve({ filter }, (args) => ({ path: args.path, namespace: 'empty' }));
    host.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({
      contents: 'export default {};',
      loader: 'js',
    }));
  },
};

/**
 * yargs looks for translations in a directory beside its own file, which a bundle doesn't have and may not read.
 * Its messages are English in the source; this does with them what y18n does without a translation.
 */
const englishOnly: Plugin = {
  name: 'english-only',
  setup(host) {
    host.onResolve({ filter: /^y18n$/ }, (args) => ({ path: args.path, namespace: 'english' }));
    host.onLoad({ filter: /.*/, namespace: 'english' }, () => ({
      loader: 'js',
      contents: `import { format } from 'node:util';
        export default () => ({
          __: (text, ...values) => format(text, ...values),
          __n: (one, many, count, ...values) => {
            const text = count === 1 ? one : many;
            return format(text, ...(text.includes('%d') ? [count] : []), ...values);
          },
          getLocale: () => 'en', setLocale: () => {}, updateLocale: () => {},
        });`,
    }));
  },
};
