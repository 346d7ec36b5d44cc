/** Text of fixed width, durations and clocks; pure. */
import type { Glyphs, Row, Span, Tone } from './types.ts';

/** A piece of text in a tone. */
export const span = (text: string, tone: Tone = 'normal'): Span => ({ text, tone });

/** Cuts or pads text to exactly `width` terminal cells. */
export function fit(text: string, width: number, glyphs: Glyphs): string {
  const clean = printable(text, glyphs);
  const used = cellsOf(clean);
  if (used <= width) return clean + ' '.repeat(width - used);
  if (width <= 0) return '';
  const room = width - 1;
  let cut = '';
  let cells = 0;
  for (const char of clean) {
    const next = cells + cellWidth(char);
    if (next > room) break;
    cut += char;
    cells = next;
  }
  return cut + glyphs.ellipsis + ' '.repeat(room - cells);
}

/** As `fit`, but cuts in the middle: what tells two ids apart is at their end. For text of one cell a character. */
export function fitMiddle(text: string, width: number, glyphs: Glyphs): string {
  const clean = printable(text, glyphs);
  if (cellsOf(clean) <= width || width < 5 || cellsOf(clean) !== clean.length)
    return fit(clean, width, glyphs);
  const tail = Math.floor((width - 1) / 2);
  return clean.slice(0, width - 1 - tail) + glyphs.ellipsis + clean.slice(clean.length - tail);
}

/** Cuts text to at most `width` cells, without padding. */
export const cut = (text: string, width: number, glyphs: Glyphs): string =>
  fit(text, width, glyphs).trimEnd();

/** Cuts or pads a row to exactly `width` cells; neighbours of one tone become one span. */
export function fitRow(row: Row, width: number, glyphs: Glyphs): Row {
  const out: Span[] = [];
  let left = width;
  for (const part of row) {
    const clean = printable(part.text, glyphs);
    const used = cellsOf(clean);
    if (used > left) {
      if (left > 0) append(out, span(fit(clean, left, glyphs), part.tone));
      return out;
    }
    append(out, span(clean, part.tone));
    left -= used;
  }
  if (left > 0) append(out, span(' '.repeat(left)));
  return out;
}

function append(out: Span[], part: Span): void {
  const last = out.at(-1);
  if (last?.tone === part.tone) out[out.length - 1] = span(last.text + part.text, part.tone);
  else out.push(part);
}

/** Puts one row at the left and one at the right edge; the left one gives way. */
export function spread(leftRow: Row, rightRow: Row, width: number, glyphs: Glyphs): Row {
  const rightCells = rightRow.reduce((sum, part) => sum + cellsOf(printable(part.text, glyphs)), 0);
  const room = Math.max(0, width - rightCells - 1);
  return fitRow([...fitRow(leftRow, room, glyphs), span(' '), ...rightRow], width, glyphs);
}

/** Breaks text into lines of at most `width` characters at spaces. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((each) => chop(each, width))) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

/** Breaks a line and keeps its indentation on every part. */
export function wrapIndented(line: string, width: number): readonly string[] {
  const indent = /^ */.exec(line)?.[0] ?? '';
  return wrap(line.trimStart(), width - indent.length).map((part) => indent + part);
}

function chop(word: string, width: number): readonly string[] {
  if (word.length <= width) return [word];
  return [word.slice(0, width), ...chop(word.slice(width), width)];
}

/** Age in one unit: 0.8s, 12s, 7m, 2h, 3d. */
export function age(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  if (seconds < 60) return `${Math.floor(seconds)}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** Age in one unit and whole numbers: 0s, 12s, 7m. */
export const wholeAge = (ms: number): string =>
  ms < 60_000 ? `${Math.floor(Math.max(0, ms) / 1000)}s` : age(ms);

/** Age in two units: 12s, 7m03s, 2h05m, 3d04h. */
export function uptime(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h${two(Math.floor((seconds % 3600) / 60))}m`;
  return `${Math.floor(seconds / 86_400)}d${two(Math.floor((seconds % 86_400) / 3600))}h`;
}

/** Time left: 07:41, or 1:07:41 from an hour on; rounded up, so that 00:00 means none. */
export function countdown(ms: number): string {
  const seconds = Math.ceil(Math.max(0, ms) / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
  return seconds < 3600 ? minutes : `${Math.floor(seconds / 3600)}:${minutes}`;
}

/** UTC time of day, HH:MM:SS; question marks for what is no date. */
export function clock(epochMs: number): string {
  return Math.abs(epochMs) < 8.64e15 ? new Date(epochMs).toISOString().slice(11, 19) : '??:??:??';
}

/** UTC time of day with Z; the date as well when it is over a day from `wallMs`. */
export function since(epochMs: number, wallMs: number): string {
  if (!(Math.abs(epochMs) < 8.64e15)) return 'unknown';
  const iso = new Date(epochMs).toISOString();
  return Math.abs(wallMs - epochMs) < 86_400_000 ? `${iso.slice(11, 19)}Z` : `${iso.slice(0, 16)}Z`;
}

/** Replaces what could move the cursor or hide text; in ASCII mode everything beyond ASCII. */
export function printable(text: string, glyphs: Glyphs): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  let out = '';
  for (const char of text) out += isPlain(char, glyphs) ? char : char === '…' ? glyphs.ellipsis : '?';
  return out;
}

function isPlain(char: string, glyphs: Glyphs): boolean {
  if (char >= ' ' && char <= '~') return true;
  return !glyphs.ascii && !/[\p{C}\p{M}\p{Zl}\p{Zp}]/u.test(char);
}

const cellsOf = (text: string): number => {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let cells = 0;
  for (const char of text) cells += cellWidth(char);
  return cells;
};

/** Two cells for East Asian wide characters and emoji. */
const cellWidth = (char: string): number => (char > '~' && wide.test(char) ? 2 : 1);
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;
