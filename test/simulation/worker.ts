/** A thread's share of a campaign. */
import { parentPort, workerData } from 'node:worker_threads';
import { runCampaign } from './campaign.ts';
import type { Share, ShareNews } from './parallel.ts';

const share: Share = workerData;
const tell = (news: ShareNews): void => parentPort?.postMessage(news);
const { simulatedMs, coverage } = runCampaign({
  ...share,
  onFailure: ({ seed, violation }) =>
    tell({ kind: 'failed', seed, rule: violation?.rule ?? '', text: violation?.text ?? '' }),
});
tell({ kind: 'done', simulatedMs, counts: coverage.counts() });
