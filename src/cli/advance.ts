import { type CliCommand, operatorOf, withJson, withOperator } from './context.ts';
import { printReply, withDaemon } from './daemon.ts';
import { tokenOf, withToken } from './operator-token.ts';
import { printStageReply } from './stage.ts';

/** `advance`: asks for the next stage up, under the settings the daemon shows now. */
export const advanceCommand: CliCommand = {
  command: 'advance',
  describe: 'ask for the next stage',
  build: (argv) => withJson(withToken(withOperator(argv))),
  run: (args, context) => {
    const token = tokenOf(args, context);
    return withDaemon(context, async (client) => {
      const { daemon } = await client.status();
      const body = { operator: operatorOf(args, context), config_digest: daemon.config_digest, ...token };
      const reply = await client.command('advance', body);
      return reply.confirmation === undefined
        ? printReply(args, context, reply)
        : printStageReply(args, context, reply);
    });
  },
};
