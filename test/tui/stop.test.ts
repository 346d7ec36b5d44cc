import { afterEach, describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandReply } from '../../src/control/protocol.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { stopButton } from '../../src/tui/stop.ts';
import type { Stop } from '../../src/tui/types.ts';
import { okReply, privateDir, until } from '../control/fixture.ts';

const dirs: { remove(): void }[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) dir.remove();
});

/** A button on a wire whose answers the test gives. */
function wired(answer: () => Promise<CommandReply>, told: string | null = null) {
  const dir = privateDir();
  dirs.push(dir);
  const heard: Stop[] = [];
  let sent = 0;
  const sendStop = () => {
    sent += 1;
    return { sentAtMonoMs: systemClock.monoMs(), ack: answer() };
  };
  const button = stopButton({
    client: { sendStop },
    stateDir: dir.path,
    toldStateDir: () => told,
    operator: 'tester',
    clock: systemClock,
    onStop: (stop) => heard.push(stop),
  });
  const file = () => existsSync(join(dir.path, 'STOP'));
  return { button, heard, sent: () => sent, file };
}

describe('the answer to a stop', () => {
  test('that is latched in memory alone is shown as just that, and the STOP file is left as well', async () => {
    const text = 'LATCHED, NOT DURABLE, DO NOT RESTART';
    const reply = { ...okReply(text), ok: false, exit_code: 1, latch: { id: 'L-9', durable: false, text } };
    const { button, heard, sent, file } = wired(async () => reply);
    button.press();
    await until('an answer', () => heard.length === 2);
    expect(heard[1]).toMatchObject({ kind: 'latched', text, id: 'L-9' });
    expect(file()).toBe(true);
    button.linkUp();
    expect(sent()).toBe(1);
  });

  test('that is missing leaves the STOP file where the daemon said that it looks', async () => {
    const elsewhere = privateDir();
    dirs.push(elsewhere);
    const { button, heard } = wired(() => Promise.reject(new Error('gone')), elsewhere.path);
    button.press();
    await until('no answer', () => heard.at(-1)?.kind === 'unacknowledged');
    expect(heard.at(-1)).toMatchObject({ file: 'STOP file written' });
    expect(existsSync(join(elsewhere.path, 'STOP'))).toBe(true);
    button.close();
    const lost = wired(() => Promise.reject(new Error('gone')), join(elsewhere.path, 'none'));
    lost.button.press();
    await until('no answer', () => lost.heard.at(-1)?.kind === 'unacknowledged');
    expect(lost.heard.at(-1)).toMatchObject({ file: 'no STOP file: ENOENT' });
    lost.button.close();
  });

  test('that is missing is asked for again when the link comes back', async () => {
    const { button, heard, sent, file } = wired(() => Promise.reject(new Error('gone')));
    button.press();
    await until('no answer', () => heard.at(-1)?.kind === 'unacknowledged');
    expect(file()).toBe(true);
    button.linkUp();
    expect(sent()).toBe(2);
    button.close();
  });

  test('that is missing is not asked for again once the latch was seen: it may be cleared by then', async () => {
    const { button, heard, sent } = wired(() => Promise.reject(new Error('gone')));
    button.press();
    await until('no answer', () => heard.at(-1)?.kind === 'unacknowledged');
    button.latchSeen();
    button.linkUp();
    expect(sent()).toBe(1);
  });
});
