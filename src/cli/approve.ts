import { type CliCommand, operatorOf, textArg, withJson, withOperator } from './context.ts';
import { withDaemon } from './daemon.ts';
import { tokenOf, withToken } from './operator-token.ts';
import { printStageReply } from './stage.ts';

/** `approve`: the second operator's half of entering stage 4. */
export const approveCommand: CliCommand = {
  command: 'approve',
  describe: 'approve stage 4 as another operator, where ceremony.approvals is 2',
  build: (argv) =>
    withJson(withToken(withOperator(argv)))
      .option('confirm', {
        type: 'string',
        requiresArg: true,
        describe: '"<host> 4 <code>" as shown without it',
      })
      .epilogue(
        [
          'Without --confirm it shows what the first operator approved, and a code of your own; within 2 minutes --confirm enters stage 4.',
          '',
          'What is proven: that each approval came with the token of another operator of ceremony.operators, and that both saw the same settings, evidence and plan.',
          'What is not: that two people typed. Who shares a user account with another operator, or is root, can read both token files.',
        ].join('\n'),
      ),
  run: (args, context) => {
    const token = tokenOf(args, context);
    const confirm = textArg(args, 'confirm');
    return withDaemon(context, async (client) => {
      const { daemon } = await client.status();
      const reply = await client.command('approve', {
        operator: operatorOf(args, context),
        config_digest: daemon.config_digest,
        ...token,
        ...(confirm === null ? {} : { confirm }),
      });
      return printStageReply(args, context, reply);
    });
  },
};
