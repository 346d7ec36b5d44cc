/** A copy of the tree in which one mutation at a time is applied, and what its tests or the simulation say of it. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Mutation, replacementsOf } from './mutations/mutation.ts';

export type Verdict = 'killed' | 'SURVIVED' | 'STALE';

/** Seeds of the simulation, the first of them and how many. */
export interface Seeds {
  readonly from: number;
  readonly seeds: number;
}

export interface Scratch {
  /** Runs tests in the tree as it is. */
  readonly runTests: (args: readonly string[]) => Ran;
  /** Only a test that failed kills: a run that broke before its tests noticed nothing. */
  readonly tryTests: (mutation: Mutation) => Verdict;
  /**
   * Only a seed that breaks a rule with the mutation and holds without it kills. `by` is that seed's own line; a thrown
   * error is told as one too, by the rule `bug`.
   */
  readonly trySeeds: (mutation: Mutation, seeds: Seeds) => { readonly verdict: Verdict; readonly by: string };
  readonly remove: () => void;
}

interface Ran {
  readonly code: number | null;
  readonly text: string;
}

const NOT_COPIED = new Set(['node_modules', '.git', 'dist', 'state', 'audit', 'logs']);

/** Copies the tree at `root`. */
export function openScratch(root: string): Scratch {
  const scratch = mkdtempSync(join(tmpdir(), 'grinder-mutate-'));
  const bun = join(root, 'node_modules/.bin/bun');
  for (const name of readdirSync(root))
    if (!NOT_COPIED.has(name)) cpSync(join(root, name), join(scratch, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'));

  function run(args: readonly string[]): Ran {
    const done = spawnSync(bun, args, { cwd: scratch, encoding: 'utf8', maxBuffer: 2 ** 28 });
    return { code: done.status, text: `${done.stdout}${done.stderr}` };
  }

  const runTests = (args: readonly string[]): Ran => run(['test', '--timeout', '60000', ...args]);
  const simulate = (args: readonly string[]): Ran => run(['test/simulation/main.ts', ...args]);

  /** Null when the mutation no longer applies. */
  function mutated<T>(mutation: Mutation, attempt: () => T): T | null {
    const before = new Map<string, string>();
    try {
      for (const { file, search, replace } of replacementsOf(mutation)) {
        const path = join(scratch, file);
        const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
        if (text.split(search).length !== 2) return null;
        if (!before.has(path)) before.set(path, text);
        writeFileSync(
          path,
          text.replace(search, () => replace),
        );
      }
      return attempt();
    } finally {
      for (const [path, text] of before) writeFileSync(path, text);
    }
  }

  return {
    runTests,
    tryTests: (mutation) => {
      const ran = mutated(mutation, () => runTests([...mutation.tests, '--bail=1']));
      if (ran === null) return 'STALE';
      return ran.code !== 0 && /^\s*(\(fail\)|✗)/m.test(ran.text) ? 'killed' : 'SURVIVED';
    },
    trySeeds: (mutation, { from, seeds }) => {
      const ran = mutated(mutation, () =>
        simulate(['--from', String(from), '--seeds', String(seeds), '--bail']),
      );
      if (ran === null) return { verdict: 'STALE', by: '' };
      const broken = /^seed (\d+): .*$/m.exec(ran.text);
      if (broken === null) return { verdict: 'SURVIVED', by: ran.code === 0 ? '' : ran.text.slice(-500) };
      const alone = simulate(['--seed', broken[1] ?? '']);
      const isSound = alone.code === 0;
      return isSound
        ? { verdict: 'killed', by: broken[0] }
        : { verdict: 'SURVIVED', by: `seed ${broken[1]} breaks a rule without any mutation too` };
    },
    remove: () => rmSync(scratch, { recursive: true, force: true }),
  };
}
