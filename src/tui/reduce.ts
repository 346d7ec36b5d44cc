/** What happens to the screen, folded into its state; pure. */
import { isSmall } from './layout.ts';
import { openLive } from './open.ts';
import type { Modal, Received, ScreenEvent, ScreenState, Setting, Stop } from './types.ts';

/** An answer stays this long, unless another one comes. */
const NOTICE_MS = 10_000;

/** The state before anything came. */
export function initialState(
  setting: Setting,
  size: { readonly columns: number; readonly rows: number },
  now: { readonly nowMs: number; readonly wallMs: number },
): ScreenState {
  return {
    setting,
    ...now,
    ...size,
    ticks: 0,
    link: { up: false, why: 'connecting', latencyMs: null },
    received: null,
    selected: null,
    modal: null,
    stop: { kind: 'idle' },
    notice: null,
  };
}

/** The next state. */
export function reduce(state: ScreenState, event: ScreenEvent): ScreenState {
  switch (event.type) {
    case 'tick':
      return ticked(state, event);
    case 'link':
      return { ...state, link: { ...state.link, up: event.up, why: event.why } };
    case 'latency':
      return { ...state, link: { ...state.link, latencyMs: Math.max(1, Math.round(event.ms)) } };
    case 'resize':
      return resized({ ...state, columns: event.columns, rows: event.rows });
    case 'stop':
      return withoutRaise({ ...state, stop: event.stop });
    case 'replied':
      return answered(state, `${event.label}: ${event.reply.message}`, event.reply.ok, event.nowMs);
    case 'failed':
      return answered(state, `${event.label}: no answer (${event.why})`, false, event.nowMs);
    case 'confirmation':
      return asked(state, event);
  }
}

function ticked(state: ScreenState, event: Extract<ScreenEvent, { readonly type: 'tick' }>): ScreenState {
  const { nowMs, wallMs } = event;
  const received = event.received ?? state.received;
  const isNoticeOver = state.notice !== null && nowMs - state.notice.atMs >= NOTICE_MS;
  const isModalOver = isTimed(state.modal) && nowMs - state.modal.openedAtMs >= state.modal.lifeMs;
  const notice = isNoticeOver ? null : state.notice;
  const next: ScreenState = {
    ...state,
    nowMs,
    wallMs,
    ticks: state.ticks + 1,
    received,
    selected: kept(state.selected, received),
    stop: settled(state.stop, state.received, received),
    notice,
  };
  const isLatched = received?.status.latch.latched === true;
  if (isLatched && state.received?.status.latch.latched !== true) return withoutRaise(next);
  if (!isModalOver) return next;
  return {
    ...next,
    modal: null,
    notice: { text: 'closed by itself: nobody answered, nothing sent', tone: 'note', atMs: nowMs },
  };
}

/** A stop, whoever's it is, takes away the question of a raise: what it was asked under is over. */
function withoutRaise(state: ScreenState): ScreenState {
  const { modal } = state;
  if (modal?.kind !== 'raise' && (modal?.kind !== 'phrase' || modal.purpose !== 'live')) return state;
  const notice = { text: 'closed by the stop: nothing sent', tone: 'note', atMs: state.nowMs } as const;
  return { ...state, modal: null, notice };
}

const isTimed = (modal: Modal | null): modal is Extract<Modal, { readonly lifeMs: number }> =>
  modal !== null && 'lifeMs' in modal;

const kept = (selected: number | null, received: Received | null): number | null =>
  selected === null || received === null ? selected : Math.min(selected, received.status.gates.length - 1);

/** A document this much younger than an answer can't have been made before it. */
const YOUNGER_MS = 1000;

/**
 * What the stop key did is over once its latch was cleared, whoever did it and whether or not it was ever shown here; a
 * missing answer is over once a document that came after it tells of a latch.
 */
function settled(stop: Stop, before: Received | null, now: Received | null): Stop {
  if ((stop.kind !== 'latched' && stop.kind !== 'unacknowledged') || now === null) return stop;
  const is = now.status.latch.latched;
  if (stop.kind === 'unacknowledged') return is && now.atMs > stop.atMs ? { kind: 'idle' } : stop;
  const isCleared = before?.status.latch.latched === true || now.atMs - stop.atMs > YOUNGER_MS;
  return !is && isCleared ? { kind: 'idle' } : stop;
}

/** What asks for more than the small screen shows is closed by it. */
const resized = (state: ScreenState): ScreenState =>
  isSmall(state) && state.modal !== null && state.modal.kind !== 'quit' ? { ...state, modal: null } : state;

const answered = (state: ScreenState, text: string, isGood: boolean, atMs: number): ScreenState => ({
  ...state,
  notice: { text, tone: isGood ? 'note' : 'warn', atMs },
});

/** Never covers something that was opened meanwhile. */
function asked(
  state: ScreenState,
  event: Extract<ScreenEvent, { readonly type: 'confirmation' }>,
): ScreenState {
  const modal = openLive(state, event);
  if (modal === null) return answered(state, `STAGE 4: ${event.reply.message}`, false, event.nowMs);
  if (state.modal !== null || isSmall(state))
    return answered(state, 'STAGE 4: press a again', false, event.nowMs);
  return { ...state, modal, notice: null };
}
