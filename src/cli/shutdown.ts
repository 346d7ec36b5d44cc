import { type CliCommand, operatorOf, withJson, withOperator } from './context.ts';
import { printReply, withDaemon } from './daemon.ts';

/** `shutdown`: ends the daemon gracefully; the stop latch and the evidence stay as they are. */
export const shutdownCommand: CliCommand = {
  command: 'shutdown',
  describe: 'end the daemon gracefully',
  build: (argv) => withJson(withOperator(argv)),
  run: (args, context) =>
    withDaemon(context, async (client) =>
      printReply(args, context, await client.command('shutdown', { operator: operatorOf(args, context) })),
    ),
};
