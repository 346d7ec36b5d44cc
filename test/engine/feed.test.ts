import { describe, expect, test } from 'bun:test';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { feedAgeMs } from '../../src/engine/expected.ts';
import { openFeed, parseLine } from '../../src/engine/feed.ts';
import { feedBench, identity, type Line, SETTLE_MS, session, text } from './feed-lines.ts';

const live = (feed: ReturnType<typeof feedBench>['feed']) =>
  [...feed.state().orders.values()]
    .filter(({ state }) => state === 'live')
    .map(({ clientOrderId }) => clientOrderId);

describe('following a file', () => {
  test('takes what was there and what is appended', () => {
    using bench = feedBench();
    const s = session('a');
    bench.write(s.checkpoint(), s.order('x'));
    expect(bench.feed.poll()).toBe(true);
    expect(live(bench.feed)).toEqual(['x']);
    bench.write(s.order('y'), s.end('x'));
    bench.feed.poll();
    expect(live(bench.feed)).toEqual(['y']);
    expect(bench.feed.state()).toMatchObject({ fault: null, seq: 4, sessionId: 'a' });
  });

  test('says nothing has changed when nothing was written, or a heartbeat alone', () => {
    using bench = feedBench();
    const s = session('a');
    bench.write(s.checkpoint());
    bench.feed.poll();
    expect(bench.feed.poll()).toBe(false);
    bench.write(s.heartbeat());
    expect(bench.feed.poll()).toBe(false);
    expect(bench.feed.state().seq).toBe(2);
    bench.write(s.position('0'));
    expect(bench.feed.poll()).toBe(true);
  });

  test('a file that is not there yet is a problem, not an empty picture, and heals when it appears', () => {
    using bench = feedBench();
    expect(bench.feed.poll()).toBe(true);
    expect(bench.feed.problem()).toContain('has not written its expected state');
    expect(bench.feed.state().checkpoint).toBeNull();
    bench.write(session('a').checkpoint());
    expect(bench.feed.poll()).toBe(true);
    expect(bench.feed.problem()).toBeNull();
    expect(bench.feed.state().checkpoint).not.toBeNull();
  });

  test('a file that goes away is a problem again', () => {
    using bench = feedBench();
    bench.write(session('a').checkpoint());
    bench.feed.poll();
    rmSync(bench.path);
    bench.feed.poll();
    expect(bench.feed.problem()).toContain('no file');
  });

  test('F70 half a line waits for its other half', () => {
    using bench = feedBench();
    const s = session('a');
    const [first, second] = [text(s.checkpoint()), text(s.order('x'))];
    bench.write(first, second.slice(0, 20));
    bench.feed.poll();
    expect(bench.feed.state()).toMatchObject({ seq: 1, fault: null });
    bench.write(second.slice(20));
    bench.feed.poll();
    expect(live(bench.feed)).toEqual(['x']);
  });

  test('F70 rotated: a file is read to its end before the new one, so nothing between is lost', () => {
    using bench = feedBench();
    const s = session('a');
    bench.write(s.checkpoint());
    bench.feed.poll();
    bench.write(s.order('x'));
    renameSync(bench.path, `${bench.path}.1`);
    bench.write(s.order('y'));
    bench.feed.poll();
    expect(live(bench.feed)).toEqual(['x', 'y']);
    expect(bench.feed.state().fault).toBeNull();
  });

  test('half a line at the end of a rotated file is not glued to the new one', () => {
    using bench = feedBench();
    const s = session('a');
    bench.write(s.checkpoint(), text(s.order('x')).slice(0, 20));
    bench.feed.poll();
    renameSync(bench.path, `${bench.path}.1`);
    bench.write(s.order('y'));
    bench.feed.poll();
    expect(live(bench.feed)).toEqual(['y']);
    expect(bench.feed.state().fault).toContain('gap: seq 2 expected, 3 found');
  });

  test('a truncated file is a fault until the next checkpoint', () => {
    using bench = feedBench();
    const s = session('a');
    bench.write(s.checkpoint(), s.order('x'));
    bench.feed.poll();
    truncateSync(bench.path);
    expect(bench.feed.poll()).toBe(true);
    expect(bench.feed.state().fault).toBe('the file was truncated');
    bench.write(s.checkpoint());
    bench.feed.poll();
    expect(bench.feed.state().fault).toBeNull();
    expect(live(bench.feed)).toEqual([]);
  });

  test('F70 huge: a backlog is taken over several polls, and all of it', () => {
    using bench = feedBench();
    const s = session('a');
    const lines = [text(s.checkpoint())];
    for (let at = 0; at < 60_000; at++) lines.push(text(s.order(`order-${at % 500}-${'p'.repeat(24)}`)));
    writeFileSync(bench.path, lines.join(''), { mode: 0o600 });
    bench.feed.poll();
    expect(bench.feed.state().seq).toBeLessThan(60_001);
    for (let at = 0; at < 10; at++) bench.feed.poll();
    expect(bench.feed.state()).toMatchObject({ seq: 60_001, fault: null });
  });
});

describe('lines that can not be trusted', () => {
  test.each<[string, string]>([
    ['garbage', 'not json\n'],
    ['a number', '5\n'],
    ['an unknown type', '{"session_id":"a","seq":2,"ts_ms":1,"type":"nonsense"}\n'],
    [
      'an unknown key',
      '{"session_id":"a","seq":2,"ts_ms":1,"type":"heartbeat","applied_event_ms":1,"more":1}\n',
    ],
    [
      'a number for a decimal',
      '{"session_id":"a","seq":2,"ts_ms":1,"type":"position","symbol":"BTCUSDT","amount":1}\n',
    ],
    [
      'an exponent',
      '{"session_id":"a","seq":2,"ts_ms":1,"type":"position","symbol":"BTCUSDT","amount":"1e3"}\n',
    ],
    ['seq 0', '{"session_id":"a","seq":0,"ts_ms":1,"type":"heartbeat","applied_event_ms":1}\n'],
    [
      'a fraction of a seq',
      '{"session_id":"a","seq":2.5,"ts_ms":1,"type":"heartbeat","applied_event_ms":1}\n',
    ],
    [
      'a byte order mark',
      '\uFEFF{"session_id":"a","seq":2,"ts_ms":1,"type":"heartbeat","applied_event_ms":1}\n',
    ],
  ])('%s is a fault that keeps what was known, until a checkpoint', (_, line) => {
    using bench = feedBench();
    const s = session('a');
    bench.write(
      s.checkpoint({
        orders: [{ client_order_id: 'x', symbol: 'BTCUSDT', side: 'BUY', price: '1', quantity: '1' }],
      }),
      line,
    );
    bench.feed.poll();
    expect(bench.feed.state().fault).toContain("a line that can't be read");
    expect(live(bench.feed)).toEqual(['x']);
    bench.write(s.heartbeat());
    bench.feed.poll();
    expect(bench.feed.state().fault).not.toBeNull();
    bench.write(s.checkpoint());
    bench.feed.poll();
    expect(bench.feed.state().fault).toBeNull();
  });

  test('F70 bytes that are not UTF-8 are a fault', () => {
    using bench = feedBench();
    const s = session('a');
    bench.write(s.checkpoint());
    appendFileSync(bench.path, Buffer.from([0x7b, 0xff, 0xfe, 0x7d, 0x0a]));
    bench.feed.poll();
    expect(bench.feed.state().fault).toContain('not UTF-8');
  });

  test('the problem shows no control character of the line', () => {
    const parsed = parseLine('\u001b[2Jnope\u202e');
    expect(parsed.ok ? '' : parsed.problem).toBe('not JSON: \\u{1b}[2Jnope\\u{202e}');
  });

  test('F70 huge: a line of 40 MiB is a fault, its end is not taken for a line, and the next line is read', () => {
    using bench = feedBench();
    const s = session('a');
    const hidden = text(session('evil').checkpoint()).trimEnd();
    bench.write(s.checkpoint());
    appendFileSync(bench.path, Buffer.alloc(40 * 2 ** 20, 0x20));
    appendFileSync(bench.path, `${hidden}\n`);
    bench.write(s.order('x'));
    for (let at = 0; at < 8; at++) bench.feed.poll();
    expect(bench.feed.state()).toMatchObject({ fault: 'a line over 32 MiB', sessionId: 'a', seq: 2 });
    expect(live(bench.feed)).toEqual(['x']);
  });

  test('a line without an end is never held in memory beyond its limit', () => {
    using bench = feedBench();
    bench.write(session('a').checkpoint());
    for (let at = 0; at < 5; at++) {
      appendFileSync(bench.path, Buffer.alloc(8 * 2 ** 20, 0x78));
      bench.feed.poll();
    }
    expect(bench.feed.state().fault).toBe('a line over 32 MiB');
  });
});

describe('order of lines', () => {
  test('F70 duplicates: the same lines again change nothing', () => {
    using bench = feedBench();
    const s = session('a');
    const lines = [s.checkpoint(), s.order('x'), s.end('x'), s.position('1')];
    bench.write(...lines);
    bench.feed.poll();
    const before = bench.feed.state();
    bench.write(...lines, ...lines.toReversed());
    bench.feed.poll();
    expect(bench.feed.state()).toEqual(before);
  });

  test('F70 out of order: a gap is a fault, and the line that was missing, when it comes late, does not heal it', () => {
    using bench = feedBench();
    const s = session('a');
    const [checkpoint, late, next] = [s.checkpoint(), s.order('late'), s.order('next')];
    bench.write(checkpoint, next, late);
    bench.feed.poll();
    expect(bench.feed.state().fault).toBe('gap: seq 2 expected, 3 found');
    expect(live(bench.feed)).toEqual(['next']);
    bench.write(s.checkpoint());
    bench.feed.poll();
    expect(bench.feed.state().fault).toBeNull();
  });

  test.each<[string, Line]>([
    ['account', { account: 'other' }],
    ['environment', { environment: 'mainnet' }],
  ])('a checkpoint of another %s is a fault and no checkpoint, whatever was there before', (what, change) => {
    using bench = feedBench();
    const s = session('a');
    bench.write(s.checkpoint(), s.checkpoint(change));
    bench.feed.poll();
    expect([what, bench.feed.state().checkpoint]).toEqual([what, null]);
    expect(bench.feed.state().fault).toContain('another account');
    expect(bench.feed.state().settled).toBe(false);
  });

  test('a session that begins without a checkpoint is a fault and knows no live order', () => {
    using bench = feedBench(0);
    const s = session('a');
    bench.write(s.checkpoint(), s.order('x'), session('b').heartbeat());
    bench.feed.poll();
    expect(bench.feed.state()).toMatchObject({
      fault: 'a new session without a checkpoint',
      checkpoint: null,
    });
    expect(bench.feed.state().settled).toBe(false);
    expect(live(bench.feed)).toEqual([]);
  });

  test('what an old session ended is still known as ended in the next', () => {
    using bench = feedBench();
    const s = session('a');
    bench.write(s.checkpoint(), s.order('gone'), s.end('gone'), s.order('open'), session('b').checkpoint());
    bench.feed.poll();
    const states = [...bench.feed.state().orders].map(([id, { state }]) => [id, state]);
    expect(states).toEqual([['gone', 'ended']]);
  });
});

describe('settling', () => {
  test('a session is settled once its first checkpoint was read long enough ago, by the monotonic clock alone', () => {
    using bench = feedBench();
    const s = session('a');
    bench.write(s.checkpoint());
    bench.feed.poll();
    bench.clock.wall += 3_600_000;
    bench.clock.mono += SETTLE_MS - 1;
    expect(bench.feed.state().settled).toBe(false);
    bench.write(s.checkpoint());
    bench.feed.poll();
    bench.clock.mono += 1;
    expect(bench.feed.state().settled).toBe(true);
  });

  test('a new session settles anew, also one that returns to an old name', () => {
    using bench = feedBench();
    for (const name of ['a', 'b', 'a']) {
      bench.write(session(name).checkpoint());
      bench.feed.poll();
      expect(bench.feed.state().settled).toBe(false);
      bench.clock.mono += SETTLE_MS;
      expect(bench.feed.state().settled).toBe(true);
    }
  });

  test('without a checkpoint nothing settles', () => {
    using bench = feedBench(0);
    bench.write(session('a').heartbeat());
    bench.feed.poll();
    bench.clock.mono += SETTLE_MS;
    expect(bench.feed.state().settled).toBe(false);
  });
});

describe('age', () => {
  const T = 1_800_000_000_000;
  test.each<[string, number, number, number, number | null]>([
    ['both clocks agree', T, 700, 700, 700],
    ['the wall says older: written long before it was read', T - 5000, 100, 100, 5100],
    ['the monotonic clock says older: the wall was set back', T, -200, 900, 900],
    ['a second of the future is rounding', T + 1000, 0, 0, 0],
    ['more is the future, which counts as stale', T + 1001, 0, 0, null],
  ])('%s', (_, tsMs, wallPassed, monoPassed, age) => {
    using bench = feedBench();
    bench.write(session('a', tsMs).checkpoint());
    bench.feed.poll();
    const now = { nowMs: T + wallPassed, nowMonoMs: bench.clock.mono + monoPassed };
    expect(feedAgeMs(bench.feed.state(), now)).toBe(age);
  });

  test('before the first line there is no age', () => {
    using bench = feedBench();
    bench.feed.poll();
    expect(feedAgeMs(bench.feed.state(), { nowMs: 1, nowMonoMs: 1 })).toBeNull();
  });
});

describe('who may write it', () => {
  test.each([0o620, 0o602, 0o666])('a file of mode %o is refused, and taken once that is mended', (mode) => {
    using bench = feedBench();
    bench.write(session('a').checkpoint());
    chmodSync(bench.path, mode);
    bench.feed.poll();
    expect(bench.feed.problem()).toContain('writable by others');
    expect(bench.feed.state().checkpoint).toBeNull();
    chmodSync(bench.path, 0o644);
    bench.feed.poll();
    expect(bench.feed.problem()).toBeNull();
    expect(bench.feed.state().checkpoint).not.toBeNull();
  });

  test('F77 a directory that others can write to is refused', () => {
    using bench = feedBench();
    bench.write(session('a').checkpoint());
    chmodSync(bench.dir, 0o777);
    bench.feed.poll();
    expect(bench.feed.problem()).toContain(`${bench.dir} is writable by others`);
  });

  test('a file opened to others while it is followed is refused from then on', () => {
    using bench = feedBench();
    const s = session('a');
    bench.write(s.checkpoint());
    bench.feed.poll();
    chmodSync(bench.path, 0o666);
    bench.write(s.order('x'));
    bench.feed.poll();
    expect(bench.feed.problem()).toContain('writable by others');
    expect(live(bench.feed)).toEqual([]);
  });

  test('F77 a link is not followed', () => {
    using bench = feedBench();
    const real = join(bench.dir, 'real.jsonl');
    writeFileSync(real, text(session('a').checkpoint()), { mode: 0o600 });
    symlinkSync(real, bench.path);
    bench.feed.poll();
    expect(bench.feed.problem()).toContain('links are not followed');
    expect(bench.feed.state().checkpoint).toBeNull();
  });

  test('a directory, or no path at all, is a problem and not a crash', () => {
    using bench = feedBench();
    mkdirSync(bench.path);
    bench.feed.poll();
    expect(bench.feed.problem()).toContain('not a regular file');
    const nowhere = openFeed({ path: '', identity, clock: bench.clock, settleMs: 0, uid: 0 });
    nowhere.poll();
    expect(nowhere.problem()).not.toBeNull();
  });

  test("another user's file is refused, root's is taken", () => {
    using bench = feedBench();
    bench.write(session('a').checkpoint());
    const uid = (process.getuid?.() ?? 0) + 1;
    const feed = openFeed({ path: bench.path, identity, clock: bench.clock, settleMs: 0, uid });
    feed.poll();
    if (process.getuid?.() === 0) expect(feed.problem()).toBeNull();
    else expect(feed.problem()).toContain('belongs to user');
    feed.close();
  });

  test('a file that can not be read is a problem at every poll', () => {
    using bench = feedBench();
    // Reading the memory of a process at 0 fails, and the file is our own.
    const path = `/proc/${process.pid}/mem`;
    const feed = openFeed({ path, identity, clock: bench.clock, settleMs: 0, uid: process.getuid?.() ?? 0 });
    for (let at = 0; at < 3; at++) {
      feed.poll();
      expect(feed.problem()).toContain("can't read");
    }
    feed.close();
  });
});

test('however the bytes are split over polls, the picture is the same', () => {
  const s = session('sé');
  const broken = Buffer.concat([Buffer.from('{"é":'), Buffer.from([0xc3]), Buffer.from('}\n')]);
  const parts = [
    Buffer.from(text(s.checkpoint(), s.order('x'), s.order('ü-🚀'))),
    Buffer.from('garbage\n\n'),
    Buffer.from(text(s.end('x'), s.killSwitch(true), s.position('-1.5'))),
    broken,
    Buffer.from(text(s.checkpoint({ positions: [{ symbol: 'ETHUSDT', amount: '0' }] }), s.order('y'))),
  ];
  s.loseNumber();
  const bytes = Buffer.concat([...parts, Buffer.from(text(s.heartbeat(), s.order('z')))]);
  const readIn = (cuts: readonly number[]) => {
    using bench = feedBench();
    for (const [at, cut] of [...cuts, bytes.length].entries()) {
      appendFileSync(bench.path, bytes.subarray(at === 0 ? 0 : (cuts[at - 1] ?? 0), cut), { mode: 0o600 });
      bench.feed.poll();
    }
    return bench.feed.state();
  };
  const whole = readIn([]);
  expect(whole.fault).toContain('gap');
  expect([...whole.orders.keys()].sort()).toEqual(['x', 'y', 'z']);
  const cutting = fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 });
  fc.assert(
    fc.property(cutting, (cuts) => {
      expect(readIn(cuts.toSorted((a, b) => a - b))).toEqual(whole);
    }),
    { numRuns: 60 },
  );
});
