/** The expected state as everybody but its fold sees it: pictures that never change. */
import { type Book, bookOf, bookWith } from './book.ts';
import { type ExpectedDraft, nothingExpected } from './expected.ts';
import type { Instant } from './progress.ts';
import type { ExpectedOrder, ExpectedState } from './types.ts';

/**
 * Makes the function that shows a draft to everybody else, `settled` once its first checkpoint was read `settleMs` ago.
 * What was shown stays as it was; the next picture shares with it what did not change. One viewer a draft.
 */
export function createViewer(settleMs: number): (draft: ExpectedDraft, now: Instant) => ExpectedState {
  let shown: ExpectedDraft | null = null;
  let picture: ExpectedState & { readonly orders: Book<ExpectedOrder> } = {
    ...nothingExpected(),
    orders: bookOf(new Map()),
  };
  return (draft, now) => {
    const since = draft.checkpoint === null ? null : now.nowMonoMs - draft.checkpoint.readAtMonoMs;
    const settled = since !== null && since >= settleMs;
    if (draft !== shown) {
      const { touched, said: _, unnamed: _unnamed, ...state } = draft;
      const isSame = shown?.orders === draft.orders;
      const orders = isSame ? bookWith(picture.orders, touched, draft.orders) : bookOf(draft.orders);
      picture = { ...state, orders, positions: new Map(draft.positions), settled };
      touched.clear();
      shown = draft;
    } else if (picture.settled !== settled) picture = { ...picture, settled };
    return picture;
  };
}
