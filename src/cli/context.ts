/** What a command gets: the machine as values, so that a test can be the machine. */
import type { Argv } from 'yargs';
import type { Variables } from '../config/environment.ts';
import type { Places } from '../launch/places.ts';

/** The process around the commands. */
export interface CliIo {
  /** Text as it is; whoever prints ends its lines. */
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly env: Variables;
  readonly cwd: string;
  readonly uid: number;
  /** See PlaceInputs.commonDirs. */
  readonly commonDirs?: readonly string[];
  /** Is stdout a terminal. */
  readonly isTTY: boolean;
  /** Commands of the composition root, such as run and smoke. */
  readonly extraCommands?: readonly CliCommand[];
  /** Ends commands that go on until they are told to stop; absent: SIGINT and SIGTERM do. */
  readonly signal?: AbortSignal;
}

/** The configuration that was found, or null for the built-in simulator defaults. */
export type FoundConfig = { readonly path: string; readonly text: string } | null;

/** What is known once the command line is read. */
export interface CliContext extends CliIo {
  readonly argv: readonly string[];
  /** The absolute path that --config named, whether or not it can be read; GRINDER_CONFIG doesn't count. */
  readonly configFlagPath: string | null;
  readonly config: FoundConfig;
  readonly places: Places;
}

/** Values of one command line, read by name. */
export type Args = Readonly<Record<string, unknown>>;

/** One verb. `run` resolves to the exit code; a UsageError it throws is 64. */
export interface CliCommand {
  readonly command: string | readonly string[];
  readonly describe: string;
  readonly build?: (argv: Argv) => Argv;
  readonly run: (args: Args, context: CliContext) => Promise<number>;
}

/** The exit codes of the contract. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 64,
  noDaemon: 69,
  temporary: 75,
  denied: 77,
  config: 78,
} as const;

/** The command line asks for something that can't be meant: exit 64 with this sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Reads a text argument; null when absent. */
export function textArg(args: Args, name: string): string | null {
  const value = args[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Reads a text argument that must be there. */
export function requiredText(args: Args, name: string): string {
  const value = textArg(args, name);
  if (value === null) throw new UsageError(`${name} is missing`);
  return value;
}

/** Reads a switch. */
export function flagArg(args: Args, name: string): boolean {
  return args[name] === true;
}

/** Reads a whole number between the bounds; null when absent. */
export function countArg(
  args: Args,
  name: string,
  bounds: { readonly min: number; readonly max: number },
): number | null {
  const text = textArg(args, name);
  if (text === null) return null;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= bounds.min && value <= bounds.max) return value;
  throw new UsageError(`${name}: ${text} — expected a whole number from ${bounds.min} to ${bounds.max}`);
}

/** Who gives the command: --operator, else the login name, else the user's number. At most 64 characters. */
export function operatorOf(args: Args, context: CliIo): string {
  const name = textArg(args, 'operator') ?? (context.env['USER'] || context.env['LOGNAME'] || null);
  return (name ?? `uid ${context.uid}`).slice(0, 64);
}

/** Adds --operator. */
export function withOperator(argv: Argv): Argv {
  return argv.option('operator', {
    type: 'string',
    requiresArg: true,
    describe: 'who gives the command (default: the login name)',
  });
}

/** --socket: speaks to the daemon behind this socket, such as a stop socket, whoever's it is. */
export const SOCKET_OPTION = {
  type: 'string',
  requiresArg: true,
  describe: "the daemon's socket or stop socket (control.stop_socket), whoever runs it",
} as const;

/** Adds --json. */
export function withJson(argv: Argv): Argv {
  return argv.option('json', { type: 'boolean', describe: 'print one JSON document' });
}
