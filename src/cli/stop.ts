import { join } from 'node:path';
import { systemClock } from '../engine/clock.ts';
import { leaveStopFile } from '../engine/stop-file.ts';
import {
  type CliCommand,
  type CliContext,
  EXIT,
  operatorOf,
  SOCKET_OPTION,
  textArg,
  withOperator,
} from './context.ts';
import { configName } from './daemon.ts';
import { formatJson, plain } from './print.ts';
import { findTargets, type StopOutcome, socketTarget, stopDaemon } from './stop-daemon.ts';

/**
 * `stop`: stops every daemon of this user, or the one of --config, all at once; 0 only if each acknowledged.
 *
 * With none running it leaves the STOP file, which holds at the next start, and says so.
 */
export const stopCommand: CliCommand = {
  command: 'stop',
  describe: 'STOP now: every daemon of this user, or the one of --config',
  build: (argv) =>
    withOperator(argv)
      .option('reason', { type: 'string', requiresArg: true, describe: 'one line for the audit' })
      .option('socket', SOCKET_OPTION)
      .option('json', { type: 'boolean', describe: 'print one JSON document' }),
  run: async (args, context) => {
    const order = {
      by: operatorOf(args, context),
      reason: (textArg(args, 'reason') ?? '').slice(0, 200),
      atMs: systemClock.wallMs(),
    };
    const named = textArg(args, 'socket') !== null;
    const targets = named ? [socketTarget(context)] : await findTargets(context);
    const outcomes = await Promise.all(targets.map((target) => stopDaemon(target, order)));
    if (args['json'] === true) {
      context.stdout(`${formatJson({ schema_version: 1, daemons: outcomes.map(outcomeDocument) })}\n`);
    } else {
      for (const outcome of outcomes) {
        const print = outcome.acknowledged ? context.stdout : context.stderr;
        print(`${plain(outcome.name)}: ${plain(outcome.text)}\n`);
      }
    }
    if (outcomes.some((outcome) => outcome.acknowledged)) return exitOf(outcomes);
    return outcomes.length > 0 ? EXIT.failed : leaveFile(context, order);
  },
};

function exitOf(outcomes: readonly StopOutcome[]): number {
  return outcomes.every((outcome) => outcome.acknowledged) ? EXIT.ok : EXIT.failed;
}

function outcomeDocument(outcome: StopOutcome) {
  return {
    account: outcome.account,
    environment: outcome.environment,
    config_path: outcome.configPath,
    pid: outcome.pid,
    acknowledged: outcome.acknowledged,
    message: outcome.text,
  };
}

/** Says where it looked: a daemon that was started with another HOME or runtime directory is found nowhere there. */
function absence({ uid, places }: CliContext): string {
  const directories = [...places.registryDirs, join(places.accountsBase, 'accounts')].map(plain);
  return `no daemon of user ${uid} is running that could be found (looked in ${directories.join(', ')})`;
}

function leaveFile(context: CliContext, order: Parameters<typeof leaveStopFile>[1]): number {
  const { stateDir } = context.places;
  if (context.configFlagPath !== null && context.config === null) {
    context.stderr(
      `grinder: no daemon runs for ${plain(context.configFlagPath)}, and there is no such configuration to leave a STOP file for\n`,
    );
    return EXIT.config;
  }
  const left = leaveStopFile(stateDir, order);
  context.stderr(
    left.ok
      ? `grinder: ${absence(context)}; left ${plain(stateDir)}/STOP, so that the next start for ${configName(context)} is stopped\n`
      : `grinder: ${absence(context)}, and ${plain(stateDir)}/STOP could not be left: ${plain(left.why)}\n`,
  );
  return EXIT.noDaemon;
}
