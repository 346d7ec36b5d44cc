/** What the socket server needs of the daemon. */
import type { CommandName, CommandReply, ParsedBody, StatusDocument } from './protocol.ts';
import type { PlanDocument } from './protocol-plan.ts';

/** The daemon as its socket sees it. `stop` must take effect before it awaits anything. */
export interface ControlTarget {
  readonly status: () => StatusDocument;
  readonly plan: () => PlanDocument;
  /** Calls back whenever the status may have changed; returns how to end that. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly command: <N extends CommandName>(name: N, body: ParsedBody<N>) => Promise<CommandReply>;
}
