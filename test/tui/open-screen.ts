/** The real screen on a pseudo-terminal, against a real control socket with a scripted daemon. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandReply, StatusDocument } from '../../src/control/protocol.ts';
import { startControlServer } from '../../src/control/server.ts';
import { type Call, okReply, privateDir, recordingTarget } from '../control/fixture.ts';
import { bunPath, openTerminal, type TestTerminal } from '../helpers/terminal.ts';
import { status as exampleStatus, gates, latched } from './fixture.ts';

export interface ScreenSetting {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  readonly command?: readonly string[];
  readonly status?: StatusDocument;
  /** The daemon takes the stop and never answers. */
  readonly isDeafToStop?: boolean;
}

export interface ScreenUnderTest {
  readonly terminal: TestTerminal;
  /** Commands that reached the daemon. */
  readonly calls: readonly Call[];
  readonly called: (name: string) => number;
  /** Changes the status from now on. */
  readonly become: (change: (status: StatusDocument) => StatusDocument) => void;
  readonly closeServer: () => Promise<void>;
  readonly stopFile: () => string | null;
  /** What runTui returned; null while it runs. */
  readonly result: () => unknown;
  readonly close: () => Promise<void>;
}

/** Opens the screen and waits until it shows the daemon's first status. */
export async function openScreen(setting: ScreenSetting = {}): Promise<ScreenUnderTest> {
  const dir = privateDir();
  const socketPath = join(dir.path, 'c.sock');
  const out = join(dir.path, 'result.json');
  let current = setting.status ?? exampleStatus;
  const daemon = recordingTarget((fresh) => ({ ...current, seq: fresh.seq }));
  const become = (change: (status: StatusDocument) => StatusDocument): void => {
    current = change(current);
    daemon.notify();
  };
  daemon.answerWith((call) => {
    if (call.name !== 'stop') return Promise.resolve(replyTo(call));
    if (setting.isDeafToStop === true) return new Promise(() => {});
    become(latched);
    return Promise.resolve(replyTo(call));
  });
  const server = await startControlServer({ socketPath, target: daemon.target, log: () => {} });
  if (!server.ok) throw new Error(server.problem);
  const terminal = openTerminal({
    command: [
      ...(setting.command ?? [bunPath, 'run']),
      'test/tui/entry.ts',
      socketPath,
      dir.path,
      out,
      ...(setting.flags ?? []),
    ],
    columns: setting.columns ?? 80,
    rows: setting.rows ?? 24,
    ...(setting.env === undefined ? {} : { env: setting.env }),
  });
  let isServerOpen = true;
  const closeServer = async (): Promise<void> => {
    if (isServerOpen) await server.close();
    isServerOpen = false;
  };
  await terminal.see(/LINK OK \d+ms/, 20_000);
  return {
    terminal,
    calls: daemon.calls,
    called: (name) => daemon.calls.filter((call) => call.name === name).length,
    become,
    closeServer,
    stopFile: () => readIfThere(join(dir.path, 'STOP')),
    result: () => {
      const text = readIfThere(out);
      return text === null ? null : JSON.parse(text);
    },
    close: async () => {
      await terminal.close();
      await closeServer();
      dir.remove();
    },
  };
}

const readIfThere = (path: string): string | null => (existsSync(path) ? readFileSync(path, 'utf8') : null);

function replyTo(call: Call): CommandReply {
  if (call.name === 'stop') {
    return { ...okReply('latched'), latch: { id: 'L-7', durable: true, text: 'LATCHED' } };
  }
  const isQuestion = call.name === 'stage' && isStage4(call.body) && !hasConfirm(call.body);
  if (!isQuestion) return okReply(`did ${call.name}`);
  return {
    ...okReply('confirm'),
    confirmation: {
      host: 'trd01',
      code: '4711',
      phrase: 'trd01 4 4711',
      expires_in_ms: 120_000,
      plan: ['cancel BTCUSDT stray'],
      covered: { environment: 'testnet' },
      unacknowledged: [],
      digest: 'x',
    },
  };
}

const isStage4 = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'stage' in body && body.stage === 4;
const hasConfirm = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'confirm' in body && body.confirm !== undefined;

/** A status in stage 3 with every source up, from which `a` asks for stage 4. */
export const readyForLive: StatusDocument = {
  ...exampleStatus,
  stage: { ...exampleStatus.stage, in_force: 3, name: 'Execution blocked', earned: 4, hold: null },
  sources: exampleStatus.sources.map((source) => ({ ...source, up: true, age_ms: 800 })),
  gates: [...gates],
};

/** Lets the first deaf 400 ms of a modal pass. */
export const passGuard = (): Promise<void> => new Promise((done) => setTimeout(done, 450));
