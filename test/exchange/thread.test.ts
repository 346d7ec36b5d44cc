import { expect, test } from 'bun:test';
import { createAlignment } from '../../src/exchange/thread.ts';

test("control's time is never dated later than its promptest answer allows", () => {
  let own = 0;
  const alignment = createAlignment({ wallMs: () => 0, monoMs: () => own });
  // Control's clock is 1000 ahead of ours; each answer comes after so long.
  const answerAfter = (ms: number) => {
    const askedMonoMs = own;
    own += ms;
    alignment.set({ askedMonoMs, monoMs: own + 1000 });
  };
  answerAfter(800);
  expect(alignment.clock.monoMs() - own).toBe(1800);
  answerAfter(2);
  expect(alignment.clock.monoMs() - own).toBe(1002);
  answerAfter(500);
  expect(alignment.clock.monoMs() - own).toBe(1002);
});

test('before the first answer every permit has ended', () => {
  expect(createAlignment().clock.monoMs()).toBe(Number.POSITIVE_INFINITY);
});
