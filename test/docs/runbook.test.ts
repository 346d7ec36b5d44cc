/** Our runbook as a test: every command in it, in its order, against the built executable on the simulator. */
import { afterAll, expect, test } from 'bun:test';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createMachine, type Machine } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { holds, readSteps, type Step } from './runbook.ts';
import { openShell, type Shell } from './shell.ts';

afterAll(dropCache);

const root = resolve(import.meta.dirname, '../..');
const PATIENCE_MS = 90_000;
const LIMIT_MS = 900_000;

test(
  'every command of docs/runbook.md does what the document says',
  async () => {
    const steps = readSteps(readFileSync(join(root, 'docs/runbook.md'), 'utf8'));
    expect(steps.length).toBeGreaterThan(60);
    await using machine = await createMachine();
    await using shell = openShell(machine.dir, prepare(machine));
    let shown = '';
    for (const step of steps) {
      const { code, out } = await perform(machine, shell, step, shown);
      const seen = { line: step.line, run: step.run, out };
      expect({ ...seen, code }).toEqual({ ...seen, code: step.exit });
      for (const expected of step.expects)
        expect({ ...seen, expected, ok: holds(out, expected) }).toEqual({ ...seen, expected, ok: true });
      shown = out;
      if (step.run.startsWith('cp ')) quicken(machine);
    }
  },
  LIMIT_MS,
);

test('a document that claims what is not so is found out', async () => {
  const steps = readSteps('```sh\necho hello\n# expect: hello\n# exit 3\nfalse\n```\n');
  expect(steps).toMatchObject([
    { run: 'echo hello', expects: ['hello'], exit: 3 },
    { run: 'false', exit: 0, until: null },
  ]);
  expect(() => readSteps('```sh\ntrue\n# hopefully: fine\n```')).toThrow('neither');
  expect([holds('a 12', '/a \\d+/'), holds('a b', '/a \\d+/'), holds('x', 'y')]).toEqual([
    true,
    false,
    false,
  ]);
});

/** The files an operator has, `grinder` on the path, and this machine's port instead of 9090. */
function prepare(machine: Machine): Readonly<Record<string, string>> {
  const bin = join(machine.dir, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'grinder'), `#!/bin/sh\nexec "${machine.program}" "$@"\n`, { mode: 0o755 });
  for (const name of ['run_live.sh', 'config.example.yaml'])
    copyFileSync(join(root, name), join(machine.dir, name));
  return { ...machine.env, PATH: `${bin}:${machine.env['PATH'] ?? ''}`, GRINDER_BIN: machine.program };
}

/** Runs a step once, or until it shows what it is repeated for. A code that was shown is typed back. */
async function perform(machine: Machine, shell: Shell, step: Step, shown: string) {
  const port = new URL(machine.metricsUrl).port;
  const line = step.run.replaceAll(':9090/', `:${port}/`);
  if (line.includes('CODE')) return confirm(shell, line, shown);
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const ran = await shell.run(line);
    if (step.until === null || holds(ran.out, step.until)) return ran;
    if (performance.now() > giveUpAt)
      throw new Error(`line ${step.line}: ${step.run}: waited in vain for ${step.until}:\n${ran.out}`);
    await new Promise((done) => setTimeout(done, 250));
  }
}

/** As the document says: what moved in between is looked at again. */
async function confirm(shell: Shell, line: string, shown: string) {
  let text = shown;
  for (let attempt = 1; ; attempt += 1) {
    const code = /^Code (\w+),/m.exec(text)?.[1] ?? 'none';
    const ran = await shell.run(line.replace('CODE', code));
    if (ran.code === 0 || attempt === 5) return ran;
    text = (await shell.run('grinder stage 4')).out;
  }
}

/** The example's simulator without anything by itself, and quick. */
function quicken(machine: Machine): void {
  const path = join(machine.dir, 'config.yaml');
  const changes: readonly (readonly [RegExp, string])[] = [
    [/^( +interval_ms:) \d+/m, '$1 1000'],
    [/^( +dwell_ms:) \d+/m, '$1 3000'],
    [/^( +settle_ms:) \d+/m, '$1 0'],
    [/^( +confirm_after_ms:) \d+/m, '$1 1000'],
    [/^( +stop_verify_ms:) \d+/m, '$1 1000'],
    [/^( +stray_every_ms:) \d+/m, '$1 0'],
    [/^( +position_every_ms:) \d+/m, '$1 0'],
    [/^( +auto_canary:) \w+/m, '$1 false'],
    [/^( +listen:) \S+/m, `$1 ${new URL(machine.metricsUrl).host}`],
  ];
  const text = changes.reduce(
    (config, [key, value]) => {
      expect(config).toMatch(key);
      return config.replace(key, value);
    },
    readFileSync(path, 'utf8'),
  );
  writeFileSync(path, text);
}
