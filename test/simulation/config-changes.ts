/** What somebody may write anew into a configuration, and what of it is wider, by a table of its own. */
import type { ConfigTree } from './config-file.ts';
import type { Random } from './random.ts';

/** `cap`: more is wider. `floor`: less is wider. `list` and `mode`: more kinds are wider. `exact`: any other is. */
type Kind = 'cap' | 'floor' | 'list' | 'mode' | 'exact' | 'neutral';

/** Dotted keys, and what they may become; the least and the most permissive first and last. */
const KEYS: Readonly<Record<string, { readonly kind: Kind; readonly values: readonly unknown[] }>> = {
  'reconcile.cooldown_seconds': { kind: 'floor', values: [150, 90, 60, 45] },
  'reconcile.confirm_after_ms': { kind: 'floor', values: [25_000, 15_000, 10_000] },
  'reconcile.max_orders_per_action': { kind: 'cap', values: [1, 2, 3] },
  'reconcile.max_symbols_per_action': { kind: 'cap', values: [1, 2] },
  'reconcile.max_flatten_notional_usdt': { kind: 'cap', values: [60, 100, 150, 400] },
  'reconcile.symbol_whitelist': { kind: 'list', values: [['BTCUSDT'], ['BTCUSDT', 'ETHUSDT']] },
  'reconcile.action': { kind: 'mode', values: ['cancel_all', 'flatten', 'auto'] },
  'reconcile.hedge_groups': { kind: 'exact', values: [[['BTCUSDT', 'ETHUSDT']], []] },
  'reconcile.event_debounce_ms': { kind: 'neutral', values: [250, 500] },
  'budgets.max_calls_per_run': { kind: 'cap', values: [1, 2, 10] },
  'budgets.max_calls_per_day': { kind: 'cap', values: [2, 3, 8, 100] },
  'budgets.max_notional_per_run_usdt': { kind: 'cap', values: [60, 100, 1000] },
  'budgets.max_notional_per_day_usdt': { kind: 'cap', values: [150, 300, 5000] },
  'freshness.clock_offset_max_ms': { kind: 'cap', values: [300, 500, 800] },
  'freshness.price_max_age_ms': { kind: 'cap', values: [45_000, 60_000] },
  'flatten.max_slippage_bps': { kind: 'cap', values: [30, 50] },
  'flatten.in_chunks': { kind: 'exact', values: [false, true] },
};

const DEFAULTS: Readonly<Record<string, unknown>> = {
  'reconcile.confirm_after_ms': 10_000,
  'reconcile.hedge_groups': [],
  'reconcile.event_debounce_ms': 250,
  'freshness.clock_offset_max_ms': 500,
  'freshness.price_max_age_ms': 60_000,
  'flatten.max_slippage_bps': 50,
};

export const CHANGES = ['narrower', 'wider', 'other'] as const;

/** Changes one to three keys, all of them narrower or none of them; null when there is nothing to change that way. */
export function changeConfig(
  random: Random,
  tree: ConfigTree,
  how: (typeof CHANGES)[number],
): ConfigTree | null {
  const choices = Object.entries(KEYS).flatMap(([key, { kind, values }]) => {
    const now = settingOf(tree, key);
    return values
      .filter((value) => text(value) !== text(now))
      .map((value) => ({
        key,
        value,
        width:
          kind === 'neutral' || kind === 'exact' ? 'other' : isWider(kind, now, value) ? 'wider' : 'narrower',
      }))
      .filter(({ width }) => width === how);
  });
  if (choices.length === 0) return null;
  let next = tree;
  for (let count = random.whole(1, 3); count > 0; count--) {
    const { key, value } = random.pick(choices);
    next = withValue(next, key, value);
  }
  return next;
}

/** Whether any key of one file allows what it did not in the other. */
export function widens(before: ConfigTree, after: ConfigTree): boolean {
  return Object.entries(KEYS).some(([key, { kind }]) => {
    const [was, is] = [settingOf(before, key), settingOf(after, key)];
    return text(was) !== text(is) && isWider(kind, was, is);
  });
}

function isWider(kind: Kind, was: unknown, is: unknown): boolean {
  switch (kind) {
    case 'cap':
      return Number(is) > Number(was);
    case 'floor':
      return Number(is) < Number(was);
    case 'list':
      return Array.isArray(was) && Array.isArray(is) && is.some((one) => !was.includes(one));
    case 'mode':
      return was !== 'auto';
    case 'exact':
      return true;
    case 'neutral':
      return false;
  }
}

function settingOf(tree: ConfigTree, key: string): unknown {
  const [section = '', name = ''] = key.split('.');
  return tree[section]?.[name] ?? DEFAULTS[key];
}

function withValue(tree: ConfigTree, key: string, value: unknown): ConfigTree {
  const [section = '', name = ''] = key.split('.');
  return { ...tree, [section]: { ...tree[section], [name]: value } };
}

function text(value: unknown): string {
  return JSON.stringify(value);
}
