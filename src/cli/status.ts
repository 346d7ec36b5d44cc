import type { ControlClient } from '../control/client.ts';
import type { StatusDocument } from '../control/protocol.ts';
import {
  type Args,
  type CliCommand,
  type CliContext,
  EXIT,
  flagArg,
  SOCKET_OPTION,
  withJson,
} from './context.ts';
import { withDaemon } from './daemon.ts';
import { formatJson, plain } from './print.ts';
import { statusScreen } from './status-screen.ts';
import { formatStatus } from './status-text.ts';
import { untilEnded } from './until-ended.ts';

/** `status`: the daemon's own state on one screen, as JSON, or again and again. */
export const statusCommand: CliCommand = {
  command: 'status',
  describe: "the daemon's stage, latch, sources, gates and counters",
  build: (argv) =>
    withJson(argv)
      .option('socket', SOCKET_OPTION)
      .option('watch', { type: 'boolean', describe: 'follow it until interrupted' })
      .option('ready', { type: 'boolean', describe: 'exit 75 while the daemon is still starting' }),
  run: (args, context) =>
    withDaemon(context, async (client) => {
      const status = await client.status();
      if (flagArg(args, 'watch')) return watch(args, context, client);
      show(args, context, status);
      return flagArg(args, 'ready') && !status.daemon.ready ? EXIT.temporary : EXIT.ok;
    }),
};

function show(args: Args, context: CliContext, status: StatusDocument): void {
  const text = flagArg(args, 'json') ? formatJson(status) : formatStatus(status).join('\n');
  context.stdout(`${text}\n`);
}

async function watch(args: Args, context: CliContext, client: ControlClient): Promise<number> {
  const screen = context.isTTY && !flagArg(args, 'json') && context.env['TERM'] !== 'dumb';
  let last: StatusDocument | null = null;
  const draw = (status: StatusDocument, down: string | null): void => {
    const { columns = 80, rows = 24 } = process.stdout;
    context.stdout(`\u001b[H\u001b[2J${statusScreen(status, down, { columns, rows }).join('\n')}\n`);
  };
  const stream = client.stream({
    onStatus: (status) => {
      last = status;
      if (screen) return draw(status, null);
      show(args, context, status);
      if (!flagArg(args, 'json')) context.stdout('\n');
    },
    onUp: () => {},
    onDown: (why) => {
      if (screen && last !== null) draw(last, why);
      else context.stderr(`grinder: no link to the daemon: ${plain(why)}; trying again\n`);
    },
  });
  // Ended by a signal, or because nobody reads any more.
  const unread = new Promise<void>((resolve) => process.stdout.once('error', () => resolve()));
  await Promise.race([untilEnded(context), unread]);
  stream.close();
  return EXIT.ok;
}
