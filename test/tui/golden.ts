/** Frames as files: read by people, compared byte for byte. UPDATE_GOLDEN=1 writes them anew. */
import { expect } from 'bun:test';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame, Row, Tone } from '../../src/tui/types.ts';

const folder = join(import.meta.dirname, 'golden');

/** Compares text with golden/`name`.txt. */
export function expectGolden(name: string, text: string): void {
  const path = join(folder, `${name}.txt`);
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, `${text}\n`);
  }
  expect(`${text}\n`).toBe(readFileSync(path, 'utf8'));
}

/** The frame as a terminal shows it, trailing blanks cut. */
export function plainFrame(frame: Frame): string {
  const height = Math.max(frame.left.length, frame.right.length);
  return Array.from({ length: height }, (_, y) => {
    const right = frame.right[y];
    return `${plainRow(frame.left[y] ?? [])}${right === undefined ? '' : ` ${plainRow(right)}`}`.trimEnd();
  }).join('\n');
}

export const plainRow = (row: Row): string => row.map((part) => part.text).join('');

const letters: Readonly<Record<Tone, string>> = {
  normal: '.',
  quiet: 'q',
  note: 'n',
  warn: 'w',
  alarm: 'A',
  selected: 'S',
};

/** The frame's tones, one letter a cell; blanks are dots. */
export const toneFrame = (frame: Frame): string =>
  frame.left
    .map((row) => row.map((part) => part.text.replace(/\S/g, letters[part.tone]).replace(/ /g, '.')).join(''))
    .join('\n');
