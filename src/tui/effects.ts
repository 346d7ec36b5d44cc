/** Does what the keys asked for; every answer comes back as an event. */
import type { ControlClient } from '../control/client.ts';
import type { CommandName, CommandReply } from '../control/protocol.ts';
import type { Clock } from '../engine/clock.ts';
import type { CallOf, Effect, ScreenEvent } from './types.ts';

/** How the screen was left. */
export type Leave = 'detach' | 'shutdown';

export interface EffectSetting {
  readonly client: Pick<ControlClient, 'command'>;
  readonly clock: Clock;
  readonly operator: string;
  readonly onEvent: (event: ScreenEvent) => void;
  readonly onLeave: (how: Leave) => void;
  readonly repaint: () => void;
}

/** Runs one effect; never throws, never waits. */
export function runEffect(setting: EffectSetting, effect: Effect): void {
  switch (effect.kind) {
    case 'command':
      report(setting, effect.label, call(setting, effect.call));
      return;
    case 'ask-live':
      askLive(setting, effect.digest);
      return;
    case 'leave':
      setting.onLeave(effect.how);
      return;
    case 'repaint':
      setting.repaint();
  }
}

/** Sends one command of any name. */
function call<N extends CommandName>(
  setting: EffectSetting,
  { name, body }: CallOf<N>,
): Promise<CommandReply> {
  return setting.client.command(name, body);
}

function report(setting: EffectSetting, label: string, answer: Promise<CommandReply>): void {
  const { onEvent, clock } = setting;
  answer.then(
    (reply) => onEvent({ type: 'replied', label, reply, nowMs: clock.monoMs() }),
    (error: unknown) => onEvent({ type: 'failed', label, why: textOf(error), nowMs: clock.monoMs() }),
  );
}

/** Asks what stage 4 would do; the answer opens the modal. */
function askLive(setting: EffectSetting, digest: string): void {
  const { onEvent, clock, operator } = setting;
  setting.client.command('stage', { operator, stage: 4, config_digest: digest }).then(
    (reply) => onEvent({ type: 'confirmation', reply, digest, nowMs: clock.monoMs() }),
    (error: unknown) =>
      onEvent({ type: 'failed', label: 'STAGE 4', why: textOf(error), nowMs: clock.monoMs() }),
  );
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown error');
