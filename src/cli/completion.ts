/** Shell completion: one static script, so that a Tab starts no process. */
import yargs from 'yargs';
import { type CliCommand, requiredText } from './context.ts';

/** A verb and the words that may follow it. */
export interface VerbWords {
  readonly verb: string;
  readonly words: readonly string[];
}

/** Makes `completion` for these commands; it prints a script and changes nothing. */
export function completionCommand(commands: () => readonly CliCommand[]): CliCommand {
  return {
    command: 'completion <shell>',
    describe: 'print the completion script of a shell: source <(grinder completion bash)',
    build: (argv) =>
      argv.positional('shell', { type: 'string', choices: ['bash', 'zsh'], describe: 'bash or zsh' }),
    run: async (args, context) => {
      const verbs = commands().map(wordsOf);
      context.stdout(completionScript(requiredText(args, 'shell') === 'zsh' ? 'zsh' : 'bash', verbs));
      return 0;
    },
  };
}

/** Writes the script; pure. Words must be free of shell syntax, which verbs, flags and choices are. */
export function completionScript(shell: 'bash' | 'zsh', verbs: readonly VerbWords[]): string {
  const names = verbs.map(({ verb }) => verb);
  const cases = verbs.map(({ verb, words }) => `      ${verb}) words='${words.join(' ')}'; break ;;`);
  return `${shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''}_grinder() {
  local word words='${[...names, '--config', '--help', '--version'].join(' ')}'
  COMPREPLY=()
  case "\${COMP_WORDS[COMP_CWORD-1]}" in --config | --output | *-file | --socket) return ;; esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in
${cases.join('\n')}
    esac
  done
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _grinder grinder
`;
}

function wordsOf({ command, describe, build }: CliCommand): VerbWords {
  const verb = String(command).split(' ')[0] ?? '';
  const help = helpOf(verb, { command, describe, ...(build === undefined ? {} : { build }) });
  // The choices of what has to follow, but not those of a flag.
  const positionals = help.split('\n').filter((line) => /\[required\]/.test(line) && !/^\s*-/.test(line));
  const choices = positionals.flatMap((line) => /\[choices: ([^\]]*)\]/.exec(line)?.[1]?.split(', ') ?? []);
  const flags = help.match(/(?<![\w-])--[a-z][a-z-]*/g) ?? [];
  const words = [...choices.map((text) => text.replaceAll('"', '')), ...flags, '--config'];
  return { verb, words: [...new Set(words)] };
}

function helpOf(verb: string, { command, describe, build }: Omit<CliCommand, 'run'>): string {
  let help = '';
  yargs([])
    .exitProcess(false)
    .detectLocale(false)
    .command({ command, describe, builder: build ?? ((argv) => argv), handler: () => undefined })
    .help()
    .wrap(null)
    .parse([verb, '--help'], {}, (_error, _args, output) => {
      help = output;
    });
  return help;
}
