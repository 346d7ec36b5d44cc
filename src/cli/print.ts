/** Text for people: plain characters only, columns aligned. */
import { stripVTControlCharacters } from 'node:util';
import { escapeDocument } from '../engine/escape.ts';
import { readCommandLine } from '../launch/argv.ts';
import type { CliIo } from './context.ts';

/** Removes everything that could move the cursor, colour or reorder text; a line break becomes a space. */
export function plain(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\n\r\t]+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, '');
}

/** One line of JSON that a terminal can show: a daemon behind somebody else's socket may say anything. */
export function formatJson(value: unknown): string {
  return escapeDocument(JSON.stringify(value));
}

/** Where JSON was asked for, trouble is a document like any other: a script must not be left with nothing to read. */
export function tellFailure(
  { argv, stdout, stderr }: Pick<CliIo, 'stdout' | 'stderr'> & { readonly argv: readonly string[] },
  exitCode: number,
  message: string,
): number {
  const document = { schema_version: 1, ok: false, exit_code: exitCode, message };
  if (argv.some((word) => /^--json(=true)?$/.test(word))) stdout(`${formatJson(document)}\n`);
  else stderr(`grinder: ${message}\n`);
  return exitCode;
}

/** Whether a command line has failed when its output was lost: a daemon's work is elsewhere, every other verb's is what it prints. */
export function wasToPrint(argv: readonly string[]): boolean {
  const endsAtOnce = ['--check', '--help', '-h', '--version'].some((flag) => argv.includes(flag));
  return endsAtOnce || readCommandLine(argv).verb !== 'run';
}

/** Lays rows out in columns two spaces apart; the last column runs free. */
export function alignColumns(rows: readonly (readonly string[])[], indent = ''): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => plain(row[column] ?? '').length)),
  );
  return rows.map((row) =>
    `${indent}${row
      .map((cell, column) =>
        column === row.length - 1 ? plain(cell) : plain(cell).padEnd(widths[column] ?? 0),
      )
      .join('  ')}`.trimEnd(),
  );
}

/** A span as people read it: "41 ms", "0.8s", "07:41", "3h12m", "2d04h". */
export function formatSpan(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (ms < 60_000) return `${(Math.max(0, ms) / 1000).toFixed(1)}s`;
  if (seconds < 3600) return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
  const hours = Math.floor(seconds / 3600);
  if (hours < 48) return `${hours}h${two(Math.floor((seconds % 3600) / 60))}m`;
  return `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
}

/** UTC to the second, or "never". */
export function formatTime(atMs: number | null): string {
  if (atMs === null) return 'never';
  const time = new Date(atMs);
  return Number.isNaN(time.getTime()) ? 'unknown' : `${time.toISOString().slice(0, 19)}Z`;
}
