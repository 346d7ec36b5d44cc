/** What the launcher needs from the command line; the program itself parses it fully. */
export type CommandLine = {
  /** The first word that is not a flag or a flag's value; empty when there is none. */
  readonly verb: string;
  readonly configFlag: string | null;
  readonly exchangeFlag: string | null;
};

/** Reads verb, --config and --exchange out of the arguments after the program's name; the last occurrence wins. */
export function readCommandLine(argv: readonly string[]): CommandLine {
  let verb = '';
  const values = new Map<string, string>();
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (word === '--') break;
    if (!word.startsWith('-')) {
      if (verb === '') verb = word;
      continue;
    }
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    if (!flagsWithValue.has(name)) continue;
    if (equals < 0) index += 1;
    const value = equals < 0 ? argv[index] : word.slice(equals + 1);
    if (value !== undefined) values.set(name, value);
  }
  return { verb, configFlag: values.get('--config') ?? null, exchangeFlag: values.get('--exchange') ?? null };
}

const flagsWithValue: ReadonlySet<string> = new Set([
  '--config',
  '--exchange',
  '--operator',
  '--operator-token-file',
  '--confirm',
  '--reason',
  '--as',
  '--format',
]);
