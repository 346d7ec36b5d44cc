import { afterEach, describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../control/fixture.ts';
import { scratch } from '../engine/durable.ts';
import { bunPath } from '../helpers/terminal.ts';
import { latched, status } from './fixture.ts';
import {
  openScreen,
  passGuard,
  readyForLive,
  type ScreenSetting,
  type ScreenUnderTest,
} from './open-screen.ts';

const CTRL_X = '\x18';
let screen: ScreenUnderTest | null = null;

const open = async (setting: ScreenSetting = {}): Promise<ScreenUnderTest> => {
  screen = await openScreen(setting);
  return screen;
};

afterEach(async () => {
  await screen?.close();
  screen = null;
});

const expectStopped = async (under: ScreenUnderTest): Promise<void> => {
  await under.terminal.see(/!! LATCHED \(ack \d+ ms\)/);
  expect(under.called('stop')).toBe(1);
  expect(under.calls.find((call) => call.name === 'stop')?.body).toEqual({
    operator: 'tester',
    reason: 'Ctrl+X',
  });
};

describe('the stop key', () => {
  test('stops from the plain screen', async () => {
    const under = await open();
    under.terminal.write(CTRL_X);
    await expectStopped(under);
    expect(under.stopFile()).toBeNull();
  }, 30_000);

  test('is found between keys that arrive in one write', async () => {
    const under = await open();
    under.terminal.write(`jj${CTRL_X}jj`);
    await expectStopped(under);
  }, 30_000);

  test('is found in its kitty form, cut in two', async () => {
    const under = await open();
    under.terminal.write('\x1b[120');
    await new Promise((done) => setTimeout(done, 5));
    under.terminal.write(';5u');
    await expectStopped(under);
  }, 30_000);

  test('works inside a paste that never ends, whose text does nothing', async () => {
    const under = await open();
    under.terminal.write('\x1b[200~dxik');
    under.terminal.write(`xx${CTRL_X}`);
    await expectStopped(under);
    expect(under.calls.map((call) => call.name)).toEqual(['stop']);
  }, 30_000);

  const modals = [
    ['the advance modal', 'a', 'ADVANCE 1 Detect-only', status],
    ['the text field of stage 4', 'a', 'STAGE 4 Live on trd01', readyForLive],
    ['the text field of clear', 'R', 'CLEAR THE STOP LATCH', latched()],
    ['the gate', 'g', 'history:', status],
    ['the log', 'l', ' LOG', status],
    ['help', '?', 'Lowering is always free', status],
    ['the last question', 'q', 'q again: DETACH', status],
  ] as const;
  for (const [name, key, text, from] of modals) {
    test(`works at once in ${name}`, async () => {
      const under = await open({ status: from });
      under.terminal.write(key);
      await under.terminal.see(text);
      under.terminal.write(CTRL_X);
      await expectStopped(under);
    }, 30_000);
  }

  test('works where everything else is read-only', async () => {
    const under = await open({ flags: ['--read-only'] });
    under.terminal.write('xdik');
    await under.terminal.see('of the commands only Ctrl+X works here');
    under.terminal.write(CTRL_X);
    await expectStopped(under);
    expect(under.calls.map((call) => call.name)).toEqual(['stop']);
  }, 30_000);

  for (const [columns, rows] of [
    [50, 12],
    [120, 40],
  ] as const) {
    test(`works at ${columns}x${rows}`, async () => {
      const under = await open({ columns, rows });
      under.terminal.write(CTRL_X);
      await expectStopped(under);
    }, 30_000);
  }

  test('without an answer says so and leaves the STOP file', async () => {
    const under = await open({ isDeafToStop: true });
    under.terminal.write(CTRL_X);
    await under.terminal.see('STOP SENT');
    await under.terminal.see("NOT ACKNOWLEDGED: run 'grinder stop'");
    expect(under.stopFile()).toContain('tester');
    under.become(latched);
    await under.terminal.see('!! LATCHED');
  }, 30_000);

  test('without an answer leaves the STOP file where the daemon looks', async () => {
    using elsewhere = scratch();
    const daemon = { ...status.daemon, state_dir: elsewhere.path };
    const under = await open({ isDeafToStop: true, status: { ...status, daemon } });
    under.terminal.write(CTRL_X);
    await under.terminal.see('(STOP file written)');
    expect(existsSync(join(elsewhere.path, 'STOP'))).toBe(true);
  }, 30_000);

  test('held down does not put the missing answer off', async () => {
    const under = await open({ isDeafToStop: true });
    const held = setInterval(() => under.terminal.write(CTRL_X), 50);
    await until('the STOP file', () => under.stopFile() !== null).finally(() => clearInterval(held));
  }, 30_000);

  test('with the daemon gone leaves the STOP file', async () => {
    const under = await open();
    await under.closeServer();
    await under.terminal.see('LINK DOWN');
    under.terminal.write(CTRL_X);
    await under.terminal.see("NOT ACKNOWLEDGED: run 'grinder stop'");
    expect(under.stopFile()).not.toBeNull();
  }, 30_000);
});

describe('raising', () => {
  test('needs more than Enter: Cancel is the default', async () => {
    const under = await open();
    under.terminal.write('a');
    await under.terminal.see('>[ Cancel ]<');
    await passGuard();
    under.terminal.write('\r');
    await under.terminal.see('cancelled, nothing sent');
    expect(under.calls).toEqual([]);
  }, 30_000);

  test('ignores keys that were on their way when the modal opened', async () => {
    const under = await open();
    under.terminal.write('a\t\r');
    await under.terminal.see('>[ Cancel ]<');
    await passGuard();
    expect(under.calls).toEqual([]);
    await under.terminal.see('>[ Cancel ]<');
  }, 30_000);

  test('sends the stage and the digest that were shown', async () => {
    const under = await open();
    under.terminal.write('a');
    await under.terminal.see('>[ Cancel ]<');
    under.become((now) => ({ ...now, daemon: { ...now.daemon, config_digest: 'moved' } }));
    await passGuard();
    under.terminal.write('\t');
    await under.terminal.see('>[ Advance ]<');
    under.terminal.write('\r');
    await under.terminal.see('ADVANCE: did stage');
    expect(under.calls).toEqual([
      { name: 'stage', body: { operator: 'tester', stage: 2, config_digest: 'd1' } },
    ]);
  }, 30_000);

  test('to 4 asks for the phrase and adds the code itself', async () => {
    const under = await open({ status: readyForLive });
    under.terminal.write('a');
    await under.terminal.see('type: trd01 4');
    await under.terminal.see('cancel BTCUSDT stray');
    await passGuard();
    under.terminal.write('trd01 5\r');
    await under.terminal.see('That is not the phrase');
    under.terminal.write('\x7f4\r');
    await under.terminal.see('STAGE 4: did stage');
    expect(under.calls.map((call) => call.body)).toEqual([
      { operator: 'tester', stage: 4, config_digest: 'd1' },
      { operator: 'tester', stage: 4, config_digest: 'd1', confirm: 'trd01 4 4711' },
    ]);
  }, 30_000);

  test('is refused over a silent link, and old data is dim and never open', async () => {
    const under = await open();
    expect(under.terminal.screen().join('\n')).toMatch(/^.{24}open /m);
    await under.closeServer();
    await under.terminal.see(/^ \?\? dry_run +STALE +\(true\)/m);
    expect(under.terminal.screen().join('\n')).not.toMatch(/^.{24}open /m);
    expect(under.terminal.looks('?? dry_run')?.dim).toBe(true);
    under.terminal.write('a');
    await under.terminal.see('ADVANCE refused: the link is silent');
  }, 30_000);
});

test('lowering asks nothing and carries nothing', async () => {
  const under = await open();
  under.terminal.write('d');
  await until('a call', () => under.calls.length === 1);
  under.terminal.write('x');
  await until('a call', () => under.calls.length === 2);
  expect(under.calls).toEqual([
    { name: 'stage', body: { operator: 'tester', stage: 0 } },
    { name: 'disarm', body: { operator: 'tester' } },
  ]);
}, 30_000);

describe('a text field', () => {
  test('says that it takes no pasted text: marked by the terminal, or in one piece', async () => {
    const under = await open({ status: latched() });
    expect(under.terminal.received()).toContain('\x1b[?2004h');
    under.terminal.write('R');
    await under.terminal.see('type: clear L-7');
    await passGuard();
    under.terminal.write('\x1b[200~clear L-7\x1b[201~');
    await under.terminal.see('pasted text is not taken: type it');
    await under.terminal.see(/^ +> _/m);
    await passGuard();
    under.terminal.write('c');
    await under.terminal.seeGone('pasted text is not taken');
    under.terminal.write('lear L-7lear L-7');
    await under.terminal.see('pasted text is not taken: type it');
    await under.terminal.see(/^ +> c_/m);
    expect(under.calls).toEqual([]);
  }, 30_000);
});

describe('what nobody typed', () => {
  test('presses no key: pastes of every kind, however the terminal hands them on', async () => {
    const under = await open({ flags: ['--owns'] });
    const bytes = ['\x7f', 'd', '\x1b', 'x', 'i', '\b', 'q', '\x03', '\r', '\t'];
    const binary = Array.from({ length: 100_000 }, (_, at) => bytes[(at * 7 + Math.floor(at / 13)) % 10]);
    const pastes = [
      binary.join(''),
      'd\rx\ri\rk\rq\ry\r'.repeat(10_000),
      `\x1b[200~${'dxikq'.repeat(20_000)}\x1b[201~dxikqy`,
      'd'.repeat(40_963),
    ];
    for (const paste of pastes) {
      under.terminal.write('\x1b');
      await under.terminal.seeGone('pasted text is not taken');
      under.terminal.write(paste);
      await under.terminal.see('pasted text is not taken: it presses no keys');
      // Long enough for its last piece.
      await passGuard();
    }
    under.terminal.write('?');
    await under.terminal.see('Lowering is always free');
    expect(under.calls).toEqual([]);
  }, 60_000);

  test('presses no key: mouse reports, and what a terminal answers to somebody else', async () => {
    const under = await open();
    const said = ['\x1b[M dd', '\x1b[M xx', '\x1b[M qq', '\x1bP>|xterm(39)\x1b\\', '\x1b]l\x1b\\'];
    for (const text of [...said, '\x1b[<0;9;9M', '\x1b[I', '\x1b[?1;2c', '\x1b[113;1:3u']) {
      under.terminal.write(text);
      await passGuard();
      expect(under.terminal.screen()[22]).toStartWith(' a advance');
      expect(under.terminal.screen()[4]).toMatch(/^-+$/);
    }
    under.terminal.write('?');
    await under.terminal.see('Lowering is always free');
    expect(under.calls).toEqual([]);
  }, 30_000);
});

describe('leaving', () => {
  test('restores the terminal and leaves the engine alone', async () => {
    const under = await open();
    expect(under.terminal.isAlternate()).toBe(true);
    under.terminal.write('q');
    await under.terminal.see('q again: DETACH');
    await passGuard();
    under.terminal.write('q');
    expect(await under.terminal.exited).toBe(0);
    expect(under.result()).toEqual({ exitCode: 0, quit: 'detach' });
    await until('the primary screen', () => !under.terminal.isAlternate());
    expect(under.terminal.received()).toContain('\x1b[?25h');
    expect(under.terminal.received()).toContain('\x1b[?2004l');
    expect(under.calls).toEqual([]);
  }, 30_000);

  test('shuts the engine down where it belongs to the terminal', async () => {
    const under = await open({ flags: ['--owns'] });
    under.terminal.write('\x03');
    await under.terminal.see('q again: QUIT');
    await passGuard();
    under.terminal.write('\x03');
    expect(await under.terminal.exited).toBe(0);
    expect(under.called('shutdown')).toBe(1);
    expect(under.result()).toEqual({ exitCode: 0, quit: 'shutdown' });
  }, 30_000);

  test('a hang-up ends the screen and nothing else', async () => {
    const under = await open();
    under.terminal.hangUp();
    expect(await under.terminal.exited).toBe(0);
    expect(under.result()).toEqual({ exitCode: 0, quit: 'hangup' });
    expect(under.calls).toEqual([]);
  }, 30_000);
});

test('a storm of resizes leaves one whole frame', async () => {
  const under = await open();
  for (let n = 0; n < 40; n += 1) {
    under.terminal.resize(40 + ((n * 37) % 100), 6 + ((n * 11) % 40));
    await new Promise((done) => setTimeout(done, 5));
  }
  under.terminal.resize(80, 24);
  await under.terminal.see(/^ a advance/m);
  await until('a clean frame', () => {
    const lines = under.terminal.screen();
    return lines[0]?.endsWith('Ctrl+X = STOP') === true && lines[22]?.startsWith(' a advance') === true;
  });
  const text = under.terminal.screen().join('\n');
  expect(text.match(/Ctrl\+X = STOP/g)?.length).toBe(1);
  expect(under.terminal.screen()[23]).toBe('');
}, 30_000);

test('begins in the first cell, wherever the cursor was', async () => {
  const command = ['sh', '-c', 'printf "one\\ntwo\\nqq"; exec "$0" "$@"', bunPath, 'run'];
  const under = await open({ command });
  expect(under.terminal.screen()[0]).toMatch(/^ \S+ \S+ .*Ctrl\+X = STOP$/);
  expect(under.terminal.screen()[22]).toStartWith(' a advance');
}, 30_000);

test('NO_COLOR keeps words and weight, and no colour', async () => {
  const under = await open({ env: { NO_COLOR: '1', FORCE_COLOR: '3' } });
  expect(under.terminal.looks('!! dry_run')).toMatchObject({ coloured: false, bold: true });
  await under.close();
  const coloured = await open({ env: { FORCE_COLOR: '3' } });
  expect(coloured.terminal.looks('!! dry_run')).toMatchObject({ coloured: true });
}, 40_000);

test('GRINDER_ASCII shows nothing beyond ASCII', async () => {
  const under = await open({ env: { GRINDER_ASCII: '1' } });
  expect(under.terminal.screen().join('\n')).toMatch(/^[\x20-\x7e\n]*$/);
  expect(under.terminal.screen().join('\n')).toContain('grinder_~000000_1');
}, 30_000);
