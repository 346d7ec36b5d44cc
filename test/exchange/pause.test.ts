/** How long to stay away: what one reply asks for never shortens what another one asked for. */
import { describe, expect, test } from 'bun:test';
import { createPause } from '../../src/exchange/pause.ts';

const NOW_MS = 1_800_000_000_000;
const BAN = { httpStatus: 418, retryAfter: '3600', text: '{"code":-1003,"msg":"banned"}' };

function hand(untilMs = 0) {
  const clock = { wall: NOW_MS, mono: 5000 };
  const pause = createPause({ wallMs: () => clock.wall, monoMs: () => clock.mono }, untilMs);
  const leftS = () => Number(/(\d+) s left/.exec(pause.why() ?? '')?.[1] ?? 0);
  const pass = (ms: number) => {
    clock.wall += ms;
    clock.mono += ms;
  };
  return { clock, pause, leftS, pass };
}

describe('a pause', () => {
  test('is not ended by a shorter one that is asked for meanwhile', () => {
    const { pause, leftS, pass } = hand();
    expect(pause.note(BAN)).toEqual({ untilMs: NOW_MS + 3_600_000, why: '418 ban' });
    pass(1000);
    const told = pause.note({ httpStatus: 429, retryAfter: '5', text: '' });
    expect(told?.untilMs).toBe(NOW_MS + 3_600_000);
    expect(leftS()).toBe(3599);
    pass(3_598_000);
    expect(pause.why()).toContain('418 ban');
    pass(1000);
    expect(pause.why()).toBeNull();
  });

  test('is made longer by a longer one', () => {
    const { pause, leftS } = hand();
    pause.note({ httpStatus: 429, retryAfter: '5', text: '' });
    pause.note(BAN);
    expect(leftS()).toBe(3600);
  });

  test('lasts until the time that the message of a ban names, where that is later than Retry-After', () => {
    for (const [seconds, expected] of [
      [7200, 7200],
      [60, 3600],
    ] as const) {
      const { pause, leftS } = hand();
      const text = `{"code":-1003,"msg":"Way too many requests; IP banned until ${NOW_MS + seconds * 1000}."}`;
      pause.note({ ...BAN, text });
      expect(leftS()).toBe(expected);
    }
  });

  test('that outlived a restart goes on, and one that is over does not', () => {
    const { pause, leftS, pass } = hand(NOW_MS + 90_000);
    expect(leftS()).toBe(90);
    expect(pause.why()).toContain('before the restart');
    pass(90_000);
    expect(pause.why()).toBeNull();
    expect(hand(NOW_MS).pause.why()).toBeNull();
  });

  test('begins for what is asked for by status alone, each for its time', () => {
    for (const [httpStatus, text, expected] of [
      [429, '', 60],
      [418, '', 300],
      [403, '<html>', 300],
      [503, 'Service Unavailable.', 10],
      [400, '{"code":-1008,"msg":"x"}', 10],
      [503, 'Unknown error', 0],
      [400, '{"code":-1121,"msg":"x"}', 0],
      [200, '{"code":-1008}', 0],
    ] as const) {
      const { pause, leftS } = hand();
      pause.note({ httpStatus, retryAfter: null, text });
      expect([httpStatus, text, leftS()]).toEqual([httpStatus, text, expected]);
    }
  });
});
