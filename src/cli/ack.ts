import { type CliCommand, operatorOf, requiredText, withJson, withOperator } from './context.ts';
import { printReply, withDaemon } from './daemon.ts';

/** `ack ITEM`: an operator answers, by name, for something the program can't check. */
export const ackCommand: CliCommand = {
  command: 'ack <item>',
  describe: 'answer by name for an item that status lists as not acknowledged',
  build: (argv) =>
    withJson(withOperator(argv)).positional('item', { type: 'string', describe: 'such as team_notified' }),
  run: (args, context) => {
    const item = requiredText(args, 'item').slice(0, 100);
    return withDaemon(context, async (client) =>
      printReply(args, context, await client.command('ack', { operator: operatorOf(args, context), item })),
    );
  },
};
