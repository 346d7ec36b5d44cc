/** The command line: reads it, runs one verb, and gives back the exit code. */
import yargs, { type Argv } from 'yargs';
import { escapeText } from '../engine/escape.ts';
import { readCommandLine } from '../launch/argv.ts';
import { buildInfo } from '../launch/build-info.ts';
import { configSearch, findConfig } from '../launch/find-config.ts';
import { computePlaces } from '../launch/places.ts';
import { ackCommand } from './ack.ts';
import { advanceCommand } from './advance.ts';
import { approveCommand } from './approve.ts';
import { attachCommand } from './attach.ts';
import { auditCommand } from './audit.ts';
import { clearStopCommand } from './clear-stop.ts';
import { completionCommand } from './completion.ts';
import { configCommand } from './config.ts';
import { readConfigText } from './config-text.ts';
import { type Args, type CliCommand, type CliContext, type CliIo, EXIT, UsageError } from './context.ts';
import { disarmCommand } from './disarm.ts';
import { injectMismatchCommand } from './inject-mismatch.ts';
import { installCommand } from './install.ts';
import { planCommand } from './plan.ts';
import { plain, tellFailure } from './print.ts';
import { proveCommand } from './prove.ts';
import { renewCommand } from './renew.ts';
import { reportCommand } from './report.ts';
import { resolveCommand } from './resolve.ts';
import { shutdownCommand } from './shutdown.ts';
import { simCommand } from './sim.ts';
import { stageCommand } from './stage.ts';
import { statusCommand } from './status.ts';
import { stopCommand } from './stop.ts';

const commands: readonly CliCommand[] = [
  attachCommand,
  statusCommand,
  planCommand,
  stageCommand,
  advanceCommand,
  approveCommand,
  renewCommand,
  disarmCommand,
  stopCommand,
  clearStopCommand,
  shutdownCommand,
  ackCommand,
  resolveCommand,
  injectMismatchCommand,
  proveCommand,
  auditCommand,
  reportCommand,
  configCommand,
  simCommand,
  installCommand,
];

/** Runs one command line (the words after the program's name) and resolves to its exit code. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  const parsed = parse(argv, io);
  if (parsed.kind === 'text') {
    io.stdout(`${parsed.text}\n`);
    return EXIT.ok;
  }
  if (parsed.kind === 'usage') return refuse(io, argv, parsed.problem);
  const context = makeContext(argv, io);
  if (typeof context === 'string') return tellFailure({ ...io, argv }, EXIT.config, context);
  // An empty variable in its place: a stop stops every daemon rather than none, anything else has to be told.
  const empty = ['config', 'socket'].find((name) => parsed.args[name] === '');
  if (empty !== undefined && readCommandLine(argv).verb !== 'stop')
    return refuse(io, argv, `--${empty} is empty: name the file, or leave it out`);
  try {
    return await parsed.command.run(parsed.args, context);
  } catch (error) {
    if (error instanceof UsageError) return refuse(io, argv, error.message);
    // A bug: its place helps whoever reports it.
    io.stderr(
      `grinder: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return EXIT.failed;
  }
}

function allCommands(io: CliIo): readonly CliCommand[] {
  const others = [...(io.extraCommands ?? []), ...commands];
  const completion: CliCommand = completionCommand(() => [...others, completion]);
  return [...others, completion];
}

type Parsed =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'usage'; readonly problem: string }
  | { readonly kind: 'command'; readonly command: CliCommand; readonly args: Args };

function parse(argv: readonly string[], io: CliIo): Parsed {
  let result: Parsed = { kind: 'usage', problem: 'name a command' };
  const parser = baseParser();
  for (const command of allCommands(io)) {
    parser.command({
      command: command.command,
      describe: command.describe,
      builder: command.build ?? ((builder) => builder),
      handler: (args) => {
        result = { kind: 'command', command, args };
      },
    });
  }
  try {
    parser.parse(argv, {}, (error, _args, output) => {
      if (error) result = { kind: 'usage', problem: error.message };
      else if (output !== '') result = { kind: 'text', text: output };
    });
  } catch (error) {
    result = { kind: 'usage', problem: error instanceof Error ? error.message : String(error) };
  }
  return result;
}

function baseParser(): Argv {
  const { version, commit, runtime, packaging } = buildInfo;
  return yargs([])
    .scriptName('grinder')
    .usage(
      '$0 <command>\n\nCompares what a trading engine expects with what the exchange shows, and repairs.',
    )
    .exitProcess(false)
    .detectLocale(false)
    .showHelpOnFail(false)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .option('config', { type: 'string', requiresArg: true, describe: 'the configuration file' })
    .option('no-color', { type: 'boolean', describe: 'no colour (also NO_COLOR, TERM=dumb)' })
    .option('no-input', { type: 'boolean', describe: 'never ask anything' })
    .strict()
    .help()
    .alias('help', 'h')
    .version(`grinder ${version} (${commit}, ${runtime}, ${packaging})`)
    .wrap(80);
}

/** Finds the configuration and the places; a sentence when the configuration can't be read. */
function makeContext(argv: readonly string[], io: CliIo): CliContext | string {
  const search = configSearch(argv, io.env, io.cwd);
  const { configFlag, verb, socketFlag } = readCommandLine(argv);
  const configFlagPath = configFlag === null ? null : (search.candidates[0] ?? null);
  let config: CliContext['config'] = null;
  try {
    if (verb !== 'smoke') config = findConfig(search, readOrNull);
  } catch (error) {
    if (verb !== 'stop' && socketFlag === null)
      return `the configuration can't be read: ${plain(error instanceof Error ? error.message : String(error))}`;
  }
  // A stop needs no configuration: it finds the daemons by themselves. A smoke brings its own.
  if (config === null && search.explicit && verb !== 'stop' && verb !== 'smoke') {
    return `there is no configuration file ${plain(search.candidates[0] ?? '')}; check --config or GRINDER_CONFIG`;
  }
  const { env, cwd, uid, commonDirs } = io;
  const common = commonDirs === undefined ? {} : { commonDirs };
  const places = computePlaces({ argv, env, cwd, uid, config, ...common });
  return { ...io, argv, config, places, configFlagPath };
}

/** A pipe can be read once, and the launcher has: what is left of it would be taken for an empty configuration. */
function readOrNull(path: string): string | null {
  try {
    return readConfigText(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function refuse(io: CliIo, argv: readonly string[], problem: string): number {
  const { verb } = readCommandLine(argv);
  const known = allCommands(io).some((command) => String(command.command).split(' ')[0] === verb);
  // What was typed is shown, not obeyed, and at a length that can be read.
  const shown = escapeText(problem.replace(/\s+/g, ' '));
  const hint = `Try 'grinder ${known ? `${verb} ` : ''}--help'.`;
  return tellFailure({ ...io, argv }, EXIT.usage, `${shown}. ${hint}`);
}
