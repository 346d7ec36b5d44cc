/** `npm run simulate`: many seeds on this many processors, or one seed with its trace. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { neverReached, unreached } from './campaign.ts';
import { type Failure, replayCommand, runParallel } from './parallel.ts';
import { PROMISED_FROM_SEEDS } from './promises.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';

const HELP = `npm run simulate -- [options]

Runs the real engine against a model exchange, a model trading engine and a model operator, with faults drawn from each
seed, and holds it to INVARIANTS.md. Nothing is waited for and nothing outside this process is touched.

  --seeds N    how many seeds to run (default 200)
  --from N     the first of them (default 1)
  --seed N     one seed, with its trace: a replay
  --hours H    bad hours of each before it heals (default 0.4; a hundred times as many in the slow
               worlds, every tenth or so)
  --shrink     with --seed: finds how little it takes to break the rule
  --without A  with --seed: what is left out, as --shrink prints it
  --workers N  threads (default: one a processor)
  --bail       ends with the first seed that breaks a rule
  --coverage   print every count
  --help       this text

Exit: 0 when every rule held, 1 when one was broken, or when ${PROMISED_FROM_SEEDS} seeds or more left something promised unreached,
64 for a wrong option.`;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  if (options === null) return 64;
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const { seed, hours, without } = options;
  if (seed === null) return campaign(options);
  return options.shrink ? shrinkSeed(seed, hours) : replay({ seed, hours, without });
}

function shrinkSeed(seed: number, hours: number): number {
  const failed = simulate(seed, { hours });
  if (failed.violation === null) {
    console.log(`seed ${seed}: every rule held`);
    return 0;
  }
  const small = shrink(failed, hours);
  const { rule, text } = small.result.violation ?? failed.violation;
  console.log(`seed ${seed}: ${rule}: ${text}`);
  console.log(
    `${failed.acts} pieces of mischief, ${small.without.size} things left out, ${small.hours} hours`,
  );
  const without = [...small.without].join(',');
  console.log(
    `  replay: ${replayCommand(seed, small.hours)}${without === '' ? '' : ` --without '${without}'`}`,
  );
  return 1;
}

interface Replay {
  readonly seed: number;
  readonly hours: number;
  readonly without: ReadonlySet<string>;
}

function replay({ seed, hours, without }: Replay): number {
  const { violation, traceHash } = simulate(seed, { hours, without, onTrace: (line) => console.log(line) });
  console.log(`trace ${traceHash}`);
  console.log(
    violation === null
      ? `seed ${seed}: every rule held`
      : `seed ${seed}: ${violation.rule}: ${violation.text}`,
  );
  return violation === null ? 0 : 1;
}

async function campaign(options: NonNullable<ReturnType<typeof readOptions>>): Promise<number> {
  const { from, seeds, hours, workers, bail } = options;
  const beganMs = performance.now();
  const onFailure = ({ seed, rule, text }: Failure): void => {
    console.log(`seed ${seed}: ${rule}: ${text}`);
    console.log(`  replay: ${replayCommand(seed, hours)}`);
    if (bail) process.exit(1);
  };
  const { failures, coverage, simulatedMs } = await runParallel(
    { from, seeds, hours },
    { workers, onFailure },
  );
  const seconds = (performance.now() - beganMs) / 1000;
  const left = unreached({ coverage, seeds });
  const never = neverReached(coverage);
  if (options.coverage)
    for (const [name, count] of [...coverage.counts()].sort()) console.log(`${name} ${count}`);
  if (never.length > 0) console.log(`not reached: ${never.join(', ')}`);
  const simulatedHours = simulatedMs / 3_600_000;
  console.log(
    `${seeds} seeds, ${failures.length} failed, ${simulatedHours.toFixed(1)} simulated hours in ${seconds.toFixed(1)} s: ` +
      `${(seeds / seconds).toFixed(2)} seeds/s, ${Math.round((simulatedHours * 60) / seconds)} simulated hours a minute`,
  );
  return failures.length === 0 && left.length === 0 ? 0 : 1;
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: 'string', default: '200' },
        from: { type: 'string', default: '1' },
        seed: { type: 'string' },
        hours: { type: 'string', default: '0.4' },
        workers: { type: 'string', default: String(availableParallelism()) },
        coverage: { type: 'boolean', default: false },
        bail: { type: 'boolean', default: false },
        shrink: { type: 'boolean', default: false },
        without: { type: 'string', default: '' },
        help: { type: 'boolean', default: false },
      },
    });
    const { help, coverage, shrink, bail } = values;
    return {
      help,
      coverage,
      shrink,
      bail,
      without: new Set(values.without.split(',').filter((name) => name !== '')),
      seeds: number('seeds', values.seeds, 1),
      from: number('from', values.from, 0),
      seed: values.seed === undefined ? null : number('seed', values.seed, 0),
      hours: number('hours', values.hours, 0.01),
      workers: number('workers', values.workers, 1),
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return null;
  }
}

function number(name: string, text: string, least: number): number {
  const value = Number(text);
  const isWhole = name === 'hours' || Number.isSafeInteger(value);
  if (!Number.isFinite(value) || value < least || !isWhole)
    throw new Error(
      `--${name} ${text}: expected a ${name === 'hours' ? '' : 'whole '}number of at least ${least}`,
    );
  return value;
}
