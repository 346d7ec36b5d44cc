import { type CliCommand, operatorOf, requiredText, withJson, withOperator } from './context.ts';
import { printReply, withDaemon } from './daemon.ts';
import { tokenOf, withToken } from './operator-token.ts';

/** `ack ITEM`: an operator answers, by name, for something the program can't check. */
export const ackCommand: CliCommand = {
  command: 'ack <item>',
  describe: 'answer by name for an item that status lists as not acknowledged',
  build: (argv) =>
    withJson(withToken(withOperator(argv))).positional('item', {
      type: 'string',
      describe: 'such as team_notified',
    }),
  run: (args, context) => {
    const item = requiredText(args, 'item').slice(0, 100);
    const body = { operator: operatorOf(args, context), item, ...tokenOf(args, context) };
    return withDaemon(context, async (client) =>
      printReply(args, context, await client.command('ack', body)),
    );
  },
};
