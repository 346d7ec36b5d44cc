import type { CommandReply } from '../control/protocol.ts';
import { type CliCommand, flagArg, operatorOf, withJson, withOperator } from './context.ts';
import { printReply, withDaemon } from './daemon.ts';
import { alignColumns } from './print.ts';

/** `prove`: each gate by itself against the canary, in a shadow of the daemon's world; nothing is sent. */
export const proveCommand: CliCommand = {
  command: 'prove',
  describe:
    'prove that each gate alone blocks the canary (exit 1: one does not, 75: not now); nothing is sent',
  build: (argv) => withJson(withOperator(argv)),
  run: (args, context) =>
    withDaemon(context, async (client) => {
      const reply = await client.command('prove', { operator: operatorOf(args, context) });
      if (reply.proof !== undefined && !flagArg(args, 'json'))
        context.stdout(`${formatProof(reply.proof).join('\n')}\n`);
      return printReply(args, context, reply);
    }),
};

function formatProof(proof: NonNullable<CommandReply['proof']>): readonly string[] {
  const head = ['', 'GATE', 'CANARY', 'BLOCKED WITH', 'VALUE', 'LIMIT', 'NOW', ''];
  const rows = proof.gates.map(({ verdict, gate, aim, reason, value, limit, now, also, why }) => [
    ...[verdict, gate, aim, reason ?? 'nothing', value, limit, now],
    why !== '' ? why : also.length > 0 ? `with ${also.join(' ')}` : '',
  ]);
  return [...alignColumns([head, ...rows]), ''];
}
