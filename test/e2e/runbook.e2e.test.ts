/** The runbook as a test: its own shell lines, in its order, with its exports, against the built executable. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ControlClient, connectControl } from '../../src/control/client.ts';
import type { StatusDocument } from '../../src/control/protocol.ts';
import { createMachine, type Machine, waitFor } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { launch, type Ran } from '../helpers/process.ts';
import { confirm4 } from './ceremony.ts';
import {
  blocks,
  PREREQUISITES,
  QUICK_REFERENCE,
  STOP_METHODS,
  type Step,
  VERIFY_ROLLBACK,
} from './runbook.ts';

afterAll(dropCache);

const root = resolve(import.meta.dirname, '../..');
const LIMIT_MS = 180_000;

let machine: Machine;
let client: ControlClient | null = null;

beforeAll(async () => {
  machine = await createMachine();
  for (const name of ['run_live.sh', 'config.example.yaml'])
    copyFileSync(join(root, name), join(machine.dir, name));
}, 60_000);

afterAll(async () => {
  client?.close();
  await machine[Symbol.asyncDispose]();
});

/** Runs lines in bash where the configuration is; port and log are this machine's. */
function shell(lines: readonly string[]): Promise<Ran> {
  const port = new URL(machine.metricsUrl).port;
  const script = lines
    .join('\n')
    .replaceAll(':9090/', `:${port}/`)
    .replaceAll('/var/log/grinder/app.log', machine.logPath);
  const env = { ...machine.env, GRINDER_BIN: machine.program, GRINDER_LOG_PATH: machine.logPath };
  return launch(['bash', '-c', script], { cwd: machine.dir, env }).ended;
}

async function check(exports: readonly string[], steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    const { out } = await shell([...exports, step.run]);
    expect({ run: step.run, out, ok: step.holds(out) }).toEqual({ run: step.run, out, ok: true });
  }
}

async function goLive(exports: readonly string[], command = './run_live.sh'): Promise<void> {
  const started = await shell([...exports, command]);
  expect(started).toMatchObject({ code: 0, err: '' });
  client?.close();
  client = connectControl(machine.registered()[0]?.socketPath ?? '');
}

async function when(what: string, holds: (status: StatusDocument) => boolean): Promise<void> {
  let last: StatusDocument | undefined;
  await waitFor(what, async () => {
    last = await client?.status();
    return last !== undefined && holds(last) ? true : null;
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${JSON.stringify({ ...last?.stage, runs: last?.run.count })}`);
  });
}

test('the prerequisites read as expected on the example configuration', async () => {
  await check(['cp config.example.yaml config.yaml'], PREREQUISITES);
});

describe('the ceremony', () => {
  const exports: string[] = [];

  beforeAll(() => {
    const example = readFileSync(join(machine.dir, 'config.example.yaml'), 'utf8');
    const quick: readonly (readonly [RegExp, string])[] = [
      [/^( +interval_ms:) \d+/m, '$1 1000'],
      [/^( +dwell_ms:) \d+/m, '$1 3000'],
      [/^( +settle_ms:) \d+/m, '$1 0'],
      [/^( +confirm_after_ms:) \d+/m, '$1 1000'],
      [/^( +stray_every_ms:) \d+/m, '$1 0'],
      [/^( +position_every_ms:) \d+/m, '$1 0'],
      [/^( +listen:) \S+/m, `$1 ${new URL(machine.metricsUrl).host}`],
    ];
    const text = quick.reduce((config, [key, value]) => {
      expect(config).toMatch(key);
      return config.replace(key, value);
    }, example);
    writeFileSync(join(machine.dir, 'config.yaml'), text);
  });

  for (const block of blocks) {
    test(
      `stage ${block.stage}: ${block.title}`,
      async () => {
        exports.push(...block.exports);
        await goLive(exports);
        if (block.stage === 4) {
          await when('stage 4 earned', ({ stage }) => stage.in_force === 3 && stage.earned === 4);
          expect(await machine.metric('action_executed_total')).toBe(0);
          expect((await confirm4(machine)).code).toBe(0);
        }
        await when(`stage ${block.stage}`, ({ stage }) => stage.in_force === block.stage);
        if (block.inject !== undefined) {
          const injected = await machine.grinder(['inject-mismatch', ...block.inject]);
          // A slow machine's own canary may have come first.
          if (injected.code !== 0) expect(injected.err).toContain('a canary is already waiting');
        }
        await when('what the stage shows', block.shown);
        await check(exports, block.steps);
        if (block.stage < 4) await when('the stage passed', ({ stage }) => stage.earned > block.stage);
      },
      LIMIT_MS,
    );
  }

  for (const { line, stage } of STOP_METHODS) {
    test(
      `the stop method ${line} takes effect at the next ./run_live.sh`,
      async () => {
        await goLive([...exports, line]);
        await when(`stage ${stage}`, (status) => status.stage.in_force === stage);
        // Something to execute is there, and isn't executed.
        expect((await machine.grinder(['inject-mismatch', '--real'])).code).toBe(0);
        if (stage > 0) await when('the stray seen', (status) => status.mismatch_count > 0);
        const { out } = await shell([...exports, line, ...VERIFY_ROLLBACK]);
        expect(out.trim()).toBe('STOPPED OK');
        expect(await machine.metric('action_executed_total')).toBe(0);
        expect(await machine.metric('stage')).toBe(stage);
      },
      LIMIT_MS,
    );
  }

  for (const { command, stage, steps } of QUICK_REFERENCE) {
    test(
      `the quick reference's ${command} comes to stage ${stage}`,
      async () => {
        await goLive([], command);
        await when(
          `stage ${stage}`,
          ({ stage: { in_force }, run }) => in_force === stage && (stage === 0 || run.count >= 2),
        );
        await check([], steps);
      },
      LIMIT_MS,
    );
  }

  test(
    'the Verify-rollback block says so when something is still executed',
    async () => {
      const counter = join(machine.dir, 'count');
      writeFileSync(counter, '0');
      const fake = `curl() { n=$(($(cat ${counter}) + 1)); echo $n > ${counter}; echo "action_executed_total $n"; }`;
      const { out } = await shell([fake, ...VERIFY_ROLLBACK]);
      expect(out.trim()).toBe('WARNING: Still executing');
    },
    LIMIT_MS,
  );
});
