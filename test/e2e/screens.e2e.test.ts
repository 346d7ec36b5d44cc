/** Screens beside each other, and screens whose daemon dies and comes back. */
import { afterAll, expect, test } from 'bun:test';
import { createMachine, type Machine, PATIENCE_MS } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { openTerminal, type TestTerminal } from '../helpers/terminal.ts';
import { passGuard } from '../tui/open-screen.ts';

afterAll(dropCache);

const CTRL_X = '\x18';
const LIMIT_MS = 240_000;

test.concurrent(
  'F81 two screens: a clear that one has begun does not undo the stop that the other pressed meanwhile',
  async () => {
    await using machine = await createMachine();
    const daemon = await machine.start();
    const [clearing, stopping] = [await attached(machine), await attached(machine)];
    stopping.write(CTRL_X);
    await clearing.see('!! LATCHED', PATIENCE_MS);
    const { latch } = await daemon.status();
    clearing.write('R');
    await clearing.see(`type: clear ${latch.id}`, PATIENCE_MS);
    await passGuard();
    stopping.write(CTRL_X);
    const newer = await daemon.when('the newer latch', (status) => status.latch.id !== latch.id);
    const text = `clear ${latch.id}`;
    for (let length = 1; length <= text.length; length += 1) {
      clearing.write(text[length - 1] ?? '');
      await clearing.see(`> ${text.slice(0, length).trimEnd()}`, PATIENCE_MS);
    }
    clearing.write('\r');
    await clearing.see(`the latch in force is ${newer.latch.id}, not ${latch.id}`, PATIENCE_MS);
    for (const screen of [clearing, stopping]) await screen.see(`id ${newer.latch.id}`, PATIENCE_MS);
    expect((await daemon.status()).latch).toMatchObject({ latched: true, durable: true });
    await Promise.all([clearing.close(), stopping.close()]);
  },
  LIMIT_MS,
);

test.concurrent(
  'a screen says at once that its daemon is dead, calls nothing current, and shows the next one by itself',
  async () => {
    await using machine = await createMachine();
    const first = await machine.start();
    const screen = await attached(machine);
    first.kill('SIGKILL');
    await screen.see('LINK DOWN', PATIENCE_MS);
    await screen.see('What remains: cancel and close on the exchange itself.', PATIENCE_MS);
    const dead = screen.screen().join('\n');
    expect(dead).toMatch(/^ STAGE \(/m);
    expect(dead).toMatch(/\(up \S+\)/);
    expect(dead).not.toMatch(/^.{24}open /m);
    const second = await machine.start();
    await screen.see(/LINK OK \d+ms/, PATIENCE_MS);
    await screen.see(/ S[01] {2}up \d+s /, PATIENCE_MS);
    screen.write(CTRL_X);
    await second.when('the latch', ({ latch }) => latch.latched);
    await screen.close();
  },
  LIMIT_MS,
);

async function attached(machine: Machine): Promise<TestTerminal> {
  const terminal = openTerminal({
    command: [machine.program, 'attach', '--config', machine.configPath],
    columns: 80,
    rows: 24,
    env: machine.env,
  });
  await terminal.see(/LINK OK \d+ms/, PATIENCE_MS);
  return terminal;
}
