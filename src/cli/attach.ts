import { connectControl } from '../control/client.ts';
import { probeSocket } from '../control/socket-file.ts';
import { type CliCommand, flagArg, operatorOf, UsageError, withOperator } from './context.ts';
import { whyStranger, withDaemon } from './daemon.ts';

/** `attach`: the screen of a running daemon; leaving it leaves the daemon running. */
export const attachCommand: CliCommand = {
  command: 'attach',
  describe: 'the screen of a running daemon; leaving it leaves the daemon alone',
  build: (argv) =>
    withOperator(argv).option('read-only', {
      type: 'boolean',
      describe: 'send nothing but the stop (Ctrl+X)',
    }),
  run: async (args, context) => {
    const { socketPath, stateDir } = context.places;
    const probe = await probeSocket(socketPath);
    // A daemon that hangs is worth a screen: its stop key works without an answer.
    if (probe === 'absent' || probe === 'refused' || whyStranger(context) !== null) {
      return withDaemon(context, async (client) => {
        await client.status();
        return 0;
      });
    }
    if (!context.isTTY || !process.stdin.isTTY) {
      throw new UsageError("attach needs a terminal; 'grinder status' works without one");
    }
    if (context.env['TERM'] === 'dumb')
      throw new UsageError(
        "attach draws, which a terminal with TERM=dumb can't show; 'grinder status --watch' and 'grinder stop' work there",
      );
    const { runTui } = await import('../tui/run.tsx');
    const client = connectControl(socketPath);
    const result = await runTui({
      client,
      socketPath,
      stateDir,
      operator: operatorOf(args, context),
      readOnly: flagArg(args, 'read-only'),
      ownsDaemon: false,
      stdin: process.stdin,
      stdout: process.stdout,
      env: context.env,
      noColor: flagArg(args, 'no-color'),
    });
    client.close();
    if (result.quit === 'broken')
      context.stderr('grinder: the screen ended by itself, the daemon goes on: attach again\n');
    return result.exitCode;
  },
};
