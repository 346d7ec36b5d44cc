/** Finds the stop key in the raw bytes of a terminal, and drops pastes and what the terminal says by itself; no I/O. */

/** What is left for the key parser, and how often the stop key was in it. */
export interface Scanned {
  readonly text: string;
  readonly stops: number;
  /** Whether a paste that the terminal marked begins or goes on in this read; its text was dropped. */
  readonly paste: 'none' | 'begins' | 'goes on';
}

/** A paste whose end never came is over after this much silence. */
const PASTE_SILENCE_MS = 1000;
/** The same for a string of the terminal's own, which comes at once or not at all. */
const STRING_SILENCE_MS = 200;

const CTRL_X = '\x18';
const BEL = '\x07';
/**
 * Kitty (with the alternates and the text it may name) and modifyOtherKeys forms of a control chord on x, the marks of a
 * bracketed paste, a mouse report of the oldest kind, and the beginning of a string (OSC, DCS, APC, PM, SOS).
 */
const whole =
  /\x1b(?:\[(?:(?:120(?::\d*){0,2}|\d+:\d*:120);(\d+)(?::(\d))?(?:;[\d:]*)?u|27;(\d+);120~|(200)~|(201)~|M[\x20-\xff]{3})|([\]PX^_\\]))/y;
const begun = /\x1b(?:\[(?:M[\x20-\xff]{0,2}|[\d:;]{0,32}))?$/y;

/**
 * Returns a scanner for chunks given as latin1 text at a monotonic time in ms.
 *
 * The stop key counts inside an unterminated paste or string, between glued keys, and split over two chunks. A lone ESC is
 * passed on at once; longer beginnings wait for their end until `flush`.
 */
export function stopScanner(): { push(chunk: string, nowMs: number): Scanned; flush(): string } {
  let pending = '';
  let passed = 0;
  let inside: Inside = 'keys';
  let lastMs = 0;
  const push = (chunk: string, nowMs: number): Scanned => {
    const silentMs = nowMs - lastMs;
    if (silentMs > (inside === 'paste' ? PASTE_SILENCE_MS : STRING_SILENCE_MS)) inside = 'keys';
    lastMs = nowMs;
    const input = pending + chunk;
    let skip = passed;
    let text = '';
    let stops = 0;
    let paste: Scanned['paste'] = inside === 'paste' ? 'goes on' : 'none';
    pending = '';
    passed = 0;
    for (let at = 0; at < input.length; ) {
      const found = match(input, at);
      if (found === 'begun') {
        pending = input.slice(at);
        if (pending.length === 1 && inside === 'keys') {
          if (skip === 0) text += pending;
          passed = 1;
        } else passed = skip;
        break;
      }
      const before = inside;
      inside = afterwards(inside, found, input[at]);
      if (found.kind === 'stop') stops += 1;
      if (found.kind === 'paste begins') paste = 'begins';
      if (isTyped(before, found, input[at]) && skip === 0) text += input.slice(at, at + found.length);
      skip = Math.max(0, skip - 1);
      at += found.length;
    }
    return { text, stops, paste };
  };
  const flush = (): string => {
    const rest = inside === 'keys' ? pending.slice(passed) : '';
    pending = '';
    passed = 0;
    return rest;
  };
  return { push, flush };
}

type Inside = 'keys' | 'paste' | 'string';

interface Token {
  readonly length: number;
  readonly kind: 'key' | 'stop' | 'nothing' | 'paste begins' | 'paste ends' | 'string begins';
}

const plain: Token = { length: 1, kind: 'key' };

function match(input: string, at: number): Token | 'begun' {
  const char = input[at];
  if (char === CTRL_X) return { length: 1, kind: 'stop' };
  if (char !== '\x1b') return plain;
  whole.lastIndex = at;
  const found = whole.exec(input);
  if (found !== null) return { length: found[0].length, kind: kindOf(found) };
  begun.lastIndex = at;
  return begun.test(input) ? 'begun' : plain;
}

function kindOf([, kitty, event, other, start, end, string]: RegExpExecArray): Token['kind'] {
  if (start !== undefined) return 'paste begins';
  if (end !== undefined) return 'paste ends';
  if (string !== undefined) return string === '\\' ? 'key' : 'string begins';
  return event !== '3' && (hasControl(kitty) || hasControl(other)) ? 'stop' : 'nothing';
}

/** A string ends with BEL or ESC \, and with every other ESC, which then begins something of its own. */
function afterwards(inside: Inside, { kind }: Token, char: string | undefined): Inside {
  if (inside === 'paste') return kind === 'paste ends' ? 'keys' : 'paste';
  if (kind === 'paste begins') return 'paste';
  if (kind === 'string begins') return 'string';
  return inside === 'string' && char !== BEL && char !== '\x1b' && char !== CTRL_X ? 'string' : 'keys';
}

function isTyped(inside: Inside, { kind, length }: Token, char: string | undefined): boolean {
  if (kind !== 'key') return false;
  return inside === 'keys' || (inside === 'string' && char === '\x1b' && length === 1);
}

/** Modifiers are sent as 1 + bits; control is the third. */
const hasControl = (modifiers: string | undefined): boolean =>
  modifiers !== undefined && ((Number(modifiers) - 1) & 4) !== 0;
