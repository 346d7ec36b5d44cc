/** A campaign on several threads. */
import { Worker } from 'node:worker_threads';
import { type Coverage, createCoverage } from './coverage.ts';

/** A worker's share of the seeds. */
export interface Share {
  readonly from: number;
  readonly seeds: number;
  readonly hours: number;
}

export interface Failure {
  readonly seed: number;
  readonly rule: string;
  readonly text: string;
}

export type ShareNews =
  | ({ readonly kind: 'failed' } & Failure)
  | { readonly kind: 'done'; readonly simulatedMs: number; readonly counts: ReadonlyMap<string, number> };

export interface Outcome {
  readonly failures: readonly Failure[];
  readonly coverage: Coverage;
  readonly simulatedMs: number;
}

/** Runs it; `onFailure` is told of each at once. */
export async function runParallel(
  whole: Share,
  { workers, onFailure }: { readonly workers: number; readonly onFailure: (failure: Failure) => void },
): Promise<Outcome> {
  const coverage = createCoverage();
  const failures: Failure[] = [];
  let simulatedMs = 0;
  const take = (news: ShareNews): void => {
    if (news.kind === 'failed') {
      failures.push(news);
      onFailure(news);
    } else {
      simulatedMs += news.simulatedMs;
      coverage.add(news.counts);
    }
  };
  await Promise.all(shares(whole, workers).map((share) => runShare(share, take)));
  return { failures, coverage, simulatedMs };
}

/** How one seed is run again. */
export function replayCommand(seed: number, hours: number): string {
  return `npm run simulate -- --seed ${seed} --hours ${hours}`;
}

/** Equal parts. */
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
