/** `npm run simulate`: many seeds on this many processors, or one seed with its trace. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { neverReached, unreached } from './campaign.ts';
import { createCoverage } from './coverage.ts';
import { simulate } from './simulate.ts';

const HELP = `npm run simulate -- [options]

Runs the real engine against a model exchange, a model trading engine and a model operator, with faults drawn from each
seed, and holds it to INVARIANTS.md. Nothing is waited for and nothing outside this process is touched.

  --seeds N    how many seeds to run (default 200)
  --from N     the first of them (default 1)
  --seed N     one seed, with its trace: a replay
  --hours H    bad hours of each before it heals; half an hour of healing follows (default 1.5)
  --workers N  threads (default: one a processor)
  --coverage   print every count
  --help       this text

Exit: 0 when every rule held, 1 when one was broken, or when 1000 seeds or more left something promised unreached,
64 for a wrong option.`;

/** A worker's share and what it came to. */
export interface Share {
  readonly from: number;
  readonly seeds: number;
  readonly hours: number;
}
export type ShareNews =
  | { readonly kind: 'failed'; readonly seed: number; readonly rule: string; readonly text: string }
  | { readonly kind: 'done'; readonly simulatedMs: number; readonly counts: ReadonlyMap<string, number> };

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  if (options === null) return 64;
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  return options.seed === null ? campaign(options) : replay(options.seed, options.hours);
}

function replay(seed: number, hours: number): number {
  const { violation, traceHash } = simulate(seed, { hours, onTrace: (line) => console.log(line) });
  console.log(`trace ${traceHash}`);
  console.log(
    violation === null
      ? `seed ${seed}: every rule held`
      : `seed ${seed}: ${violation.rule}: ${violation.text}`,
  );
  return violation === null ? 0 : 1;
}

async function campaign(options: NonNullable<ReturnType<typeof readOptions>>): Promise<number> {
  const { from, seeds, hours, workers } = options;
  const beganMs = performance.now();
  const coverage = createCoverage();
  const failed: number[] = [];
  let simulatedMs = 0;
  const take = (news: ShareNews): void => {
    if (news.kind === 'failed') {
      failed.push(news.seed);
      console.log(`seed ${news.seed}: ${news.rule}: ${news.text}`);
      console.log(`  replay: npm run simulate -- --seed ${news.seed} --hours ${hours}`);
    } else {
      simulatedMs += news.simulatedMs;
      coverage.add(news.counts);
    }
  };
  await Promise.all(shares({ from, seeds, hours }, workers).map((share) => runShare(share, take)));
  const seconds = (performance.now() - beganMs) / 1000;
  const left = unreached({ coverage, seeds });
  const never = neverReached(coverage);
  if (options.coverage)
    for (const [name, count] of [...coverage.counts()].sort()) console.log(`${name} ${count}`);
  if (never.length > 0) console.log(`not reached: ${never.join(', ')}`);
  const hoursAMinute = ((simulatedMs / 3_600_000) * 60) / seconds;
  console.log(
    `${seeds} seeds, ${failed.length} failed, ${(simulatedMs / 3_600_000).toFixed(1)} simulated hours in ${seconds.toFixed(1)} s: ` +
      `${(seeds / seconds).toFixed(2)} seeds/s, ${Math.round(hoursAMinute)} simulated hours a minute`,
  );
  return failed.length === 0 && left.length === 0 ? 0 : 1;
}

/** Equal parts, small enough that none waits long for the last. */
function shares(whole: Share, workers: number): readonly Share[] {
  return Array.from({ length: workers }, (_, index) => {
    const begin = Math.floor((whole.seeds * index) / workers);
    const end = Math.floor((whole.seeds * (index + 1)) / workers);
    return { ...whole, from: whole.from + begin, seeds: end - begin };
  }).filter(({ seeds }) => seeds > 0);
}

function runShare(share: Share, take: (news: ShareNews) => void): Promise<void> {
  return new Promise((done, fail) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: share });
    worker.on('message', (news: ShareNews) => {
      take(news);
      if (news.kind === 'done') done();
    });
    worker.on('error', fail);
    worker.on('exit', (code) => fail(new Error(`a worker ended early with code ${code}`)));
  });
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: 'string', default: '200' },
        from: { type: 'string', default: '1' },
        seed: { type: 'string' },
        hours: { type: 'string', default: '1.5' },
        workers: { type: 'string', default: String(availableParallelism()) },
        coverage: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const { help, coverage } = values;
    return {
      help,
      coverage,
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
