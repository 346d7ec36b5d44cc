/** What must hold of an audit and the requests the exchange really got, however often the daemon died. Pure. */
import type { LoggedRequest } from '../../src/simulator/request-log.ts';

/** A parsed line of the audit, as far as it is looked at. */
export interface AuditLine {
  readonly seq: number;
  readonly ts_ms: number;
  readonly event_type: string;
  readonly status: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface Truth {
  readonly callsPerDay: number;
  /** Client order ids the engine knows: no write may ever name one. */
  readonly own: ReadonlySet<string>;
}

/** Lists every broken rule: a write without an earlier intent, one intent sent twice, a budget stretched, a wrong target. */
export function violations(
  lines: readonly AuditLine[],
  writes: readonly LoggedRequest[],
  truth: Truth,
): readonly string[] {
  const intents = lines.filter(({ status }) => status === 'INTENT');
  return [
    ...lines.flatMap(({ seq }, n) => (seq === n + 1 ? [] : [`line ${n + 1} has seq ${seq}`])),
    ...writes.flatMap((write) => withoutIntent(write, intents)),
    ...sentTwice(writes, intents),
    ...reopened(lines),
    ...writes
      .filter((write) => truth.own.has(targetOf(write)))
      .map((write) => `${write.method} hit our own order ${targetOf(write)}`),
    ...(writes.length <= truth.callsPerDay
      ? []
      : [`${writes.length} writes, ${truth.callsPerDay} are allowed a day`]),
  ];
}

/** The order a request is about: the one it cancels, or the one it places. */
function targetOf({ params }: LoggedRequest): string {
  return params['origClientOrderId'] ?? params['newClientOrderId'] ?? '';
}

function intendedTarget({ details }: AuditLine): unknown {
  return details['repair_client_order_id'] ?? details['client_order_id'];
}

function withoutIntent(write: LoggedRequest, intents: readonly AuditLine[]): readonly string[] {
  const intent = intents.find(
    (line) => intendedTarget(line) === targetOf(write) && line.ts_ms <= write.ts_ms,
  );
  return intent === undefined ? [`${write.method} ${targetOf(write)} has no earlier INTENT`] : [];
}

function sentTwice(writes: readonly LoggedRequest[], intents: readonly AuditLine[]): readonly string[] {
  return [...new Set(writes.map(targetOf))].flatMap((target) => {
    const sent = writes.filter((write) => targetOf(write) === target).length;
    const meant = intents.filter((line) => intendedTarget(line) === target).length;
    return sent <= meant ? [] : [`${target}: ${sent} requests for ${meant} intents`];
  });
}

/** A second intent for one item may only follow when the first is known not to have been carried out. */
function reopened(lines: readonly AuditLine[]): readonly string[] {
  const open = new Map<unknown, unknown>();
  const broken: string[] = [];
  for (const { seq, status, details } of lines) {
    if (status === 'INTENT') {
      const item = details['action_id'];
      if (open.has(item)) broken.push(`line ${seq}: a second intent for ${item} beside an open one`);
      open.set(item, details['intent_id']);
      continue;
    }
    const closed =
      details['resolves'] ?? (status === null || status === 'UNKNOWN' ? null : details['intent_id']);
    for (const [item, intent] of open) if (intent === closed) open.delete(item);
  }
  return broken;
}
