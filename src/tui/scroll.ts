/** Movement keys: the gate selection, and the lines of a modal; pure. */
import { FULL } from './layout.ts';
import { modalLineRoom } from './select/modal.ts';
import type { Modal, NamedKey, ScreenState } from './types.ts';

/** Moves the selection among the gates; other keys change nothing. */
export function scrolled(state: ScreenState, key: NamedKey): ScreenState {
  const count = state.received?.status.gates.length ?? 0;
  const step = stepOf(key, FULL.gates);
  if (step === null || count === 0) return state;
  const from = state.selected ?? (step > 0 ? -1 : count);
  return { ...state, selected: clamp(from + step, count - 1) };
}

/** Scrolls what a modal shows; other keys change nothing. */
export function scrolledModal(state: ScreenState, modal: Modal, key: NamedKey): ScreenState {
  if (modal.kind === 'gate') return scrolled(state, key);
  const room = modalLineRoom(FULL.middle);
  const step = stepOf(key, room - 1);
  if (step === null) return state;
  if (modal.kind === 'log') {
    const events = state.received?.status.events.length ?? 0;
    return { ...state, modal: { ...modal, offset: clamp(modal.offset - step, events) } };
  }
  if (modal.kind !== 'raise' && modal.kind !== 'phrase') return state;
  const offset = clamp(modal.offset + step, Math.max(0, modal.lines.length - room));
  return { ...state, modal: { ...modal, offset } };
}

function stepOf(key: NamedKey, page: number): number | null {
  switch (key) {
    case 'up':
      return -1;
    case 'down':
      return 1;
    case 'page-up':
      return -page;
    case 'page-down':
      return page;
    case 'home':
      return -1_000_000;
    case 'end':
      return 1_000_000;
    default:
      return null;
  }
}

const clamp = (value: number, max: number): number => Math.max(0, Math.min(max, value));
