/** Turns what Ink reports into single keys; pure. */
import type { Key } from 'ink';
import type { KeyPress, NamedKey } from './types.ts';

/**
 * Splits one report into keys: keys that arrive together come as one string. Alt and control chords without a meaning
 * here give nothing, nor does a key that is let go of.
 */
export function keysOf(input: string, key: Key): readonly KeyPress[] {
  if (key.eventType === 'release') return [];
  const named = namedKey(key);
  if (named !== null) return [{ key: named }];
  if (key.ctrl) return input === 'c' ? [{ key: 'ctrl-c' }] : input === 'l' ? [{ key: 'ctrl-l' }] : [];
  if (key.meta) return [];
  return [...input].flatMap(charKey);
}

function namedKey(key: Key): NamedKey | null {
  if (key.return) return 'enter';
  if (key.escape) return 'escape';
  if (key.tab) return 'tab';
  if (key.backspace || key.delete) return 'backspace';
  if (key.upArrow) return 'up';
  if (key.downArrow) return 'down';
  if (key.leftArrow) return 'left';
  if (key.rightArrow) return 'right';
  if (key.pageUp) return 'page-up';
  if (key.pageDown) return 'page-down';
  if (key.home) return 'home';
  return key.end ? 'end' : null;
}

const controls: Readonly<Record<string, NamedKey>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\b': 'backspace',
  '\x7f': 'backspace',
  '\x03': 'ctrl-c',
  '\x0c': 'ctrl-l',
  '\x1b': 'escape',
};

function charKey(char: string): readonly KeyPress[] {
  const named = controls[char];
  if (named !== undefined) return [{ key: named }];
  return /^[\x20-\x7e]$/.test(char) ? [{ key: 'char', char }] : [];
}
