/** What the launcher needs from the command line; the program itself parses it fully. */
export type CommandLine = {
  /** The first word that is not a flag or a flag's value; empty when there is none. */
  readonly verb: string;
  /** Null for an empty one too: a stop still stops, and every other verb refuses it. */
  readonly configFlag: string | null;
  readonly exchangeFlag: string | null;
  /** Files that `sim` was told to take its keys from. */
  readonly simKeyFiles: readonly string[];
  /** The file that `sim` was told to write a feed to. */
  readonly simFeed: string | null;
  /** The file that `report` was told to write. */
  readonly reportFile: string | null;
  /** The socket that `stop` or `status` was told to speak to. */
  readonly socketFlag: string | null;
  /** The file with an operator's own token. */
  readonly tokenFlag: string | null;
};

/** Reads the verb and the few flags that name a place or a world out of the arguments after the program's name; the last occurrence wins. */
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
  const ofSim = verb === 'sim' ? values : new Map<string, string>();
  return {
    verb,
    configFlag: values.get('--config') || null,
    exchangeFlag: values.get('--exchange') ?? null,
    simKeyFiles: ['--api-key-file', '--api-secret-file'].flatMap((name) => ofSim.get(name) || []),
    simFeed: ofSim.get('--feed') || null,
    reportFile: (verb === 'report' ? values.get('--output') : undefined) || null,
    socketFlag: (verb === 'stop' || verb === 'status' ? values.get('--socket') : undefined) || null,
    tokenFlag: values.get('--operator-token-file') || null,
  };
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
  '--port',
  '--seed',
  '--api-key-file',
  '--api-secret-file',
  '--feed',
  '--socket',
  '--output',
  '--since',
  '--lines',
  '--type',
  '--run',
  '--user',
  '-n',
]);
