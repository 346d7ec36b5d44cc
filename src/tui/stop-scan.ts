/** Finds the stop key in the raw bytes of a terminal, and drops pastes; no I/O. */

/** What is left for the key parser, and how often the stop key was in it. */
export interface Scanned {
  readonly text: string;
  readonly stops: number;
  /** A paste began, and its text was dropped. */
  readonly pasted: boolean;
}

/** A paste whose end never came is over after this much silence. */
const PASTE_SILENCE_MS = 1000;

const CTRL_X = '\x18';
/** Kitty and modifyOtherKeys forms of a control chord on x, and the marks of a bracketed paste. */
const whole = /\x1b\[(?:120;(\d+)(?::(\d))?u|27;(\d+);120~|(200)~|(201)~)/y;
const begun = /\x1b(?:\[(?:1(?:2(?:0(?:;[\d:]*)?)?)?|2(?:0[01]?|7(?:;\d*(?:;(?:1(?:20?)?)?)?)?)?)?)?$/y;

/**
 * Returns a scanner for chunks given as latin1 text at a monotonic time in ms.
 *
 * The stop key counts inside an unterminated paste, between glued keys, and split over two chunks. A lone ESC is passed
 * on at once; longer beginnings wait for their end until `flush`.
 */
export function stopScanner(): { push(chunk: string, nowMs: number): Scanned; flush(): string } {
  let pending = '';
  let passed = 0;
  let isPasting = false;
  let lastMs = 0;
  const push = (chunk: string, nowMs: number): Scanned => {
    if (isPasting && nowMs - lastMs > PASTE_SILENCE_MS) isPasting = false;
    lastMs = nowMs;
    const input = pending + chunk;
    let skip = passed;
    let text = '';
    let stops = 0;
    let pasted = false;
    pending = '';
    passed = 0;
    for (let at = 0; at < input.length; ) {
      const found = match(input, at);
      if (found === 'begun') {
        pending = input.slice(at);
        if (pending.length === 1 && !isPasting) {
          if (skip === 0) text += pending;
          passed = 1;
        } else passed = skip;
        break;
      }
      if (found.isStop) stops += 1;
      if (found.paste !== null) isPasting = found.paste;
      if (found.paste === true) pasted = true;
      if (found.keep && !isPasting && skip === 0) text += input.slice(at, at + found.length);
      skip = Math.max(0, skip - 1);
      at += found.length;
    }
    return { text, stops, pasted };
  };
  const flush = (): string => {
    const rest = isPasting ? '' : pending.slice(passed);
    pending = '';
    passed = 0;
    return rest;
  };
  return { push, flush };
}

interface Token {
  readonly length: number;
  readonly keep: boolean;
  readonly isStop: boolean;
  readonly paste: boolean | null;
}

const plain: Token = { length: 1, keep: true, isStop: false, paste: null };

function match(input: string, at: number): Token | 'begun' {
  const char = input[at];
  if (char === CTRL_X) return { length: 1, keep: false, isStop: true, paste: null };
  if (char !== '\x1b') return plain;
  whole.lastIndex = at;
  const found = whole.exec(input);
  if (found !== null) {
    const [text, kitty, event, other, start, end] = found;
    const isStop = event !== '3' && (hasControl(kitty) || hasControl(other));
    return { length: text.length, keep: false, isStop, paste: start ? true : end ? false : null };
  }
  begun.lastIndex = at;
  return begun.test(input) ? 'begun' : plain;
}

/** Modifiers are sent as 1 + bits; control is the third. */
const hasControl = (modifiers: string | undefined): boolean =>
  modifiers !== undefined && ((Number(modifiers) - 1) & 4) !== 0;
