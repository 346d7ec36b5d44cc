/** Keys while something is asked or looked at; pure. */
import { isExchangeFresh } from './freshness.ts';
import { GUARD_MS, raiseBlocked, staleExchange } from './open.ts';
import { scrolledModal } from './scroll.ts';
import type {
  Effect,
  KeyPress,
  Modal,
  PhraseModal,
  Pressed,
  QuitModal,
  RaiseModal,
  ScreenState,
} from './types.ts';

const MAX_TYPED = 120;
/** The fields are confirmations: who types reads. */
const pasteProblem = 'pasted text is not taken: type it';

/** Applies a key to the open modal; the first 400 ms of one that asks something are deaf. */
export function pressInModal(state: ScreenState, modal: Modal, key: KeyPress, nowMs: number): Pressed {
  switch (modal.kind) {
    case 'raise':
      return isDeaf(modal, nowMs) ? unchanged(state) : pressRaise(state, modal, key, nowMs);
    case 'phrase':
      if (key.key === 'paste') return unchanged({ ...state, modal: { ...modal, problem: pasteProblem } });
      return isDeaf(modal, nowMs) ? unchanged(state) : pressPhrase(state, modal, key, nowMs);
    case 'quit':
      return isDeaf(modal, nowMs) ? unchanged(state) : pressQuit(state, modal, key);
    case 'gate':
    case 'log':
    case 'help':
      return pressView(state, modal, key);
  }
}

const isDeaf = (modal: { readonly openedAtMs: number }, nowMs: number): boolean =>
  nowMs - modal.openedAtMs < GUARD_MS;

const unchanged = (state: ScreenState): Pressed => ({ state, effects: [] });

function pressRaise(state: ScreenState, modal: RaiseModal, key: KeyPress, nowMs: number): Pressed {
  if (key.key === 'escape' || key.key === 'ctrl-c') return cancelled(state, nowMs);
  if (key.key === 'tab' || key.key === 'left' || key.key === 'right') {
    const focus = modal.focus === 'cancel' ? 'confirm' : 'cancel';
    return unchanged({ ...state, modal: { ...modal, focus } });
  }
  if (key.key === 'enter') {
    return modal.focus === 'cancel' ? cancelled(state, nowMs) : confirmed(state, modal, nowMs);
  }
  return key.key === 'char' ? unchanged(state) : unchanged(scrolledModal(state, modal, key.key));
}

function pressPhrase(state: ScreenState, modal: PhraseModal, key: KeyPress, nowMs: number): Pressed {
  if (key.key === 'escape' || key.key === 'ctrl-c') return cancelled(state, nowMs);
  if (key.key === 'char') {
    const typed = (modal.typed + key.char).slice(0, MAX_TYPED);
    return unchanged({ ...state, modal: { ...modal, typed, problem: '' } });
  }
  if (key.key === 'backspace') {
    return unchanged({ ...state, modal: { ...modal, typed: modal.typed.slice(0, -1), problem: '' } });
  }
  if (key.key !== 'enter') return unchanged(scrolledModal(state, modal, key.key));
  if (modal.typed === '') return cancelled(state, nowMs);
  if (modal.typed !== modal.phrase) {
    return unchanged({ ...state, modal: { ...modal, problem: 'That is not the phrase; nothing was sent.' } });
  }
  return confirmed(state, modal, nowMs);
}

function pressQuit(state: ScreenState, _modal: QuitModal, key: KeyPress): Pressed {
  const isYes = key.key === 'ctrl-c' || (key.key === 'char' && (key.char === 'q' || key.char === 'y'));
  const how = state.setting.ownsDaemon ? 'shutdown' : 'detach';
  return { state: { ...state, modal: null }, effects: isYes ? [{ kind: 'leave', how }] : [] };
}

function pressView(state: ScreenState, modal: Modal, key: KeyPress): Pressed {
  const closes = key.key === 'escape' || key.key === 'enter' || key.key === 'ctrl-c';
  const isLetter = key.key === 'char' && 'qgl?'.includes(key.char);
  if (closes || isLetter) return unchanged({ ...state, modal: null });
  return key.key === 'char' ? unchanged(state) : unchanged(scrolledModal(state, modal, key.key));
}

const cancelled = (state: ScreenState, nowMs: number): Pressed =>
  unchanged({
    ...state,
    modal: null,
    notice: { text: 'cancelled, nothing sent', tone: 'note', atMs: nowMs },
  });

/** Sends what the modal showed, unless what it rests on has gone silent since. */
function confirmed(state: ScreenState, modal: RaiseModal | PhraseModal, nowMs: number): Pressed {
  const blocked = confirmBlocked(state, modal);
  if (blocked !== null) {
    const notice = { text: `refused here: ${blocked}`, tone: 'warn', atMs: nowMs } as const;
    return unchanged({ ...state, modal: null, notice });
  }
  const label = modal.kind === 'raise' ? 'ADVANCE' : modal.purpose === 'live' ? 'STAGE 4' : 'CLEAR STOP';
  const effect: Effect = { kind: 'command', call: modal.confirm, label };
  const notice = { text: `${label}: command sent`, tone: 'note', atMs: nowMs } as const;
  return { state: { ...state, modal: null, notice }, effects: [effect] };
}

function confirmBlocked(state: ScreenState, modal: RaiseModal | PhraseModal): string | null {
  const silent = raiseBlocked(state);
  if (silent !== null || modal.kind === 'raise' || modal.purpose === 'clear') return silent;
  const status = state.received?.status;
  return status !== undefined && isExchangeFresh(state, status) ? null : staleExchange;
}
