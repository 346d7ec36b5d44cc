/** The audit's lines as people read them: over all its files, filtered, in columns, and followed as they come. */
import { constants } from 'node:fs';
import { dirname } from 'node:path';
import { realDisk } from '../engine/disk.ts';
import { rotatedFiles } from '../engine/journal-files.ts';
import { anchorIn, wholeLines } from '../engine/journal-scan.ts';
import { alignColumns, formatTime, plain } from './print.ts';

/** Which lines are wanted; null wants all. */
export interface LineFilter {
  /** Wall time. */
  readonly sinceMs: number | null;
  readonly types: readonly string[] | null;
  readonly runId: string | null;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads the last `count` lines that are wanted, oldest first, unchecked. Throws when a file can't be read. */
export function lastLines(path: string, count: number, filter: LineFilter): readonly string[] {
  const files = [...rotatedFiles(path).map((file) => file.path), path];
  let found: string[] = [];
  for (const file of files.toReversed()) {
    const lines = linesFrom(file, 0).lines;
    found = [...lines.filter((line) => wants(filter, line)), ...found];
    const oldest = parseLine(lines[0] ?? '')?.['ts_ms'];
    const isPast = filter.sinceMs !== null && typeof oldest === 'number' && oldest < filter.sinceMs;
    if (found.length >= count || isPast) break;
  }
  return count <= 0 ? [] : found.slice(-count);
}

/** Whether there is an audit at this place at all, the current file or an older one. */
export function hasAudit(path: string): boolean {
  if (realDisk.lookup(path) !== null) return true;
  return realDisk.lookup(dirname(path)) !== null && rotatedFiles(path).length > 0;
}

/** Follows the audit from its end as it is now: each call gives the whole lines that came since, rotations included. */
export function followLines(path: string, filter: LineFilter): () => readonly string[] {
  let place = whereIs(path);
  let offset = realDisk.lookup(path)?.size ?? 0;
  return () => {
    const now = whereIs(path);
    const size = realDisk.lookup(path)?.size ?? 0;
    if (now === place && size === offset) return [];
    const lines: string[] = [];
    if (now !== place || size < offset) {
      // What was not read yet is in the file that was rotated away, and in those since: who follows may have been stopped for long.
      const [begun, until] = [place, now];
      if (begun !== null && until !== null)
        for (const { path: older, firstSeq } of rotatedFiles(path))
          if (firstSeq > begun && firstSeq <= until)
            lines.push(...linesFrom(older, firstSeq === begun + 1 ? offset : 0).lines);
      offset = 0;
    }
    const fresh = linesFrom(path, offset);
    offset = fresh.end;
    place = whereIs(path);
    lines.push(...fresh.lines);
    return lines.filter((line) => wants(filter, line));
  };
}

/** Lays lines out in columns: number, time, event, status and what it is about. */
export function formatLines(lines: readonly string[]): readonly string[] {
  return alignColumns(lines.map(columnsOf));
}

function linesFrom(
  path: string,
  offset: number,
): { readonly lines: readonly string[]; readonly end: number } {
  const fd = realDisk.open(path, constants.O_RDONLY, 0);
  try {
    const lines: string[] = [];
    let end = offset;
    for (const line of wholeLines(fd, realDisk, offset)) {
      lines.push(new TextDecoder().decode(line.bytes));
      end = line.end;
    }
    return { lines, end };
  } finally {
    realDisk.close(fd);
  }
}

/** The line that the current file begins after: another one once it was rotated. */
function whereIs(path: string): number | null {
  if (realDisk.lookup(path) === null) return null;
  const fd = realDisk.open(path, constants.O_RDONLY, 0);
  try {
    return anchorIn(fd, realDisk)?.seq ?? null;
  } finally {
    realDisk.close(fd);
  }
}

function wants({ sinceMs, types, runId }: LineFilter, line: string): boolean {
  if (sinceMs === null && types === null && runId === null) return true;
  const record = parseLine(line);
  if (record === null) return false;
  const { ts_ms, event_type, run_id } = record;
  if (sinceMs !== null && !(typeof ts_ms === 'number' && ts_ms >= sinceMs)) return false;
  if (types !== null && !types.includes(String(event_type))) return false;
  return runId === null || run_id === runId;
}

/** Shows what can be shown of a line that nobody has checked. */
function columnsOf(line: string): readonly string[] {
  const record = parseLine(line);
  if (record === null) return ['?', '', '', '', plain(line).slice(0, 120)];
  const word = (key: string): string => {
    const value = record[key];
    return Array.isArray(value)
      ? value.join(',')
      : value === null || value === undefined
        ? ''
        : String(value);
  };
  const tsMs = record['ts_ms'];
  const subject = [word('action'), word('symbols'), word('block_reason'), word('operator')];
  const time = formatTime(typeof tsMs === 'number' ? tsMs : null);
  const what = `stage ${word('stage')} ${subject.filter((part) => part !== '').join(' ')}`;
  return [word('seq'), time, word('event_type'), word('status') || '-', what];
}

function parseLine(line: string): Fields | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}
