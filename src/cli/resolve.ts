import { type CliCommand, operatorOf, textArg, withJson, withOperator } from './context.ts';
import { printReply, withDaemon } from './daemon.ts';
import { tokenOf, withToken } from './operator-token.ts';

/** `resolve [ID]`: lists the writes whose outcome is not known, shows one, or takes an operator's word for it. */
export const resolveCommand: CliCommand = {
  command: 'resolve [id]',
  describe: 'what became of a write that no read could tell: list them, look at one, or say it',
  build: (argv) =>
    withJson(withToken(withOperator(argv)))
      .positional('id', { type: 'string', describe: 'as the list shows it' })
      .option('as', {
        type: 'string',
        requiresArg: true,
        choices: ['executed', 'not_executed'],
        describe: 'what became of it; say it twice, the first time shows what the exchange shows',
      }),
  run: (args, context) => {
    const id = textArg(args, 'id');
    const as = args['as'];
    return withDaemon(context, async (client) =>
      printReply(
        args,
        context,
        await client.command('resolve', {
          operator: operatorOf(args, context),
          ...tokenOf(args, context),
          ...(id === null ? {} : { intent_id: id.slice(0, 100) }),
          ...(as === 'executed' || as === 'not_executed' ? { as } : {}),
        }),
      ),
    );
  },
};
