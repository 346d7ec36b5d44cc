/** The stop key's way to the engine: the open connection first, the STOP file when nobody answers. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlClient } from '../control/client.ts';
import type { CommandReply } from '../control/protocol.ts';
import type { Clock } from '../engine/clock.ts';
import type { Stop } from './types.ts';

/** Without an answer after this long the STOP file is written. */
export const STOP_ANSWER_MS = 500;

export interface StopButton {
  /** Sends a stop; returns after it was written to the socket. Never throws. */
  readonly press: () => void;
  /** The link came back: sends a stop again that nobody has answered. */
  readonly linkUp: () => void;
  /** The latch was seen: a missing answer is no longer waited for, and nothing is sent again. */
  readonly latchSeen: () => void;
  readonly close: () => void;
}

export interface StopSetting {
  readonly client: Pick<ControlClient, 'sendStop'>;
  readonly stateDir: string;
  /** Where the daemon said that it looks for one, which its own environment may have named; null before its first word. */
  readonly toldStateDir: () => string | null;
  readonly operator: string;
  readonly clock: Clock;
  readonly onStop: (stop: Stop) => void;
}

/** Makes the button; `onStop` hears each step. Pressing it again never puts the missing answer off. */
export function stopButton(setting: StopSetting): StopButton {
  let waiting: ReturnType<typeof setTimeout> | null = null;
  let isUnanswered = false;

  const settle = (isAnswered: boolean): void => {
    if (waiting !== null) clearTimeout(waiting);
    waiting = null;
    isUnanswered = !isAnswered;
  };
  const giveUp = (): void => {
    if (waiting === null) return;
    settle(false);
    const file = leaveStopFile(setting);
    setting.onStop({ kind: 'unacknowledged', file, atMs: setting.clock.monoMs() });
  };
  const answered = (reply: CommandReply, sentAtMonoMs: number): void => {
    if (!reply.ok && reply.latch === undefined) {
      giveUp();
      return;
    }
    settle(true);
    // Latched in memory alone: the file holds what a restart would forget.
    if (!reply.ok) leaveStopFile(setting);
    const atMs = setting.clock.monoMs();
    const text = reply.latch?.text ?? 'LATCHED';
    setting.onStop({ kind: 'latched', ackMs: atMs - sentAtMonoMs, text, id: reply.latch?.id ?? null, atMs });
  };
  const press = (): void => {
    const isFirst = waiting === null;
    try {
      const { sentAtMonoMs, ack } = send(setting);
      waiting ??= setTimeout(giveUp, STOP_ANSWER_MS);
      ack.then((reply) => answered(reply, sentAtMonoMs), giveUp);
      if (isFirst) setting.onStop({ kind: 'sent' });
    } catch {
      waiting ??= setTimeout(giveUp, 0);
      giveUp();
    }
  };

  return {
    press,
    linkUp: () => {
      if (isUnanswered) press();
    },
    latchSeen: () => {
      if (waiting === null) isUnanswered = false;
    },
    close: () => settle(true),
  };
}

const send = (setting: StopSetting) =>
  setting.client.sendStop({ operator: setting.operator, reason: 'Ctrl+X' });

/** Writes the file that the engine looks for by itself; says what came of it where the engine looks. */
function leaveStopFile(setting: StopSetting): string {
  const here = writeStopFile(setting.stateDir, setting.operator);
  const told = setting.toldStateDir();
  return told === null || told === setting.stateDir ? here : writeStopFile(told, setting.operator);
}

function writeStopFile(stateDir: string, operator: string): string {
  try {
    writeFileSync(join(stateDir, 'STOP'), `Ctrl+X by ${operator}\n`, { mode: 0o600 });
    return 'STOP file written';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return `no STOP file: ${code}`;
  }
}
