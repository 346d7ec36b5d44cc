import { type CliCommand, operatorOf, requiredText, withJson, withOperator } from './context.ts';
import { printReply, withDaemon } from './daemon.ts';

/** `clear-stop ID`: clears exactly that latch, never a newer one; leads to stage 0. */
export const clearStopCommand: CliCommand = {
  command: 'clear-stop <latch_id>',
  describe: 'clear the stop latch of this id; leads to stage 0',
  build: (argv) =>
    withJson(withOperator(argv)).positional('latch_id', { type: 'string', describe: 'as status shows it' }),
  run: (args, context) => {
    const latchId = requiredText(args, 'latch_id').slice(0, 64);
    return withDaemon(context, async (client) =>
      printReply(
        args,
        context,
        await client.command('clear-stop', { operator: operatorOf(args, context), latch_id: latchId }),
      ),
    );
  },
};
