/** What a key does in a state: the next state, and what is asked of the outside; pure. */
import type { CommandName } from '../control/protocol.ts';
import { linkState } from './freshness.ts';
import { isSmall } from './layout.ts';
import { openAdvance, openClear, openQuit } from './open.ts';
import { pressInModal } from './press-modal.ts';
import { scrolled } from './scroll.ts';
import type { Call, KeyPress, Modal, Pressed, ScreenState, Tone } from './types.ts';

/** Applies one key at the monotonic time `nowMs`. The stop key never comes here. */
export function press(state: ScreenState, key: KeyPress, nowMs: number): Pressed {
  if (key.key === 'ctrl-l') return { state, effects: [{ kind: 'repaint' }] };
  if (key.key === 'paste' && state.modal?.kind !== 'phrase') return noted(state, pasteText, nowMs);
  if (state.modal !== null) return pressInModal(state, state.modal, key, nowMs);
  if (key.key === 'ctrl-c') return opened(state, openQuit(state, nowMs));
  if (key.key === 'escape') return { state: { ...state, selected: null, notice: null }, effects: [] };
  if (key.key === 'char') return pressLetter(state, key.char, nowMs);
  return { state: scrolled(state, key.key), effects: [] };
}

function pressLetter(state: ScreenState, char: string, nowMs: number): Pressed {
  if (char === 'q') return opened(state, openQuit(state, nowMs));
  if (char === 'd' || char === 'x') return lower(state, char, nowMs);
  if (!'aRikgl?'.includes(char)) return { state, effects: [] };
  if (isSmall(state)) return noted(state, 'enlarge the terminal to 80x24 for this key', nowMs);
  if (char === 'g') return opened(state, { kind: 'gate' });
  if (char === 'l') return opened(state, { kind: 'log', offset: 0 });
  if (char === '?') return opened(state, { kind: 'help' });
  if (state.setting.readOnly) return noted(state, readOnlyText, nowMs);
  if (char === 'a') return advance(state, nowMs);
  if (char === 'R') return clear(state, nowMs);
  const { operator } = state.setting;
  return char === 'i'
    ? commanded(state, { name: 'inject-mismatch', body: { operator } }, nowMs)
    : acknowledge(state, nowMs);
}

/** Marks what is shown here as seen, and nothing that came since. */
function acknowledge(state: ScreenState, nowMs: number): Pressed {
  const status = state.received?.status;
  if (status === undefined || linkState(state) !== 'ok')
    return noted(state, 'the link is silent: there may be news that is not shown here', nowMs);
  const { at_ms, events, gates } = status;
  // The daemon's clock may have been set back since the newest of them.
  const times = [at_ms, ...events.map((event) => event.at_ms), ...gates.map((gate) => gate.changed_at_ms)];
  const body = { operator: state.setting.operator, shown_at_ms: Math.max(...times) };
  return commanded(state, { name: 'seen', body }, nowMs);
}

const pasteText = 'pasted text is not taken: it presses no keys';
const readOnlyText = 'read-only: of the commands only Ctrl+X works here';

/** Lowering carries nothing and asks nothing. */
function lower(state: ScreenState, char: 'd' | 'x', nowMs: number): Pressed {
  if (state.setting.readOnly) return noted(state, readOnlyText, nowMs);
  const { operator } = state.setting;
  if (char === 'x') return commanded(state, { name: 'disarm', body: { operator } }, nowMs);
  const stage = state.received?.status.stage.in_force;
  if (stage === undefined) return noted(state, 'no stage known yet: Ctrl+X stops', nowMs);
  if (stage === 0) return noted(state, 'already at stage 0', nowMs);
  const below = ([0, 0, 1, 2, 3] as const)[stage];
  return commanded(state, { name: 'stage', body: { operator, stage: below } }, nowMs);
}

function advance(state: ScreenState, nowMs: number): Pressed {
  const next = openAdvance(state, nowMs);
  if (next.kind === 'refused') return noted(state, `ADVANCE refused: ${next.why}`, nowMs, 'warn');
  if (next.kind === 'modal') return opened(state, next.modal);
  return { ...noted(state, 'asking the engine what stage 4 would do', nowMs), effects: [next.effect] };
}

function clear(state: ScreenState, nowMs: number): Pressed {
  const modal = openClear(state, nowMs);
  return typeof modal === 'string' ? noted(state, modal, nowMs) : opened(state, modal);
}

const opened = (state: ScreenState, modal: Modal): Pressed => ({
  state: { ...state, modal, notice: null },
  effects: [],
});

const noted = (state: ScreenState, text: string, atMs: number, tone: Tone = 'note'): Pressed => ({
  state: { ...state, notice: { text, tone, atMs } },
  effects: [],
});

function commanded(state: ScreenState, call: Call, nowMs: number): Pressed {
  const label = labels[call.name];
  return {
    state: { ...state, notice: { text: `${label}: command sent`, tone: 'note', atMs: nowMs } },
    effects: [{ kind: 'command', call, label }],
  };
}

/** What a command is called on the screen. */
export const labels: Readonly<Record<CommandName, string>> = {
  stop: 'STOP',
  'clear-stop': 'CLEAR STOP',
  stage: 'STAGE',
  advance: 'ADVANCE',
  disarm: 'DISARM',
  renew: 'RENEW',
  approve: 'APPROVE',
  shutdown: 'SHUTDOWN',
  ack: 'ACK',
  resolve: 'RESOLVE',
  seen: 'ACK',
  'inject-mismatch': 'CANARY',
  prove: 'PROVE',
};
