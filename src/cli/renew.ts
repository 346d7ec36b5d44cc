import { type CliCommand, operatorOf, textArg, withJson, withOperator } from './context.ts';
import { withDaemon } from './daemon.ts';
import { tokenOf, withToken } from './operator-token.ts';
import { printStageReply } from './stage.ts';

/** `renew`: more time in stage 4, once what was executed has been looked at. */
export const renewCommand: CliCommand = {
  command: 'renew',
  describe: 'prolong the arming after a look at what was executed; at most 12 h in all',
  build: (argv) =>
    withJson(withToken(withOperator(argv))).option('confirm', {
      type: 'string',
      requiresArg: true,
      describe: '"<host> renew <code>" as shown without it',
    }),
  run: (args, context) => {
    const token = tokenOf(args, context);
    const confirm = textArg(args, 'confirm');
    return withDaemon(context, async (client) => {
      const { daemon } = await client.status();
      const reply = await client.command('renew', {
        operator: operatorOf(args, context),
        config_digest: daemon.config_digest,
        ...token,
        ...(confirm === null ? {} : { confirm }),
      });
      return printStageReply(args, context, reply);
    });
  },
};
