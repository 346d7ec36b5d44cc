import { type CliCommand, operatorOf, withJson, withOperator } from './context.ts';
import { printReply, withDaemon } from './daemon.ts';

/** `disarm`: back to stage 3, at once and without a question. */
export const disarmCommand: CliCommand = {
  command: 'disarm',
  describe: 'back to stage 3; never refused',
  build: (argv) => withJson(withOperator(argv)),
  run: (args, context) =>
    withDaemon(context, async (client) =>
      printReply(args, context, await client.command('disarm', { operator: operatorOf(args, context) })),
    ),
};
