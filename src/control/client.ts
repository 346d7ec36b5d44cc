/** The one way screens, commands and scripts speak to a daemon. */
import type { z } from 'zod';
import { exchange, ProtocolError } from './client-http.ts';
import { openStopLine } from './client-stop.ts';
import { openStream, type StreamHandlers } from './client-stream.ts';
import {
  type CommandBody,
  type CommandName,
  type CommandReply,
  commandReplySchema,
  type StatusDocument,
  statusSchema,
} from './protocol.ts';
import { type PlanDocument, planSchema } from './protocol-plan.ts';

export { NoDaemonError, ProtocolError } from './client-http.ts';

export interface ControlClient {
  /** One status; rejects with NoDaemonError or ProtocolError. */
  readonly status: () => Promise<StatusDocument>;
  /** What the last run planned; rejects as `status` does. */
  readonly plan: () => Promise<PlanDocument>;
  /** Every status from now on; connects again by itself, at most a second after an attempt failed. */
  readonly stream: (handlers: StreamHandlers) => { close(): void };
  /** One command; a reply that says no is a reply, not an error. */
  readonly command: <N extends CommandName>(
    name: N,
    body: CommandBody<N>,
    timeoutMs?: number,
  ) => Promise<CommandReply>;
  /** Writes the stop before it returns, on a connection opened in advance; falls back to a new one. */
  readonly sendStop: (body: { readonly operator: string; readonly reason: string }) => {
    readonly sentAtMonoMs: number;
    readonly ack: Promise<CommandReply>;
  };
  /** Ends streams and the connection held for the stop. */
  readonly close: () => void;
}

const STATUS_TIMEOUT_MS = 5000;
const COMMAND_TIMEOUT_MS = 15_000;

/** Opens a client; nothing fails here, a missing daemon shows in each call. */
export function connectControl(socketPath: string): ControlClient {
  const stopLine = openStopLine(socketPath);
  const streams = new Set<{ close(): void }>();
  return {
    status: async () =>
      parseReply(
        statusSchema,
        await exchange({ socketPath, method: 'GET', path: '/v1/status', timeoutMs: STATUS_TIMEOUT_MS }),
      ),
    plan: async () =>
      parseReply(
        planSchema,
        await exchange({ socketPath, method: 'GET', path: '/v1/plan', timeoutMs: STATUS_TIMEOUT_MS }),
      ),
    stream: (handlers) => {
      const stream = openStream(socketPath, handlers, (line) => parseReply(statusSchema, line));
      streams.add(stream);
      return stream;
    },
    command: async (name, body, timeoutMs = COMMAND_TIMEOUT_MS) =>
      parseReply(
        commandReplySchema,
        await exchange({ socketPath, method: 'POST', path: `/v1/${name}`, body, timeoutMs }),
      ),
    sendStop: (body) => {
      const sent = stopLine.send(JSON.stringify(body));
      return {
        sentAtMonoMs: sent.sentAtMonoMs,
        ack: sent.reply.then((text) => parseReply(commandReplySchema, text)),
      };
    },
    close: () => {
      for (const stream of streams) stream.close();
      stopLine.close();
    },
  };
}

/** Parses what the daemon sent; throws ProtocolError naming the first thing that is wrong. */
function parseReply<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> {
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? 'the document' : issue.path.join('.');
  throw new ProtocolError(
    `the daemon speaks another version of the protocol: ${where}: ${issue?.message ?? 'invalid'}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProtocolError('the daemon answered something that is not JSON');
  }
}
