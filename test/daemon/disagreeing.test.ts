import { expect, test } from 'bun:test';
import { AGREE_AGAIN_MS, noteDisagreements } from '../../src/daemon/disagreeing.ts';
import { streamOf } from '../../src/daemon/present-stream.ts';
import { observation } from '../helpers/engine-world.ts';
import { type HandCore, handCore } from './hand-core.ts';

const unheard = { kind: 'unheard', text: 'never told: order a' } as const;
const differs = { kind: 'differs', text: 'told 1, shown a newer 2' } as const;
const presented = ({ core, clock }: HandCore) => streamOf(core, clock.mono);
const pass = ({ clock }: HandCore, ms: number) => {
  clock.mono += ms;
  clock.wall += ms;
};

test('a disagreement is an alarm that stands while later reads say nothing of it', () => {
  using one = handCore();
  noteDisagreements(one.core, [unheard, differs], true);
  expect(presented(one)).toMatchObject({
    disagreements: 2,
    by_kind: { unheard: 1, differs: 1 },
    disagrees: true,
  });
  const alarm =
    'stream and reads disagree, 2 since the start, last unheard: never told: order a (and 1 more)';
  expect(one.core.notebook.alarms()).toEqual([alarm]);
  pass(one, AGREE_AGAIN_MS - 1);
  noteDisagreements(one.core, [], true);
  expect(one.core.notebook.alarms()).toEqual([alarm]);
});

test('it ends when complete reads have agreed for longer than from sweep to sweep; the count stays', () => {
  using one = handCore();
  noteDisagreements(one.core, [unheard], true);
  pass(one, AGREE_AGAIN_MS);
  noteDisagreements(one.core, [], false);
  expect(one.core.notebook.alarms()).toHaveLength(1);
  noteDisagreements(one.core, [], true);
  expect(one.core.notebook.alarms()).toEqual([]);
  expect(presented(one)).toMatchObject({ disagreements: 1, disagrees: false });
});

test('another one starts the wait again, and each is logged once', () => {
  using one = handCore();
  noteDisagreements(one.core, [unheard], true);
  pass(one, AGREE_AGAIN_MS - 1);
  noteDisagreements(one.core, [differs], true);
  pass(one, AGREE_AGAIN_MS - 1);
  noteDisagreements(one.core, [], true);
  expect(presented(one)).toMatchObject({ disagreements: 2, disagrees: true });
  expect(one.bench.lines.filter((line) => line.includes('STREAM_DISAGREES'))).toHaveLength(2);
});

test('the status tells the age of the last full sweep, on monotonic time', () => {
  using one = handCore();
  expect(presented(one)).toMatchObject({ swept_age_ms: null, sweep_every_ms: 300_000 });
  one.core.vitals.complete = observation([], [], { sweptAtMonoMs: one.clock.mono });
  one.clock.wall -= 3_600_000;
  one.clock.mono += 61_000;
  expect(presented(one)).toMatchObject({ swept_age_ms: 61_000 });
});
