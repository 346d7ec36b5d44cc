/** Speaks to the daemon of this configuration and turns trouble into an exit code and one line. */
import { dirname } from 'node:path';
import { type ControlClient, connectControl, NoDaemonError, ProtocolError } from '../control/client.ts';
import type { CommandReply } from '../control/protocol.ts';
import { listDaemons } from '../control/registry.ts';
import { whyNotTrusted } from '../control/socket-file.ts';
import { type Args, type CliContext, EXIT, flagArg } from './context.ts';
import { formatJson, plain, tellFailure } from './print.ts';

/** Runs `use` with a client of this configuration's daemon; 69 when none answers, told as JSON where that was asked for. */
export async function withDaemon(
  context: CliContext,
  use: (client: ControlClient) => Promise<number>,
): Promise<number> {
  const stranger = whyStranger(context);
  if (stranger !== null) return tellFailure(context, EXIT.noDaemon, plain(stranger));
  const client = connectControl(context.places.socketPath);
  try {
    return await use(client);
  } catch (error) {
    if (error instanceof NoDaemonError)
      return tellFailure(context, EXIT.noDaemon, await describeAbsence(context));
    if (error instanceof ProtocolError) return tellFailure(context, EXIT.failed, plain(error.message));
    throw error;
  } finally {
    client.close();
  }
}

/** Says why nobody at this configuration's socket is to be believed; one that was named is whose it is meant to be. */
export function whyStranger({ places, uid }: CliContext): string | null {
  if (dirname(places.socketPath) !== places.runtimeDir) return null;
  try {
    return whyNotTrusted(places.socketPath, uid);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Prints a reply as text, or whole with --json, and returns its exit code. */
export function printReply(args: Args, context: CliContext, reply: CommandReply): number {
  if (flagArg(args, 'json')) context.stdout(`${formatJson(reply)}\n`);
  else if (reply.ok) context.stdout(`${plain(reply.message)}\n`);
  else context.stderr(`grinder: ${plain(reply.message)}\n`);
  return reply.exit_code;
}

/** Names the configuration that was asked about. */
export function configName(context: CliContext): string {
  return context.config === null ? 'the built-in simulator defaults' : plain(context.config.path);
}

async function describeAbsence(context: CliContext): Promise<string> {
  const { places } = context;
  const found = await listDaemons(places.registryDirs, context.uid);
  const others = found
    .filter((daemon) => !daemon.stale && daemon.entry.configPath !== null)
    .map((daemon) => `--config ${plain(daemon.entry.configPath ?? '')}`);
  const hint = others.length > 0 ? `; running: ${others.join(', ')}` : "; start one with 'grinder run'";
  return `no daemon runs for ${configName(context)} as user ${context.uid} (nobody answers at ${plain(places.socketPath)})${hint}`;
}
