/** An engine's feed that is not read to its end is not shown as well while its gate is closed for that. */
import { expect, test } from 'bun:test';
import type { Core } from '../../src/daemon/core.ts';
import { metricsView } from '../../src/daemon/metrics-feed.ts';
import { present } from '../../src/daemon/present.ts';
import { handCore } from './hand-core.ts';

const board = { rows: () => [] } as never;

test('lines of the feed that wait are a source that is down, on the screen, in metrics and for the doctor', () => {
  using hand = handCore({ config: 'expected_state: {settle_ms: 0}' });
  hand.feedWell();
  const shown = (core: Core) => {
    const row = present(core, board, 1).sources.find(({ source }) => source === 'expected');
    return [row?.up, row?.detail, metricsView(core, core.settings).sources.expected.up];
  };
  expect(shown(hand.core)).toEqual([true, '', true]);
  const behind: Core = { ...hand.core, feed: { ...hand.core.feed, isBehind: () => true } };
  expect(shown(behind)).toEqual([false, 'lines of the feed are not read yet', false]);
});
