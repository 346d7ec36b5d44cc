import { expect, test } from 'bun:test';
import { tellAlive } from '../../src/daemon/supervising.ts';
import { handCore } from './hand-core.ts';

function listener() {
  const heard: string[] = [];
  return {
    heard,
    supervisor: {
      ready: () => undefined,
      alive: (status: string) => void heard.push(status),
      stopping: () => undefined,
      close: () => undefined,
    },
  };
}

test('a daemon whose loop goes round is alive and says in which stage', () => {
  using hand = handCore();
  const { heard, supervisor } = listener();
  tellAlive(hand.core, { runningSince: () => null }, supervisor);
  hand.deps.stopNow('op', '');
  tellAlive(hand.core, { runningSince: () => hand.core.clock.monoMs() - 599_000 }, supervisor);
  expect(heard).toEqual(['sim: stage 0 Baseline', 'sim: stage 0 Baseline, LATCHED']);
});

test('F82 ten minutes of STOP and a ban of three days: a paused daemon goes on saying that it lives', () => {
  using hand = handCore();
  hand.deps.stopNow('op', '');
  const { heard, supervisor } = listener();
  const now = hand.core.clock.monoMs();
  hand.core.vitals.backoff = { untilMs: now + 259_200_000, untilMonoMs: now + 259_200_000 };
  for (let minute = 0; minute < 4320; minute += 1) {
    hand.clock.mono += 60_000;
    tellAlive(hand.core, { runningSince: () => null }, supervisor);
  }
  expect(heard).toHaveLength(4320);
});

test('a run that hangs starves the watchdog', () => {
  using hand = handCore();
  const { heard, supervisor } = listener();
  const since = hand.core.clock.monoMs();
  hand.clock.mono += 600_001;
  tellAlive(hand.core, { runningSince: () => since }, supervisor);
  expect(heard).toEqual([]);
});
