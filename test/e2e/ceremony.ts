/** Walks a daemon up, as an operator at a shell would. */
import type { Machine, RunningDaemon } from '../helpers/daemon.ts';
import type { Ran } from '../helpers/process.ts';

/** Has a running daemon enter stage 4 from wherever it is; rejects when it can't. */
export async function climbTo4(machine: Machine, daemon: RunningDaemon): Promise<void> {
  const { config_digest } = (await daemon.status()).daemon;
  await daemon.client.command('stage', { operator: 'ann', stage: 3, config_digest });
  await daemon.when('stage 4 earned', ({ stage }) => stage.in_force === 3 && stage.earned === 4);
  const entered = await confirm4(machine);
  if (entered.code !== 0) throw new Error(`stage 4 was refused: ${entered.err}${entered.out}`);
}

/** Runs `stage 4`, reads the code, and confirms it; looks again when settings or plan moved in between. */
export async function confirm4(machine: Machine): Promise<Ran> {
  for (let attempt = 1; ; attempt += 1) {
    const shown = await machine.grinder(['stage', '4']);
    const phrase = /--confirm "([^"]+)"/.exec(shown.out)?.[1];
    if (phrase === undefined) return shown;
    const entered = await machine.grinder(['stage', '4', '--confirm', phrase]);
    if (entered.code === 0 || attempt === 5) return entered;
  }
}

/** Sums what /metrics says of the actions; `balanced` is conservation. */
export async function actionTotals(machine: Machine) {
  const [planned, blocked, executed, failed, unknown] = await Promise.all(
    ['planned', 'blocked', 'executed', 'failed', 'unknown'].map((word) =>
      machine.metric(`action_${word}_total`),
    ),
  );
  return { planned, blocked, executed, failed, unknown };
}
