import { describe, expect, test } from 'bun:test';
import { applyLine, type ExpectedDraft, nothingExpected, withFault } from '../../src/engine/expected.ts';
import { feedLineSchema } from '../../src/engine/feed-schema.ts';
import { identity, type Line, session } from './feed-lines.ts';

const HALF_A_MINUTE_MS = 30_000;

/** Applies a line that is written and read at one time. */
function heard(state: ExpectedDraft, line: Line, nowMonoMs = 0): ExpectedDraft {
  const now = { nowMs: Number(line['ts_ms']), nowMonoMs };
  return applyLine(state, feedLineSchema.parse(line), identity, now);
}

function skipped(state: ExpectedDraft, lines: ReturnType<typeof session>): ExpectedDraft {
  lines.loseNumber();
  return state;
}

/** A session that was heard from its first line on. */
function whole() {
  const lines = session('a', 0);
  return { lines, state: heard(nothingExpected(), lines.checkpoint()) };
}

describe('the picture rests on one checkpoint alone', () => {
  test('not in a session that was heard whole, however many it writes', () => {
    const { lines, state } = whole();
    expect(state.oneWordSince).toBeNull();
    expect(heard(heard(state, lines.order('x')), lines.checkpoint()).oneWordSince).toBeNull();
  });

  test.each<[string, (state: ExpectedDraft, lines: ReturnType<typeof session>) => ExpectedDraft]>([
    ['a gap', (state, lines) => skipped(state, lines)],
    ['a line that could not be read', (state) => withFault(state, 'a line that can not be read')],
    [
      'a checkpoint of another account',
      (state, lines) => heard(state, lines.checkpoint({ account: 'other' })),
    ],
    ['a session that began without one', (state) => heard(state, session('b').order('x'))],
  ])('after %s', (_, spoil) => {
    const { lines, state } = whole();
    const spoiled = spoil(state, lines);
    const mine = spoiled.sessionId === 'a' ? lines : session('b');
    if (mine !== lines) mine.loseNumber();
    expect(heard(spoiled, mine.checkpoint({ ts_ms: 7 }), 9).oneWordSince).toEqual({
      updatedAtMs: 7,
      readAtMonoMs: 9,
    });
  });

  test('where it is the first that is heard of a session in its midst', () => {
    const lines = session('a');
    lines.loseNumber();
    expect(heard(nothingExpected(), lines.checkpoint()).oneWordSince).not.toBeNull();
  });

  test('until another one comes half a minute later, by both clocks', () => {
    const after = (tsMs: number, monoMs: number) => {
      const { lines, state } = whole();
      const healed = heard(withFault(state, 'broken'), lines.checkpoint({ ts_ms: 0 }), 0);
      return heard(healed, lines.checkpoint({ ts_ms: tsMs }), monoMs).oneWordSince;
    };
    const since = { updatedAtMs: 0, readAtMonoMs: 0 };
    expect(after(HALF_A_MINUTE_MS, HALF_A_MINUTE_MS)).toBeNull();
    expect(after(HALF_A_MINUTE_MS - 1, HALF_A_MINUTE_MS)).toEqual(since);
    expect(after(HALF_A_MINUTE_MS, HALF_A_MINUTE_MS - 1)).toEqual(since);
  });

  test('no longer than that after one that an engine wrote whose clock was set back since', () => {
    const { lines, state } = whole();
    const hourMs = 3_600_000;
    const healed = heard(withFault(state, 'broken'), lines.checkpoint({ ts_ms: hourMs }), 0);
    const setBack = heard(healed, lines.checkpoint({ ts_ms: 7 }), HALF_A_MINUTE_MS);
    expect(setBack.oneWordSince).toEqual({ updatedAtMs: 7, readAtMonoMs: HALF_A_MINUTE_MS });
    const later = lines.checkpoint({ ts_ms: 7 + HALF_A_MINUTE_MS });
    expect(heard(setBack, later, 2 * HALF_A_MINUTE_MS).oneWordSince).toBeNull();
  });

  test('from the start again when the feed breaks again', () => {
    const { lines, state } = whole();
    const healed = heard(withFault(state, 'broken'), lines.checkpoint({ ts_ms: 0 }), 0);
    const late = { ts_ms: HALF_A_MINUTE_MS };
    const again = heard(withFault(healed, 'again'), lines.checkpoint(late), HALF_A_MINUTE_MS);
    expect(again.oneWordSince).toEqual({ updatedAtMs: HALF_A_MINUTE_MS, readAtMonoMs: HALF_A_MINUTE_MS });
  });

  test('and not in a new session, which is heard from its first line on', () => {
    const { lines, state } = whole();
    const healed = heard(withFault(state, 'broken'), lines.checkpoint());
    expect(heard(healed, session('b').checkpoint()).oneWordSince).toBeNull();
  });
});
