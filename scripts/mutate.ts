/**
 * Breaks one safety rule after the other in a scratch copy of the tree and runs the tests aimed at it, or with --simulate
 * the simulation alone. A mutation that nothing notices has survived.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openScratch, type Scratch, type Seeds } from './mutate-scratch.ts';
import type { Mutation } from './mutations/mutation.ts';
import { SIMULATION_KILLS } from './mutations/simulation-kills.ts';
import { MUTATIONS } from './mutations.ts';

const HELP = `npm run mutate -- [options]

  --only NAME  those whose name has NAME in it (several times)
  --list       names them, and runs nothing
  --simulate   asks no tests: the simulation has to notice by itself. Without --only those of
               scripts/mutations/simulation-kills.ts, which it always has to
  --seeds N    with --simulate: how many seeds each may take (default 1000)
  --from N     with --simulate: the first of them (default 1)
  --help       this text

Exit: 0 when every one was killed; 1 when one survived or no longer applies, or a test fails without any; 64 for a wrong option.`;

process.exitCode = main();

function main(): number {
  const asked = readArguments();
  if (asked === null) return 64;
  if (asked.help) {
    console.log(HELP);
    return 0;
  }
  const chosen = MUTATIONS.filter(({ name }) =>
    asked.only.length > 0
      ? asked.only.some((part) => name.includes(part))
      : !asked.simulate || SIMULATION_KILLS.includes(name),
  );
  if (asked.list) {
    for (const { name, file } of chosen) console.log(`${name}  (${file})`);
    return 0;
  }
  if (chosen.length === 0) return usage(`no mutation is named like ${asked.only.join(', ')}`);
  const scratch = openScratch(resolve(import.meta.dirname, '..'));
  try {
    return (asked.simulate ? simulateAll(scratch, chosen, asked) : testAll(scratch, chosen)) ? 0 : 1;
  } finally {
    scratch.remove();
  }
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        list: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
        simulate: { type: 'boolean', default: false },
        seeds: { type: 'string', default: '1000' },
        from: { type: 'string', default: '1' },
        help: { type: 'boolean', default: false },
      },
    });
    const [seeds, from] = [Number(values.seeds), Number(values.from)];
    if (!Number.isSafeInteger(seeds) || seeds < 1 || !Number.isSafeInteger(from) || from < 0)
      throw new Error('expected whole numbers after --seeds and --from');
    return { ...values, seeds, from };
  } catch (error) {
    usage(error instanceof Error ? error.message : String(error));
    return null;
  }
}

function usage(why: string): number {
  console.error(`mutate: ${why}\n\n${HELP}`);
  return 64;
}

function testAll(scratch: Scratch, chosen: readonly Mutation[]): boolean {
  const baseline = scratch.runTests([...new Set(chosen.flatMap(({ tests }) => tests))]);
  if (baseline.code !== 0) {
    console.error(`mutate: the tests fail without any mutation\n${baseline.text.slice(-4000)}`);
    return false;
  }
  return summed(
    chosen.map((mutation) => {
      const verdict = scratch.tryTests(mutation);
      console.log(`${verdict.padEnd(8)} ${mutation.name}`);
      return verdict;
    }),
  );
}

function simulateAll(scratch: Scratch, chosen: readonly Mutation[], seeds: Seeds): boolean {
  return summed(
    chosen.map((mutation) => {
      const { verdict, by } = scratch.trySeeds(mutation, seeds);
      console.log(`${verdict.padEnd(8)} ${mutation.name}${by === '' ? '' : `  ${by}`}`);
      return verdict;
    }),
  );
}

function summed(verdicts: readonly string[]): boolean {
  const count = (word: string) => verdicts.filter((verdict) => verdict === word).length;
  console.log(`${count('killed')} killed, ${count('SURVIVED')} survived, ${count('STALE')} no longer apply`);
  return count('killed') === verdicts.length;
}
