/** The part of yargs 18 that is used here; the package carries no types of its own. */
declare module 'yargs' {
  export interface OptionSpec {
    readonly type: 'string' | 'boolean';
    readonly describe: string;
    readonly alias?: string;
    readonly default?: string | boolean;
    readonly choices?: readonly string[];
    readonly requiresArg?: boolean;
    readonly demandOption?: boolean;
    readonly hidden?: boolean;
  }
  export interface Argv {
    option(name: string, spec: OptionSpec): Argv;
    positional(name: string, spec: OptionSpec): Argv;
    command(module: {
      readonly command: string | readonly string[];
      readonly describe: string | false;
      readonly builder: (argv: Argv) => Argv;
      readonly handler: (args: Readonly<Record<string, unknown>>) => void;
    }): Argv;
    example(line: string, describe: string): Argv;
    epilogue(text: string): Argv;
    scriptName(name: string): Argv;
    usage(text: string): Argv;
    strict(): Argv;
    exitProcess(exit: boolean): Argv;
    detectLocale(detect: boolean): Argv;
    showHelpOnFail(show: boolean): Argv;
    version(text: string): Argv;
    help(): Argv;
    alias(name: string, alias: string): Argv;
    wrap(columns: number | null): Argv;
    parserConfiguration(configuration: Readonly<Record<string, boolean>>): Argv;
    parse(
      args: readonly string[],
      context: object,
      done: (error: Error | undefined, args: unknown, output: string) => void,
    ): unknown;
  }
  export default function yargs(args: readonly string[]): Argv;
}
