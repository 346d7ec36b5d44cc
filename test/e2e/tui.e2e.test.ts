import { afterAll, describe, expect, test } from 'bun:test';
import { hostname } from 'node:os';
import { connectControl } from '../../src/control/client.ts';
import type { StatusDocument } from '../../src/control/protocol.ts';
import { createMachine, isAlive, type Machine, PATIENCE_MS, waitFor } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { openTerminal, type TestTerminal } from '../helpers/terminal.ts';
import { passGuard } from '../tui/open-screen.ts';

afterAll(dropCache);

const CTRL_X = '\x18';
const LIMIT_MS = 180_000;

interface Screen extends AsyncDisposable {
  readonly terminal: TestTerminal;
}

/** Opens a verb on an 80x24 terminal and waits for its first frame with data. */
async function onTerminal(
  machine: Machine,
  args: readonly string[] = ['run'],
  env: Readonly<Record<string, string>> = {},
): Promise<Screen> {
  const terminal = openTerminal({
    command: [machine.program, ...args, '--config', machine.configPath],
    columns: 80,
    rows: 24,
    env: { ...machine.env, ...env },
  });
  await terminal.see(/LINK OK \d+ms/, PATIENCE_MS);
  return { terminal, [Symbol.asyncDispose]: () => terminal.close() };
}

/** Types as a person does: what comes in one piece counts as pasted, and is ignored. */
async function typeIn(terminal: TestTerminal, text: string): Promise<void> {
  for (let length = 1; length <= text.length; length += 1) {
    terminal.write(text[length - 1] ?? '');
    await terminal.see(`> ${text.slice(0, length).trimEnd()}`);
  }
  terminal.write('\r');
}

/** Asks the daemon behind the screen. */
async function statusOf(machine: Machine): Promise<StatusDocument> {
  const client = connectControl(machine.registered()[0]?.socketPath ?? '');
  return client.status().finally(client.close);
}

const becomes = (machine: Machine, what: string, holds: (status: StatusDocument) => boolean) =>
  waitFor(what, async () => {
    const status = await statusOf(machine);
    return holds(status) ? status : null;
  });

describe('run on a terminal', () => {
  test.concurrent(
    'goes up to 4 by hand, stops, clears, and quits',
    async () => {
      await using machine = await createMachine();
      await using screen = await onTerminal(machine);
      const { terminal } = screen;
      const host = hostname();
      expect(terminal.screen()[0]).toMatch(
        new RegExp(`^ ${host.slice(0, 8)}.* SIM .*LINK OK.*Ctrl\\+X = STOP$`),
      );
      expect(terminal.screen()[22]).toMatch(/^ a advance .* q quit$/);
      expect(terminal.screen()[23]).toBe('');

      await terminal.see(/STAGE +0 \[1\]/, PATIENCE_MS);
      await becomes(machine, 'stage 2 earned', ({ stage }) => stage.earned >= 2);
      terminal.write('a');
      await terminal.see('ADVANCE 1 Detect-only -> 2 Plan-only');
      await terminal.see('>[ Cancel ]<');
      await passGuard();
      terminal.write('\r');
      await terminal.see('cancelled, nothing sent');
      expect((await statusOf(machine)).stage.requested).toBe(1);

      for (const stage of [2, 3]) {
        await becomes(machine, `stage ${stage} earned`, (status) => status.stage.earned >= stage);
        terminal.write('a');
        await terminal.see(`-> ${stage} `);
        await passGuard();
        terminal.write('\t');
        await terminal.see('>[ Advance ]<');
        terminal.write('\r');
        await terminal.see(`[${stage}]`);
      }

      await becomes(machine, 'stage 4 earned', ({ stage }) => stage.earned === 4);
      terminal.write('a');
      await terminal.see(`type: ${host} 4`);
      await passGuard();
      await typeIn(terminal, `${host} 4`);
      await terminal.see('[4]');
      expect((await statusOf(machine)).switches.armed).toBe(true);

      terminal.write(CTRL_X);
      await terminal.see(/!! LATCHED \(ack \d+ ms\)/);
      await terminal.see('STAGE [0]');
      const latched = await statusOf(machine);
      expect(latched.latch).toMatchObject({ latched: true, by: 'ann', reason: 'Ctrl+X' });

      terminal.write('R');
      await terminal.see(`type: clear ${latched.latch.id}`);
      await passGuard();
      await typeIn(terminal, `clear ${latched.latch.id}`);
      await terminal.seeGone('!! LATCHED');
      expect((await statusOf(machine)).stage).toMatchObject({ in_force: 0, requested: 0 });

      terminal.write('q');
      await terminal.see('q again: QUIT');
      await passGuard();
      terminal.write('q');
      expect(await terminal.exited).toBe(0);
      await waitFor('the primary screen', () => !terminal.isAlternate() || null);
      expect(terminal.received()).toContain('\x1b[?25h');
      expect(machine.leftovers()).toEqual([]);
      expect((await machine.grinder(['audit', 'verify'])).code).toBe(0);
    },
    LIMIT_MS,
  );

  test.concurrent(
    'finds the stop between keys that came with it, and ends in order when the line is cut',
    async () => {
      await using machine = await createMachine();
      await using screen = await onTerminal(machine);
      screen.terminal.write(`jj${CTRL_X}`);
      await becomes(machine, 'the latch', ({ latch }) => latch.latched && latch.durable);
      screen.terminal.hangUp();
      expect(await screen.terminal.exited).toBe(0);
      expect(machine.leftovers()).toEqual([]);
      // The lock is free again, and the latch is not.
      const daemon = await machine.start();
      expect((await daemon.status()).latch.latched).toBe(true);
    },
    LIMIT_MS,
  );

  test.concurrent(
    'keeps colour away when NO_COLOR asks for it',
    async () => {
      await using machine = await createMachine();
      const coloured = /\x1b\[[0-9;]*\b(3[0-8]|4[0-8]|9[0-7])\b[0-9;]*m/;
      await using screen = await onTerminal(machine, ['run'], { NO_COLOR: '1', FORCE_COLOR: '3' });
      await screen.terminal.see(/STAGE +0 \[1\]/, PATIENCE_MS);
      expect(screen.terminal.received()).not.toMatch(coloured);
      await using other = await onTerminal(machine, ['attach'], { FORCE_COLOR: '3' });
      await waitFor('colour', () => coloured.test(other.terminal.received()) || null);
    },
    LIMIT_MS,
  );

  test.concurrent(
    'says why it did not start, and exits as that says',
    async () => {
      await using machine = await createMachine();
      const daemon = await machine.start();
      const terminal = openTerminal({
        command: [machine.program, 'run', '--config', machine.configPath],
        columns: 80,
        rows: 24,
        env: machine.env,
      });
      expect(await terminal.exited).toBe(75);
      await terminal.see(`process ${daemon.pid}`);
      expect(terminal.isAlternate()).toBe(false);
      await terminal.close();
      expect(isAlive(daemon.pid)).toBe(true);
    },
    LIMIT_MS,
  );
});

describe('attach', () => {
  test.concurrent(
    'draws nothing on a terminal that can only print lines, and says what works there',
    async () => {
      await using machine = await createMachine();
      await machine.start();
      const terminal = openTerminal({
        command: [machine.program, 'attach', '--config', machine.configPath],
        columns: 80,
        rows: 24,
        env: { ...machine.env, TERM: 'dumb' },
      });
      expect(await terminal.exited).toBe(64);
      await terminal.see("'grinder stop' work there");
      expect(terminal.received()).not.toContain('\x1b');
      await terminal.close();
    },
    LIMIT_MS,
  );

  test.concurrent(
    'leaves the daemon running, and read-only can still stop it',
    async () => {
      await using machine = await createMachine();
      const daemon = await machine.start();
      await using screen = await onTerminal(machine, ['attach']);
      screen.terminal.write('q');
      await screen.terminal.see('q again: DETACH');
      await passGuard();
      screen.terminal.write('q');
      expect(await screen.terminal.exited).toBe(0);
      const { run } = await daemon.status();
      await daemon.when('another run', (status) => status.run.count > run.count);

      await using looker = await onTerminal(machine, ['attach', '--read-only']);
      looker.terminal.write('d');
      await looker.terminal.see('of the commands only Ctrl+X works here');
      looker.terminal.write(CTRL_X);
      await looker.terminal.see(/!! LATCHED \(ack \d+ ms\)/);
      expect((await daemon.status()).latch).toMatchObject({ latched: true, durable: true });
      looker.terminal.hangUp();
      expect(await looker.terminal.exited).toBe(0);
      expect(daemon.exitCode()).toBeNull();
    },
    LIMIT_MS,
  );
});
