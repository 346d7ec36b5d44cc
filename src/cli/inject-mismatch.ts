import { type CliCommand, flagArg, operatorOf, withJson, withOperator } from './context.ts';
import { printReply, withDaemon } from './daemon.ts';

/** `inject-mismatch`: a synthetic unexpected order for one run; `--real` places a stray order on the simulator. */
export const injectMismatchCommand: CliCommand = {
  command: 'inject-mismatch',
  describe: 'show the loop a synthetic mismatch, the canary (exit 75: not now); nothing is sent',
  build: (argv) =>
    withJson(withOperator(argv)).option('real', {
      type: 'boolean',
      describe: 'on the simulator only: place a real stray order instead',
    }),
  run: (args, context) =>
    withDaemon(context, async (client) =>
      printReply(
        args,
        context,
        await client.command('inject-mismatch', {
          operator: operatorOf(args, context),
          real: flagArg(args, 'real'),
        }),
      ),
    ),
};
