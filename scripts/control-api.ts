/** Writes docs/control-api.md from the protocol's own schemas: `bun scripts/control-api.ts > docs/control-api.md`. */
import { z } from 'zod';
import { MAX_BODY_BYTES } from '../src/control/body.ts';
import { COMMANDS, type CommandName, commandReplySchema, statusSchema } from '../src/control/protocol.ts';
import { planSchema } from '../src/control/protocol-plan.ts';

/** What each command does; a command without a line here doesn't compile. */
const MEANING: Readonly<Record<CommandName, string>> = {
  stop: 'Stops everything at once. Never refused: a body that is broken, late or missing stops too.',
  'clear-stop': 'Clears the latch of this id, to stage 0; never a newer one.',
  stage:
    'Asks for a stage. A raise carries `daemon.config_digest` of the status and is refused without it and when it moved; a lowering never. Stage 4 answers with what it would do and a code, which `confirm` carries back.',
  advance: 'Asks for the next stage up, as `stage` does.',
  approve: "The second operator's confirmation of an entry into stage 4.",
  renew: 'Shows what was executed since arming and a code; with the code in `confirm` the arming goes on.',
  disarm: 'Back to stage 3 at most. Never refused.',
  shutdown: 'Ends the daemon: it finishes the write on the wire, if any.',
  ack: 'Answers by name for an item that the status lists as not acknowledged.',
  resolve:
    'Says what became of a write that no read could tell; without `as` it shows what the exchange shows.',
  seen: 'Marks warnings as looked at, with `shown_at_ms` (`at_ms` of the status) those of that status and no later ones. Opens no gate.',
  'inject-mismatch': 'Shows the loop a synthetic mismatch; `real` places a stray order, on a simulator only.',
  prove: 'Closes gate after gate in a shadow of the next decision and tells what each did. Sends nothing.',
};

interface Node {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** Renders the document; pure. */
export function controlApi(): string {
  const names = Object.keys(MEANING) as CommandName[];
  return `${[
    HEAD,
    '## Commands',
    'All are `POST`, with a JSON object or nothing as the body. A key that is not listed is refused.',
    ...names.flatMap((name) => [
      `### POST /v1/${name}`,
      MEANING[name],
      ['| key | type | without it |', '|---|---|---|', ...bodyRows(name)].join('\n'),
    ]),
    '## Answer to a command',
    fieldTable(commandReplySchema),
    '## Status',
    'One document, versioned; new keys may come, and none goes or changes its meaning while `schema_version` stays.',
    fieldTable(statusSchema),
    '## Plan',
    fieldTable(planSchema),
  ].join('\n\n')}\n`;
}

const HEAD = `# The control API

HTTP on a unix socket: whoever can open it is the operator. \`grinder status --json\` names the socket of a running daemon
(\`daemon.socket\`); its directory has mode 0700, the socket 0600. With \`control.stop_socket\` there is a second one that has
\`POST /v1/stop\` and \`GET /v1/status\` only, for the group \`control.stop_group\`.

This file is made from the schemas by \`scripts/control-api.ts\`, and a test holds it to them.

\`\`\`bash
curl -s --unix-socket "$SOCKET" http://grinder/v1/status
curl -s --unix-socket "$SOCKET" http://grinder/v1/plan
curl -s --unix-socket "$SOCKET" -d '{"operator": "ann", "stage": 0}' http://grinder/v1/stage
curl -s --unix-socket "$SOCKET" -d '{"operator": "ann"}' http://grinder/v1/inject-mismatch
curl -s --unix-socket "$SOCKET" -d '{"operator": "ann", "reason": "drill"}' http://grinder/v1/stop
\`\`\`

| request | answers |
|---|---|
| \`GET /v1/status\` | the status, once |
| \`GET /v1/stream\` | a status a line (JSONL): at most 4 a second, at least one a second |
| \`GET /v1/plan\` | what the last run planned, with every gate's verdict |
| \`POST /v1/<command>\` | the answer to a command |

* 200 with \`ok\` true or false: the command was understood; \`exit_code\` is what the command line exits with (0 ok, 1 failed,
  75 not now, 77 denied). 400: the body can't be read. 404, 405: no such request. 413: a body of over ${MAX_BODY_BYTES / 1024} KiB. 500: a
  bug; the daemon goes on. Every answer but the stream is one JSON object with \`schema_version\`.
* A stop takes effect before it is answered, whatever its body says, after 200 ms without one too.
* At most 128 connections are kept; the oldest makes room. A stream that takes nothing for 10 s is dropped.
* Every command that changes something is in the audit with its operator. Without a token the name is what the caller says
  (\`operator_unverified\`): the socket proves the user of the machine, nothing more.`;

function bodyRows(name: CommandName): readonly string[] {
  const node = jsonSchema(COMMANDS[name]);
  return Object.entries(node.properties ?? {}).map(([key, field]) => {
    const isRequired = (node.required ?? []).includes(key);
    const fallback = field.default === undefined ? 'left out' : `\`${JSON.stringify(field.default)}\``;
    return `| \`${key}\` | ${typeOf(field)} | ${isRequired ? 'refused' : fallback} |`;
  });
}

function fieldTable(schema: z.ZodType): string {
  return ['| key | type |', '|---|---|', ...fieldRows(jsonSchema(schema), '')].join('\n');
}

function fieldRows(node: Node, path: string): readonly string[] {
  const shape = shapeOf(node);
  if (shape === null) return [`| \`${path}\` | ${typeOf(node)} |`];
  const [inner, suffix] = shape;
  return Object.entries(inner.properties ?? {}).flatMap(([key, field]) =>
    fieldRows(field, `${path}${path === '' ? '' : `${suffix}.`}${key}`),
  );
}

/** The object whose keys are listed, and what stands behind the path of a list; null for a plain value. */
function shapeOf(node: Node): readonly [Node, string] | null {
  const object = node.anyOf?.find(({ properties }) => properties !== undefined);
  if (object !== undefined) return [object, '?'];
  if (node.properties !== undefined) return [node, ''];
  return node.items?.properties === undefined ? null : [node.items, '[]'];
}

function typeOf(node: Node): string {
  if (node.anyOf !== undefined) return node.anyOf.map(typeOf).join(' or ');
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.type === 'array') return `list of ${node.items === undefined ? 'values' : typeOf(node.items)}`;
  if (node.type === 'object') return 'object of names and values';
  const limit =
    node.maxLength === undefined ? '' : `, ${node.minLength ?? 0} to ${node.maxLength} characters`;
  return `${node.type === 'string' ? 'text' : (node.type ?? 'any')}${limit}`;
}

function jsonSchema(schema: z.ZodType): Node {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Node;
}

if (import.meta.main) process.stdout.write(controlApi());
