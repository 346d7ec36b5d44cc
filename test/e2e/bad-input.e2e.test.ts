/** Whatever is wrong: one clear paragraph, the right exit code, nothing left behind, and a good start afterwards. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createMachine, type Machine } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { openTerminal } from '../helpers/terminal.ts';
import { put, starts } from './bad-starts.ts';
import { expectParagraph } from './paragraph.ts';

afterAll(dropCache);

const LIMIT_MS = 45_000;
const OTHER_UID = 54_322;
const isRoot = process.getuid?.() === 0;

let machine: Machine;

beforeAll(async () => {
  machine = await createMachine();
}, 60_000);

afterAll(() => machine[Symbol.asyncDispose]());

describe('a start', () => {
  for (const one of starts) {
    test(
      `with ${one.name} is refused in one paragraph`,
      async () => {
        const mend = one.spoil(machine);
        const ran = await machine.grinder(one.args ?? ['run', '--headless'], {
          ...one.setting,
          ...(one.setting?.env?.['GRINDER_CONFIG'] === undefined ? {} : { noConfig: true }),
        });
        mend?.();
        expectParagraph(ran, one.code);
        for (const says of one.says) expect(ran.err).toMatch(typeof says === 'string' ? literal(says) : says);
        expect(machine.leftovers()).toEqual([]);
      },
      LIMIT_MS,
    );
  }

  test(
    'with a busy metrics port waits for nobody, and names the port',
    async () => {
      const port = Number(new URL(machine.metricsUrl).port);
      const holder = createServer();
      await new Promise<void>((resolve) => holder.listen(port, '127.0.0.1', resolve));
      const ran = await machine.grinder(['run', '--headless']);
      await new Promise((resolve) => holder.close(resolve));
      expectParagraph(ran, 75);
      expect(ran.err).toContain(String(port));
      expect(machine.leftovers()).toEqual([]);
    },
    LIMIT_MS,
  );

  test.skipIf(!isRoot)(
    'where nothing can be written is refused in one paragraph',
    async () => {
      await using other = await createMachine({ uid: OTHER_UID });
      const locked = join(other.dir, 'locked');
      mkdirSync(locked, { mode: 0o755 });
      other.writeConfig({ state_dir: 'locked/state' });
      const inside = await other.grinder(['run', '--headless']);
      expectParagraph(inside, 78);
      expect(inside.err).toContain('locked/state');
      other.writeConfig({ state_dir: 'locked' });
      const foreign = await other.grinder(['run', '--headless']);
      expectParagraph(foreign, 78);
      expect(foreign.err).toContain('/locked');
      chmodSync(other.configPath, 0);
      spawnSync('chown', ['0', other.configPath]);
      const unreadable = await other.grinder(['run', '--headless']);
      expectParagraph(unreadable, 78);
      expect(unreadable.err).toContain('config.yaml');
      expect(other.leftovers()).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    'that fails on a terminal exits as it does without one',
    async () => {
      const mend = put('state', (path) => writeFileSync(path, ''))(machine);
      const terminal = openTerminal({
        command: [machine.program, 'run', '--config', machine.configPath],
        columns: 80,
        rows: 24,
        env: machine.env,
      });
      const code = await terminal.exited;
      mend();
      expect(code).toBe(78);
      await terminal.see('not started');
      expect(terminal.received()).not.toMatch(/^ {4}at /m);
      await terminal.close();
      expect(machine.leftovers()).toEqual([]);
    },
    LIMIT_MS,
  );

  for (const [what, path, alarm] of [
    ['an audit', 'audit/reconcile.jsonl', /AUDIT UNAVAILABLE: .*reconcile\.jsonl is a directory/],
    ['a log', 'logs/app.log', /^the log .*app\.log can't be written/],
  ] as const) {
    test(
      `with ${what} that is a directory goes on, and tells so`,
      async () => {
        await using other = await createMachine();
        mkdirSync(join(other.dir, dirname(path)), { mode: 0o700 });
        mkdirSync(join(other.dir, path));
        other.writeConfig({ ceremony: { requested_stage: 3 } });
        const daemon = await other.start();
        const { alarms } = await daemon.status();
        expect(alarms.some((text) => alarm.test(text))).toBe(true);
        if (what === 'a log') return;
        const held = await daemon.when('stage 2 earned', ({ stage }) => stage.earned === 2);
        expect(held.stage).toMatchObject({ in_force: 1, hold: { stage: 1 } });
        expect(held.stage.hold?.because).toStartWith('audit_unavailable');
      },
      LIMIT_MS,
    );
  }

  test(
    'that is good works after all of them, and lives on a feed of garbage with its gate closed',
    async () => {
      const daemon = await machine.start();
      await daemon.when('stage 1', ({ stage }) => stage.in_force === 1);
      const gate = (status: Awaited<ReturnType<typeof daemon.status>>) =>
        status.gates.find((row) => row.gate === 'expected_state_stale')?.state;
      await daemon.when('an open gate', (status) => gate(status) === 'open');
      appendFileSync(join(machine.stateDir, 'expected.jsonl'), '{"seq": "x"}\n\u0000\u0001 garbage\n');
      await daemon.when('a closed gate', (status) => gate(status) === 'closed');
      const { run } = await daemon.status();
      await daemon.when('more runs', (status) => status.run.count > run.count + 1);
      daemon.kill('SIGTERM');
      expect(await daemon.ended).toMatchObject({ code: 0, err: '' });
    },
    LIMIT_MS,
  );
});

function literal(text: string): RegExp {
  return new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
}
