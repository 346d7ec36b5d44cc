import { constants } from 'node:fs';
import type { AuditRecord } from '../engine/audit-record.ts';
import { realDisk } from '../engine/disk.ts';
import { scanJournal, tail, verifyChain } from '../engine/journal-scan.ts';
import {
  type Args,
  type CliCommand,
  type CliContext,
  countArg,
  EXIT,
  flagArg,
  textArg,
  UsageError,
  withJson,
} from './context.ts';
import { alignColumns, formatTime, plain } from './print.ts';

/** `audit tail|show|verify`: reads the journal of this configuration; changes nothing. */
export const auditCommand: CliCommand = {
  command: 'audit <what> [seq]',
  describe: 'tail: the last lines; show SEQ: one line in full; verify: check the whole chain',
  build: (argv) =>
    withJson(argv)
      .positional('what', { type: 'string', describe: 'what to do', choices: ['tail', 'show', 'verify'] })
      .positional('seq', { type: 'string', describe: 'number of the line, for show' })
      .option('lines', {
        type: 'string',
        alias: 'n',
        requiresArg: true,
        describe: 'how many, for tail (20)',
      }),
  run: async (args, context) => {
    const what = textArg(args, 'what');
    if (what !== 'show' && textArg(args, 'seq') !== null)
      throw new UsageError('a number belongs to audit show');
    if (what !== 'tail' && textArg(args, 'lines') !== null)
      throw new UsageError('--lines belongs to audit tail');
    const work = what === 'verify' ? verify : what === 'show' ? show : showTail;
    try {
      return work(args, context);
    } catch (error) {
      if (error instanceof UsageError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      context.stderr(`grinder: the audit can't be read: ${plain(why)}\n`);
      return EXIT.failed;
    }
  },
};

function verify(args: Args, context: CliContext): number {
  const path = context.places.auditPath;
  const result = verifyChain(path);
  if (flagArg(args, 'json')) {
    const { ok, ...rest } = result;
    context.stdout(`${JSON.stringify({ schema_version: 1, ok, path, ...rest })}\n`);
  } else if (result.ok) {
    context.stdout(`audit OK: ${result.lines} lines in ${plain(path)}, head ${result.head.hash}\n`);
  } else {
    context.stderr(`grinder: audit BROKEN at line ${result.line} of ${plain(path)}: ${plain(result.why)}\n`);
  }
  return result.ok ? EXIT.ok : EXIT.failed;
}

function showTail(args: Args, context: CliContext): number {
  const count = countArg(args, 'lines', { min: 1, max: 10_000 }) ?? 20;
  const lines = tail(context.places.auditPath, count);
  const text = flagArg(args, 'json') ? lines.map(plain) : alignColumns(lines.map(columnsOf));
  for (const line of text) context.stdout(`${line}\n`);
  return EXIT.ok;
}

function show(args: Args, context: CliContext): number {
  const seq = countArg(args, 'seq', { min: 1, max: 9_999_999_999 });
  if (seq === null) throw new UsageError('name the line: audit show SEQ');
  const record = findRecord(context.places.auditPath, seq);
  if (record === null) {
    context.stderr(`grinder: there is no good line ${seq} in ${plain(context.places.auditPath)}\n`);
    return EXIT.failed;
  }
  const text = flagArg(args, 'json') ? JSON.stringify(record) : JSON.stringify(record, null, 2);
  context.stdout(`${text}\n`);
  return EXIT.ok;
}

function findRecord(path: string, seq: number): AuditRecord | null {
  const fd = realDisk.open(path, constants.O_RDONLY, 0);
  let found: AuditRecord | null = null;
  try {
    scanJournal(fd, realDisk, (record) => {
      if (record.seq === seq) found = record;
    });
  } finally {
    realDisk.close(fd);
  }
  return found;
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

function parseLine(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}
