/** From a config file's text and the operator's variables to settings that can be trusted, or to a list of problems. */
import { createHash } from 'node:crypto';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { escapeText } from '../engine/escape.ts';
import { type Camel, camelKeys } from './camel.ts';
import { type CoveredSettings, flattenSettings } from './covered.ts';
import { type ConfigProblem, readEnvironment, type StageWishes, type Variables } from './environment.ts';
import { isEmbedded, relations } from './rules.ts';
import { type ConfigFile, configSchema } from './schema.ts';

/** Settings in force: file, variables and flags merged (flag > environment > file > default). */
export interface Settings extends Camel<ConfigFile> {
  /** The same in the file's own names and shapes. */
  readonly file: ConfigFile;
  readonly wishes: StageWishes;
  /** True when the simulator runs inside this process. */
  readonly embeddedSimulator: boolean;
  /** Every setting as dotted key and text, without the account. */
  readonly flat: CoveredSettings;
  /** sha256 over `flat` and the wishes, hex. */
  readonly digest: string;
}

export type LoadResult =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Where the settings come from; `text` null means the built-in simulator defaults. */
export interface ConfigSources {
  readonly text: string | null;
  readonly env: Variables;
  /** Config paths given as flags, such as `exchange.environment`. */
  readonly flags: ReadonlyMap<string, unknown>;
}

/** Parses, merges and checks; pure. Secrets are not read here. */
export function loadConfig(sources: ConfigSources): LoadResult {
  const parsed = parseFile(sources.text);
  if (!parsed.ok) return parsed;
  const environment = readEnvironment(sources.env);
  const origin = new Map<string, string>();
  const tree = parsed.tree;
  for (const [path, { variable, value }] of environment.overrides) {
    setPath(tree, path, value);
    origin.set(path, variable);
  }
  for (const [path, value] of sources.flags) {
    setPath(tree, path, value);
    origin.set(path, `--${path.split('.').at(-1)}`);
  }
  const result = configSchema.safeParse(tree);
  const problems = [
    ...environment.problems,
    ...(result.success
      ? relations(result.data).map((problem) => ({ ...problem, key: origin.get(problem.key) ?? problem.key }))
      : result.error.issues.flatMap((issue) => explain(issue, tree, origin))),
  ];
  if (!result.success || problems.length > 0) return { ok: false, problems };
  const flat = flattenSettings(result.data);
  const digest = createHash('sha256')
    .update(JSON.stringify([Object.entries(flat).sort(), environment.wishes]))
    .digest('hex');
  return {
    ok: true,
    settings: {
      ...camelKeys(result.data),
      file: result.data,
      wishes: environment.wishes,
      embeddedSimulator: isEmbedded(result.data),
      flat,
      digest,
    },
  };
}

/** Writes problems as one paragraph: what was found where, what was expected, what happens next. */
export function describeProblems(problems: readonly ConfigProblem[], source: string): string {
  const lines = problems.map(
    ({ key, value, expected }) => `${key}${value === '' ? '' : `: ${value}`} — expected ${expected}`,
  );
  return `The configuration (${source}) can't be used, nothing was started: ${lines.join('; ')}.`;
}

type Tree = { [key: string]: unknown };

function parseFile(
  text: string | null,
): { ok: true; tree: Tree } | { ok: false; problems: readonly ConfigProblem[] } {
  if (text === null) return { ok: true, tree: {} };
  // With 'silent' the parser would pass over every document but the first, and whatever cap stands there.
  const document = parseDocument(text, { uniqueKeys: true, logLevel: 'error' });
  const [first] = [...document.errors, ...document.warnings];
  if (first !== undefined) {
    const where = first.linePos?.[0] === undefined ? 'file' : `line ${first.linePos[0].line}`;
    return {
      ok: false,
      problems: [
        {
          key: where,
          value: clip(first.message.split('\n')[0] ?? ''),
          expected: 'one document of valid YAML without duplicate keys',
        },
      ],
    };
  }
  if (document.directives?.yaml.version === '1.1') {
    // It reads `no` as false, 010 as 8 and 1:30 as 90: what stands in the file is not what would be in force.
    return {
      ok: false,
      problems: [
        {
          key: 'file',
          value: '%YAML 1.1',
          expected: 'YAML 1.2: take the %YAML line out, or write %YAML 1.2',
        },
      ],
    };
  }
  let tree: unknown;
  try {
    tree = document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch {
    // The parser throws on a file that multiplies itself.
    return {
      ok: false,
      problems: [{ key: 'file', value: '', expected: 'at most 100 uses of YAML aliases' }],
    };
  }
  return isTree(tree)
    ? { ok: true, tree }
    : {
        ok: false,
        problems: [{ key: 'file', value: clip(JSON.stringify(tree)), expected: 'a mapping of keys' }],
      };
}

function explain(
  issue: z.core.$ZodIssue,
  tree: Tree,
  origin: ReadonlyMap<string, string>,
): readonly ConfigProblem[] {
  const path = issue.path.map(String).join('.');
  const key = origin.get(path) ?? origin.get(issue.path.slice(0, 2).map(String).join('.')) ?? path;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((unknown) => ({
      key: escapeText(path === '' ? unknown : `${path}.${unknown}`, 200),
      value: '',
      expected: 'a known key (see `grinder config schema`)',
    }));
  }
  const value = issue.path.reduce<unknown>(
    (inner, step) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined),
    tree,
  );
  return [
    {
      key,
      value: clip(shown(value)),
      // The schema's own words repeat the one that every message has.
      expected: issue.message.replace(/^[A-Z][a-z ]*: expected /, ''),
    },
  ];
}

/** A value as the file has it; NaN and the infinities, which JSON has none of, by their names. */
function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? '');
}

function setPath(tree: Tree, path: string, value: unknown): void {
  const steps = path.split('.');
  let node = tree;
  for (const step of steps.slice(0, -1)) {
    const next = node[step];
    if (isTree(next)) node = next;
    else {
      const fresh: Tree = {};
      // A scalar where a section belongs is left for the schema to refuse.
      if (next !== undefined && next !== null) return;
      node[step] = fresh;
      node = fresh;
    }
  }
  const last = steps.at(-1) ?? '';
  // A key that is there without a value would make other settings of the same file, by their digest.
  if (value === undefined) delete node[last];
  else node[last] = value;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function clip(text: string): string {
  return escapeText(text.length > 120 ? `${text.slice(0, 117)}...` : text);
}
