import { afterEach, beforeEach, expect, test } from 'bun:test';
import { statusScreen } from '../../src/cli/status-screen.ts';
import { formatStatus } from '../../src/cli/status-text.ts';
import { exampleStatus, recordingTarget, until } from '../control/fixture.ts';
import { machine } from './fixture.ts';

let at: ReturnType<typeof machine>;
beforeEach(() => {
  at = machine();
});
afterEach(() => at.close());

test('the status is one screen with everything an operator looks for', () => {
  const text = formatStatus(exampleStatus).join('\n');
  expect(text).toBe(
    [
      'daemon    trd01 SIM account sim, pid 4242, up 4h00m, as of 2023-11-14T22:13:20Z',
      'stage     1 Detect-only for 02:20 (requested 2 by environment, earned 1)',
      'hold      ARMED=0 holds at 3',
      'next      stage 2: 3/4 criteria pass, 07:41 left; missing: dwell 02:20 of 10:00',
      'do        Stage 2 follows by itself in 07:41.',
      'latch     clear',
      'arming    disarmed (action none, dry_run true)',
      'snapshot  0.8s old of 02:00, fresh, 12 open orders',
      'sweep     all symbols read 12.0s ago, at least every 05:00',
      'stream    not up, no disagreement since the start',
      'sources   rest ok 0.8s, ws DOWN (reconnecting), price ok 0.9s, expected ok 1.2s',
      'runs      7, last 4.0s ago, took 41 ms, every 30.0s',
      'counters  planned 12 (+3), blocked 12 (+3), executed 0, failed 0, unknown 0; blocked by dry_run 12',
      'budget    0/100 calls, 0/5000 USDT today',
      'foreign   BTCUSDT 2 (never touched)',
      '',
      'gates not open',
      '  not_armed  CLOSED  disarmed  limit armed',
      '',
      'mismatches: 1',
      '  ORDER_EXISTS_UNEXPECTED  BTCUSDT  grinder_1_BTCUSDT_1_1700000000_1  cancel  not_armed',
      '',
      'not acknowledged',
      '  team_notified  nobody can check it',
    ].join('\n'),
  );
});

test('a late sweep and a stream that contradicts the reads are spelled out', () => {
  const text = formatStatus({
    ...exampleStatus,
    stream: {
      disagreements: 3,
      by_kind: { unheard: 2, differs: 1 },
      last_disagreement: { text: 'unheard: never told: order x', at_ms: 1_700_000_000_000 },
      swept_age_ms: 301_000,
      sweep_every_ms: 300_000,
      disagrees: true,
    },
  }).join('\n');
  expect(text).toContain('sweep     all symbols read 05:01 ago, at least every 05:00, OVERDUE');
  expect(text).toContain(
    'stream    DISAGREES with reads, 3 disagreement(s) since the start (unheard 2, differs 1); ' +
      'last 2023-11-14T22:13:20Z unheard: never told: order x',
  );
  const sources = exampleStatus.sources.map((one) => ({ ...one, up: true }));
  expect(formatStatus({ ...exampleStatus, sources }).join('\n')).toContain('stream    agrees with reads, no');
  for (const age_ms of [null, exampleStatus.snapshot.max_age_ms + 1]) {
    const snapshot = { ...exampleStatus.snapshot, age_ms };
    const unread = formatStatus({ ...exampleStatus, sources, snapshot }).join('\n');
    expect(unread).toContain('stream    up, and no fresh read to hold it against, no');
  }
});

test('a latch, an alarm and old data are spelled out', () => {
  const text = formatStatus({
    ...exampleStatus,
    latch: {
      latched: true,
      id: 'L7',
      by: 'ann',
      reason: 'drill',
      at_ms: 1_700_000_000_000,
      durable: false,
      text: 'LATCHED, NOT DURABLE, DO NOT RESTART',
      verdict: null,
    },
    snapshot: { ...exampleStatus.snapshot, age_ms: 130_000, complete: false },
    alarms: ['audit: disk full'],
    kill_switch: true,
    canary: true,
  }).join('\n');
  expect(text).toContain(
    'LATCHED, NOT DURABLE, DO NOT RESTART L7 by ann at 2023-11-14T22:13:20Z: drill (being verified)',
  );
  expect(text).toContain('02:10 old of 02:00, STALE, last read INCOMPLETE');
  expect(text).toContain('audit: disk full');
  expect(text).toContain('KILL SWITCH');
  expect(text).toContain('synthetic mismatch');
});

test('ten thousand mismatches stay on one screen, and no text moves the cursor', () => {
  const [mismatch] = exampleStatus.mismatches;
  if (mismatch === undefined) throw new Error('the example has a mismatch');
  const evil = { ...mismatch, id: 'x\u001b[2J\u202e\n\u0007y', type: '\u009b31mT' };
  const lines = formatStatus({
    ...exampleStatus,
    mismatches: Array.from({ length: 200 }, () => evil),
    mismatch_count: 10_000,
    alarms: ['\u001b]0;title\u0007 beware\u2028'],
  });
  expect(lines.length).toBeLessThan(40);
  expect(lines.join('\n')).toContain('and 9992 more');
  expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2028]/);
});

test('status prints text or the whole document', async () => {
  const path = at.config('a');
  await at.daemon(path);
  expect((await at.run(['status', '--config', path])).out).toContain('1 Detect-only');
  const json = JSON.parse((await at.run(['status', '--json', '--config', path])).out);
  expect(json).toMatchObject({ schema_version: 1, daemon: { host: 'trd01' } });
});

test('watching prints a document a line until it is ended', async () => {
  const path = at.config('a');
  const recorder = recordingTarget();
  await at.daemon(path, recorder);
  const ending = new AbortController();
  const running = at.run(['status', '--watch', '--json', '--config', path], { signal: ending.signal });
  await until('three documents', () => recorder.statusCalls() >= 3);
  ending.abort();
  const { code, out } = await running;
  expect(code).toBe(0);
  const lines = out.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ schema_version: 1 });
});

test('each criterion of the stage in force is shown with its figure, its limit and what would make it pass', () => {
  const { stage } = exampleStatus;
  const criteria = [
    {
      id: 'dwell',
      title: 'dwell',
      verdict: 'INCONCLUSIVE',
      figure: '2:20',
      limit: '10:00',
      left_ms: 460_000,
      to_pass: '7:40 more with every source well',
    },
    {
      id: 'gap',
      title: 'longest gap',
      verdict: 'PASS',
      figure: '30s',
      limit: '<= 1:30',
      left_ms: null,
      to_pass: '',
    },
  ] as const;
  const text = formatStatus({ ...exampleStatus, stage: { ...stage, criteria: [...criteria] } }).join('\n');
  expect(text).toContain('criteria of stage 1\n');
  expect(text).toMatch(/INCONCLUSIVE {2}dwell +2:20 +limit 10:00 +to pass: 7:40 more with every source well/);
  expect(text).toMatch(/PASS +longest gap +30s +limit <= 1:30\n/);
});

test('an approval that waits for another operator is shown with who gave it', () => {
  const approval = { purpose: 'enter', done_by: ['ann'], needed: 2, expires_in_ms: 90_000 } as const;
  const text = formatStatus({ ...exampleStatus, approval: { ...approval, done_by: ['ann'] } }).join('\n');
  expect(text).toMatch(/approval +stage 4: 1 of 2 by ann, 01:30 left/);
});

test('a source that fell silent without a word of its own says since when', () => {
  const sources = [{ source: 'expected' as const, up: false, age_ms: 87_800, detail: '' }];
  expect(formatStatus({ ...exampleStatus, sources }).join('\n')).toContain(
    'sources   expected DOWN (last 01:27 ago)\n',
  );
});

test('while reads fail no older picture is called fresh, and nothing is said to agree with them', () => {
  const snapshot = { ...exampleStatus.snapshot, complete: false };
  const sources = exampleStatus.sources.map((one) => (one.source === 'ws' ? { ...one, up: true } : one));
  const text = formatStatus({ ...exampleStatus, snapshot, sources }).join('\n');
  expect(text).toContain('snapshot  0.8s old of 02:00, last read INCOMPLETE');
  expect(text).not.toContain('fresh,');
  expect(text).not.toContain('agrees with reads');
});

const loud = {
  ...exampleStatus,
  alarms: ['the stop latch is not on disk: do not restart before it is'],
  gates: Array.from({ length: 34 }, (_, index) => ({
    ...exampleStatus.gates[0]!,
    gate: `gate_${index}`,
    state: 'closed' as const,
  })),
};

test.each([
  { columns: 80, rows: 24 },
  { columns: 60, rows: 20 },
  { columns: 200, rows: 60 },
])('followed on a terminal of %j nothing scrolls off its top, and what is left out is said', (size) => {
  const lines = statusScreen(loud, null, size);
  const height = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / size.columns)), 0);
  expect(height).toBeLessThan(size.rows);
  const text = lines.join('\n');
  for (const word of ['daemon ', 'stage ', 'latch ', 'ALARM '])
    expect(text).toMatch(new RegExp(`^${word}`, 'm'));
  expect(/^and \d+ more lines: grinder status shows all$/m.test(text)).toBe(size.rows < 60);
});

test('what is followed over a silent link says first that it is old', async () => {
  const daemon = await at.daemon(at.config('a'));
  const ending = new AbortController();
  let out = '';
  const running = at.run(['status', '--watch', '--config', at.config('a')], {
    signal: ending.signal,
    isTTY: true,
    env: { ...at.env, TERM: 'xterm' },
    stdout: (text) => {
      out += text;
    },
  });
  await until('the status', () => out.includes('latch     clear'));
  await daemon.end();
  const drawn = () => out.split('\u001b[H\u001b[2J').at(-1) ?? '';
  await until('the loss', () => drawn().startsWith('NO LINK to the daemon'));
  expect(drawn()).toContain('what follows is as of 2023-11-14T22:13:20Z');
  expect(drawn()).toContain('latch     clear');
  ending.abort();
  expect((await running).code).toBe(0);
});
