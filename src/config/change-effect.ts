/** What a change of settings does to evidence, approvals and arming, key by key. Pure; the machine's rule, said beforehand. */
import { COVERAGE, type CoveredSettings, covers } from './covered.ts';

/** One changed key. */
export interface KeyEffect {
  readonly key: string;
  readonly before: string;
  readonly after: string;
  /** `neutral` doesn't matter to evidence; `wider` is everything that isn't equal or narrower, such as another prefix. */
  readonly width: 'neutral' | 'narrower' | 'wider';
  /** The lowest stage whose evidence stops counting by it; null for none. */
  readonly withdrawsFrom: 1 | 2 | null;
}

/** What all of it together does. */
export interface ChangeEffect {
  readonly keys: readonly KeyEffect[];
  /** The lowest stage whose evidence stops counting: that stage has to be passed again. Null: all of it goes on counting. */
  readonly withdrawsFrom: 1 | 2 | null;
  /** Open approvals stand for settings as a whole: any change voids them. */
  readonly approvals: 'kept' | 'void';
  /** Stage 4 needs the evidence of every lower stage; a change that is covered leaves it as it was armed. */
  readonly arming: 'kept' | 'ended';
}

/** Compares settings in dotted keys (see flattenSettings); one widened key is enough, however much others narrow. */
export function effectOfChange(before: CoveredSettings, after: CoveredSettings): ChangeEffect {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const keys = names
    .map((key) => effectOfKey(key, before[key] ?? '', after[key] ?? ''))
    .filter((one) => one.before !== one.after);
  const stages = keys.flatMap(({ withdrawsFrom }) => (withdrawsFrom === null ? [] : [withdrawsFrom]));
  const withdrawsFrom = stages.includes(1) ? 1 : stages.length > 0 ? 2 : null;
  return {
    keys,
    withdrawsFrom,
    approvals: keys.length === 0 ? 'kept' : 'void',
    arming: withdrawsFrom === null ? 'kept' : 'ended',
  };
}

function effectOfKey(key: string, before: string, after: string): KeyEffect {
  const isCovered = covers(key, before, after);
  const width = COVERAGE[key] === 'neutral' ? 'neutral' : isCovered ? 'narrower' : 'wider';
  // The action is covered from stage 2 on: stage 1 plans nothing.
  const withdrawsFrom = isCovered ? null : key === 'reconcile.action' ? 2 : 1;
  return { key, before, after, width, withdrawsFrom };
}
