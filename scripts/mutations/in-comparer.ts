/** Mutations of the comparison that remembers. */
import { COMPARE, COMPARER, IDENTITY, type Mutation } from './mutation.ts';

/** What is told from what changed must be what would be told from everything. */
export const inComparer: readonly Mutation[] = [
  {
    name: 'time-wakes-nothing-that-waits-for-a-read',
    file: 'src/engine/comparer.ts',
    search: 'dueByStart.take(startedMonoMs + SLACK_MS)',
    replace: 'dueByStart.take(0)',
    tests: COMPARER,
  },
  {
    name: 'grace-never-ends',
    file: 'src/engine/comparer.ts',
    search: 'dueByNow.take(options.now.monoMs + SLACK_MS)',
    replace: 'dueByNow.take(0)',
    tests: COMPARER,
  },
  {
    name: 'changed-record-is-not-judged-again',
    file: 'src/engine/comparer.ts',
    search: 'const changed = new Set<string>(records);',
    replace: 'const changed = new Set<string>();',
    tests: COMPARER,
  },
  {
    name: 'answer-of-a-targeted-read-is-not-judged',
    file: 'src/engine/comparer.ts',
    search:
      'for (const id of changedKeys(known.targeted, options.targeted ?? NOTHING_ASKED)) changed.add(id);',
    replace: '',
    tests: COMPARER,
  },
  {
    name: 'second-row-of-an-id-is-lost',
    file: 'src/engine/comparer.ts',
    search: 'group.row = group.more.pop() ?? null',
    replace: 'group.row = null',
    tests: COMPARER,
  },
  {
    name: 'absence-outlives-a-whole-read',
    file: 'src/engine/comparer.ts',
    search: 'known.complete !== context.complete || known.swept',
    replace: 'known.swept',
    tests: COMPARER,
  },
  {
    name: 'work-under-way-is-left-half-done',
    file: 'src/engine/piecework.ts',
    search: 'underWay?.finish();',
    replace: '',
    tests: COMPARER,
  },
  {
    name: 'changed-row-is-taken-for-the-one-before',
    file: 'src/exchange/order-delta.ts',
    search: 'before !== undefined && isSame(before.order, order)',
    replace: 'before !== undefined',
    tests: ['test/exchange/order-delta.test.ts'],
  },
  {
    name: 'version-of-a-book-changes-in-place',
    file: 'src/engine/book.ts',
    search: '(pages[number] ?? []).slice()',
    replace: '(pages[number] ?? [])',
    tests: ['test/engine/book.test.ts'],
  },
  {
    name: 'row-whose-id-came-again-is-lost',
    file: 'src/engine/order-groups.ts',
    search: 'if (rows[place] !== undefined || groups.has(row.clientOrderId)) return false;',
    replace: '',
    tests: COMPARER,
  },
  {
    name: 'row-that-was-alike-stays-counted',
    file: 'src/engine/comparer.ts',
    search: 'const group = groups.open(row.clientOrderId, ALIKE);',
    replace: 'const group = groups.open(row.clientOrderId, SILENT);',
    tests: COMPARER,
  },
  {
    name: 'record-that-no-row-has-is-overlooked',
    file: 'src/engine/comparer.ts',
    search:
      'if (record === undefined || (row === null && groups.kept(record.clientOrderId) !== undefined)) continue;',
    replace: 'if (record === undefined || row === null) continue;',
    tests: COMPARER,
  },
  {
    name: 'what-differs-is-kept-as-alike',
    file: 'src/engine/order-groups.ts',
    search: 'verdict !== (row === null ? SILENT : ALIKE)',
    replace: 'false',
    tests: COMPARER,
  },
  {
    name: 'what-follows-the-sequence-number-is-not-looked-at',
    file: 'src/gates/identity.ts',
    search: 'digitsEnd(id, seq + 1) === id.length',
    replace: 'digitsEnd(id, seq + 1) > seq + 1',
    tests: IDENTITY,
  },
  {
    name: 'another-identity-is-judged-by-the-one-before',
    file: 'src/gates/identity.ts',
    search: 'heads.bySymbol.clear();',
    replace: '',
    tests: IDENTITY,
  },
  {
    name: 'fill-beyond-its-size-is-believed',
    file: 'src/engine/contradiction.ts',
    search: 'return compareDecimals(filled_quantity, quantity) > 0;',
    replace: 'return false;',
    tests: COMPARE,
  },
];
