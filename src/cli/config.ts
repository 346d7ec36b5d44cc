import { z } from 'zod';
import { describeProblems, type Settings } from '../config/load.ts';
import { configSchema } from '../config/schema.ts';
import { feedLineSchema } from '../engine/feed-schema.ts';
import {
  type Args,
  type CliCommand,
  type CliContext,
  EXIT,
  flagArg,
  textArg,
  UsageError,
  withJson,
} from './context.ts';
import { configName } from './daemon.ts';
import { loadHere } from './load-here.ts';
import { alignColumns, plain } from './print.ts';

/** `config check|print|schema`: judges, shows or describes the configuration; starts nothing. */
export const configCommand: CliCommand = {
  command: 'config <what>',
  describe: 'check: judge it (exit 78 when bad); print: the settings in force; schema: as JSON Schema',
  build: (argv) =>
    withJson(argv)
      .positional('what', {
        type: 'string',
        describe: 'what to do',
        choices: ['check', 'print', 'schema'],
      })
      .option('expected', {
        type: 'boolean',
        describe: 'schema: of a line of the expected state instead of the configuration',
      }),
  run: async (args, context) => {
    if (textArg(args, 'what') === 'schema') {
      const described = flagArg(args, 'expected') ? feedLineSchema : configSchema;
      const schema = z.toJSONSchema(described, { io: 'input', unrepresentable: 'any' });
      context.stdout(`${JSON.stringify(schema, null, 2)}\n`);
      return EXIT.ok;
    }
    if (flagArg(args, 'expected')) throw new UsageError('--expected goes with `config schema` only');
    const loaded = loadHere(context);
    if (!loaded.ok) {
      if (flagArg(args, 'json')) {
        context.stdout(`${JSON.stringify({ schema_version: 1, ok: false, problems: loaded.problems })}\n`);
      } else {
        context.stderr(`grinder: ${plain(describeProblems(loaded.problems, configName(context)))}\n`);
      }
      return EXIT.config;
    }
    const print = textArg(args, 'what') === 'print' ? printSettings : printVerdict;
    print(args, context, loaded.settings);
    return EXIT.ok;
  },
};

function printVerdict(args: Args, context: CliContext, settings: Settings): void {
  const path = context.config?.path ?? null;
  const { digest, exchange } = settings;
  context.stdout(
    flagArg(args, 'json')
      ? `${JSON.stringify({ schema_version: 1, ok: true, path, environment: exchange.environment, digest })}\n`
      : `configuration OK: ${configName(context)}, environment ${exchange.environment}, digest ${digest}\n`,
  );
}

function printSettings(args: Args, context: CliContext, settings: Settings): void {
  const { flat, digest } = settings;
  if (flagArg(args, 'json')) {
    context.stdout(`${JSON.stringify({ schema_version: 1, digest, settings: flat })}\n`);
    return;
  }
  for (const line of alignColumns(Object.entries(flat).sort())) context.stdout(`${line}\n`);
}
