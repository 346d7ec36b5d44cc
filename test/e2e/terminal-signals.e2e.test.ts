/** Signals to a daemon that has its screen embedded. */
import { afterAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import { createMachine, PATIENCE_MS } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { openTerminal } from '../helpers/terminal.ts';

afterAll(dropCache);

test('a stop by SIGUSR2 latches once and leaves the screen, which says so, and whose keys work on', async () => {
  await using machine = await createMachine();
  const terminal = openTerminal({
    command: [machine.program, 'run', '--config', machine.configPath],
    columns: 80,
    rows: 24,
    env: machine.env,
  });
  try {
    await terminal.see(/LINK OK \d+ms/, PATIENCE_MS);
    process.kill(machine.registered()[0]?.pid ?? Number.NaN, 'SIGUSR2');
    await terminal.see(/LATCHED +id [0-9a-f]{8}/, PATIENCE_MS);
    const latches = machine.audit().filter((line) => line['event_type'] === 'STOP_LATCHED');
    expect(latches).toHaveLength(1);
    terminal.write('?');
    await terminal.see('Esc closes this', PATIENCE_MS);
    terminal.write('\x18');
    await terminal.see(/LATCHED \(ack \d+ ms\)/, PATIENCE_MS);
  } finally {
    await terminal.close();
  }
}, 120_000);

test.each([
  ['ALRM', /^ENDED 0$/m],
  ['QUIT', /^ENDED 0$/m],
  ['IO', /^ENDED 1\ngrinder: the screen ended by itself, and the engine ends with it/m],
] as const)(
  'SIG%s ends screen and engine in order and gives the terminal back',
  async (signal, says) => {
    await using machine = await createMachine();
    const command = `"$0" run --config "$1" 2>"$2"; echo "ENDED $?"; cat "$2"; exec sleep 60`;
    const terminal = openTerminal({
      command: ['/bin/sh', '-c', command, machine.program, machine.configPath, join(machine.dir, 'said')],
      columns: 80,
      rows: 24,
      env: machine.env,
    });
    try {
      await terminal.see(/LINK OK \d+ms/, PATIENCE_MS);
      process.kill(machine.registered()[0]?.pid ?? Number.NaN, `SIG${signal}`);
      await terminal.see(says, PATIENCE_MS);
      expect(machine.log()).toContain('shutting down: asked by the terminal that owned it');
      expect(terminal.screen().join()).not.toContain('Ctrl+X = STOP');
    } finally {
      await terminal.close();
    }
  },
  120_000,
);
