import type { PlanDocument } from '../control/protocol-plan.ts';
import { type CliCommand, EXIT, flagArg, withJson } from './context.ts';
import { withDaemon } from './daemon.ts';
import { alignColumns, formatJson, formatSpan, plain } from './print.ts';

/** `plan`: what the last run planned, and of each action every gate that is closed. Changes nothing. */
export const planCommand: CliCommand = {
  command: 'plan',
  describe: 'what the last run would do, and which gates keep it from it',
  build: withJson,
  run: (args, context) =>
    withDaemon(context, async (client) => {
      const document = await client.plan();
      const text = flagArg(args, 'json') ? formatJson(document) : formatPlan(document).join('\n');
      context.stdout(`${text}\n`);
      return EXIT.ok;
    }),
};

/** Lays a plan out: a block an action, with the closed gates in the contract's order. */
export function formatPlan(plan: PlanDocument): readonly string[] {
  const age = plan.age_ms === null ? 'no run yet' : `decided ${formatSpan(plan.age_ms)} ago`;
  const partly =
    plan.complete === false ? '; the last read was INCOMPLETE, what it missed is not planned' : '';
  const head = `stage ${plan.stage}, run ${plan.run_id ?? 'none'}, ${age}: ${plan.action_count} planned${partly}`;
  if (plan.action_count === 0) {
    const why = plan.stage < 2 ? '; plans are made from stage 2 on' : '';
    return [`${head}${why}`];
  }
  const cut = plan.action_count - plan.actions.length;
  return [
    head,
    ...plan.actions.flatMap((action) => ['', ...block(action)]),
    ...(cut > 0 ? ['', `... and ${cut} more`] : []),
  ];
}

function block(action: PlanDocument['actions'][number]): readonly string[] {
  const closed = action.verdicts.filter(({ open }) => !open);
  const canary = action.synthetic ? ' CANARY, never sent' : '';
  return [
    `${action.action} ${plain(action.symbol)} ${plain(action.id)}${terms(action)}${canary}`,
    `  ${action.mismatch}: ${plain(action.detail)}`,
    ...(closed.length === 0
      ? ['  all gates open']
      : alignColumns(
          closed.map(({ gate, value, limit }) => [gate, value, limit]),
          '  closed  ',
        )),
  ];
}

function terms({ side, quantity, notional_usdt }: PlanDocument['actions'][number]): string {
  if (quantity === null) return '';
  return ` ${side ?? ''} ${plain(quantity)} (${plain(notional_usdt ?? '?')} USDT)`;
}
