import { type ControlClient, ProtocolError } from '../control/client.ts';
import type { CommandReply, Confirmation4 } from '../control/protocol.ts';
import {
  type Args,
  type CliCommand,
  type CliContext,
  countArg,
  EXIT,
  flagArg,
  operatorOf,
  textArg,
  UsageError,
  withJson,
  withOperator,
} from './context.ts';
import { printReply, withDaemon } from './daemon.ts';
import { tokenOf, withToken } from './operator-token.ts';
import { alignColumns, formatSpan, plain } from './print.ts';

/** `stage N`: asks for a stage. Raising carries the settings' digest; stage 4 is shown first and then confirmed. */
export const stageCommand: CliCommand = {
  command: 'stage <n>',
  describe: 'ask for a stage from 0 to 4; lowering is never refused',
  build: (argv) =>
    withJson(withToken(withOperator(argv)))
      .positional('n', { type: 'string', describe: '0 to 4' })
      .option('confirm', {
        type: 'string',
        requiresArg: true,
        describe: 'for stage 4: "<host> 4 <code>" as shown without it',
      })
      .epilogue(
        'Where ceremony.approvals is 2, both operators give --operator-token-file: the first one here, the second one with `grinder approve`. Without a token the audit says operator_unverified.',
      ),
  run: (args, context) => {
    const stage = stageOf(args);
    const confirm = textArg(args, 'confirm');
    if (confirm !== null && stage !== 4) throw new UsageError('--confirm belongs to stage 4');
    return withDaemon(context, async (client) => {
      const operator = operatorOf(args, context);
      const extra = await extrasFor(stage, args, context, client);
      const bare = extra instanceof Error ? {} : extra;
      const reply = await client.command('stage', {
        operator,
        stage,
        ...bare,
        ...(confirm === null ? {} : { confirm }),
      });
      // A raise after all, and it needed what was missing.
      if (extra instanceof Error && reply.exit_code === EXIT.usage) throw extra;
      return printStageReply(args, context, reply);
    });
  },
};

type Extras = { readonly token?: string; readonly config_digest?: string };

/**
 * What a raise carries besides, or why it can't be had.
 *
 * A lowering carries nothing: it must not fail for a token file that is gone, a status that doesn't come or one of another
 * version of the program. Below 4 the daemon is asked without, and tells a raise from a lowering.
 */
async function extrasFor(
  stage: number,
  args: Args,
  context: CliContext,
  client: ControlClient,
): Promise<Extras | UsageError | ProtocolError> {
  if (stage === 0) return {};
  try {
    return { ...tokenOf(args, context), config_digest: (await client.status()).daemon.config_digest };
  } catch (error) {
    if (stage < 4 && (error instanceof ProtocolError || error instanceof UsageError)) return error;
    throw error;
  }
}

/** Prints a reply, with what is to be confirmed above it when the daemon asks for that. */
export function printStageReply(args: Args, context: CliContext, reply: CommandReply): number {
  if (reply.confirmation !== undefined && !flagArg(args, 'json')) {
    context.stdout(`${formatConfirmation(reply.confirmation).join('\n')}\n`);
  }
  return printReply(args, context, reply);
}

/** What an operator reads before stage 4. */
export function formatConfirmation(confirmation: Confirmation4): readonly string[] {
  const { plan, covered, unacknowledged, approvals } = confirmation;
  const left = formatSpan(confirmation.expires_in_ms);
  if (confirmation.purpose === 'renew') return formatRenewal(confirmation, left);
  const verb = approvals !== undefined && approvals.done_by.length > 0 ? 'approve' : 'stage 4';
  return [
    `STAGE 4 on ${whereOf(confirmation)}: real orders will be cancelled and positions closed.`,
    '',
    'Would be executed now',
    ...(plan.length === 0 ? ['  nothing'] : plan.map((line) => `  ${plain(line)}`)),
    '',
    'Covered settings',
    ...alignColumns(Object.entries(covered), '  '),
    '',
    'Not acknowledged',
    ...(unacknowledged.length === 0
      ? ['  nothing']
      : alignColumns(
          unacknowledged.map(({ item, why }) => [item, why]),
          '  ',
        )),
    '',
    ...(approvals === undefined || approvals.needed < 2 ? [] : [approvalsLine(approvals), '']),
    `Code ${plain(confirmation.code)}, valid for ${left}, once. To ${isLast(approvals) ? 'enter' : 'approve'} stage 4:`,
    `  grinder ${verb} --confirm "${plain(confirmation.phrase)}"`,
  ];
}

/** What an operator reads before more time in stage 4. */
function formatRenewal(confirmation: Confirmation4, left: string): readonly string[] {
  const { executions, lease_left_ms = 0, lease_ms = 0, plan } = confirmation;
  const lines = executions?.lines ?? [];
  const hidden = (executions?.sent ?? 0) - lines.length;
  return [
    `STAGE 4 on ${whereOf(confirmation)}: armed for ${formatSpan(lease_left_ms)} more, a renewal gives ${formatSpan(lease_ms)}, up to 12 h in all.`,
    '',
    `Sent since the arming: ${executions?.sent ?? 0}`,
    ...(hidden > 0 ? [`  and ${hidden} earlier ones: grinder audit tail`] : []),
    ...lines.map((line) => `  ${plain(line)}`),
    '',
    'Would be executed now',
    ...(plan.length === 0 ? ['  nothing'] : plan.map((line) => `  ${plain(line)}`)),
    '',
    `Code ${plain(confirmation.code)}, valid for ${left}, once. To renew:`,
    `  grinder renew --confirm "${plain(confirmation.phrase)}"`,
  ];
}

/** The host, and whose money it is: two daemons of one host have the same phrase but for the code. */
function whereOf({ host, covered }: Confirmation4): string {
  const { account, 'exchange.environment': environment } = covered;
  const whose =
    account === undefined ? '' : ` (${plain(environment ?? 'unknown')}, account ${plain(account)})`;
  return `${plain(host)}${whose}`;
}

function approvalsLine({ done_by, needed }: NonNullable<Confirmation4['approvals']>): string {
  const by = done_by.length === 0 ? '' : ` (${done_by.map(plain).join(', ')})`;
  return `Approvals: ${done_by.length} of ${needed}${by}; each by another operator, told apart by their tokens`;
}

function isLast(approvals: Confirmation4['approvals']): boolean {
  return approvals === undefined || approvals.done_by.length + 1 >= approvals.needed;
}

function stageOf(args: Args): 0 | 1 | 2 | 3 | 4 {
  const stage = countArg(args, 'n', { min: 0, max: 4 });
  const known = ([0, 1, 2, 3, 4] as const).find((number) => number === stage);
  if (known === undefined) throw new UsageError('name a stage from 0 to 4');
  return known;
}
