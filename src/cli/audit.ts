import { constants } from 'node:fs';
import { join } from 'node:path';
import { findAccountDir } from '../config/account.ts';
import { loadConfig } from '../config/load.ts';
import { AUDIT_EVENT_TYPES, type AuditRecord } from '../engine/audit-record.ts';
import { systemClock } from '../engine/clock.ts';
import { realDisk } from '../engine/disk.ts';
import { escapeDocument } from '../engine/escape.ts';
import { rotatedFiles } from '../engine/journal-files.ts';
import { scanJournal } from '../engine/journal-scan.ts';
import { verifyJournal } from '../engine/journal-verify.ts';
import { adopt } from './audit-adopt.ts';
import { followLines, formatLines, hasAudit, type LineFilter, lastLines } from './audit-lines.ts';
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
  withOperator,
} from './context.ts';
import { plain, tellFailure } from './print.ts';
import { sinceOf } from './since.ts';
import { untilEnded } from './until-ended.ts';

const TAIL_ONLY = ['lines', 'since', 'type', 'run', 'follow'] as const;
const FOLLOW_EVERY_MS = 250;

/** `audit tail|show|verify|adopt`: reads the journal of this configuration, rotated files included; only adopt changes it. */
export const auditCommand: CliCommand = {
  command: 'audit <what> [seq]',
  describe:
    'tail: the last lines; show SEQ: one line in full; verify: check the whole chain; adopt: accept one that is refused',
  build: (argv) =>
    withJson(withOperator(argv))
      .positional('what', {
        type: 'string',
        describe: 'what to do',
        choices: ['tail', 'show', 'verify', 'adopt'],
      })
      .positional('seq', { type: 'string', describe: 'number of the line, for show' })
      .option('lines', {
        type: 'string',
        alias: 'n',
        requiresArg: true,
        describe: 'tail: how many (20)',
      })
      .option('since', {
        type: 'string',
        requiresArg: true,
        describe: 'tail: from then on, such as 90s, 30m, 2h, 3d, 2026-11-23 or 2026-11-23T10:00:00Z',
      })
      .option('type', { type: 'string', requiresArg: true, describe: 'tail: of these event types (A,B)' })
      .option('run', { type: 'string', requiresArg: true, describe: 'tail: of this run' })
      .option('confirm', {
        type: 'string',
        requiresArg: true,
        describe: 'adopt: the words it shows without this',
      })
      .option('follow', { type: 'boolean', alias: 'f', describe: 'tail: and what comes, until interrupted' }),
  run: async (args, context) => {
    const what = textArg(args, 'what');
    if (what !== 'show' && textArg(args, 'seq') !== null)
      throw new UsageError('a number belongs to audit show');
    const stray = TAIL_ONLY.find((name) => args[name] !== undefined && what !== 'tail');
    if (stray !== undefined) throw new UsageError(`--${stray} belongs to audit tail`);
    if (what !== 'adopt' && args['confirm'] !== undefined)
      throw new UsageError('--confirm belongs to audit adopt');
    const work = what === 'adopt' ? adopt : what === 'verify' ? verify : what === 'show' ? show : showTail;
    try {
      return await work(args, context);
    } catch (error) {
      if (error instanceof UsageError) throw error;
      const { auditPath } = context.places;
      const why = error instanceof Error ? error.message : String(error);
      const text = hasAudit(auditPath)
        ? `the audit can't be read: ${why}`
        : `there is no audit ${auditPath} yet`;
      return tellFailure(context, EXIT.failed, plain(text));
    }
  },
};

function verify(args: Args, context: CliContext): number {
  const path = context.places.auditPath;
  const head = headPathOf(context);
  const result = verifyJournal(path, { headPath: head.path });
  if (flagArg(args, 'json')) {
    const shown = result.ok ? { ...result, state: undefined, problem: head.problem } : result;
    context.stdout(`${escapeDocument(JSON.stringify({ schema_version: 1, path, ...shown }))}\n`);
    return result.ok ? EXIT.ok : EXIT.failed;
  }
  if (!result.ok) {
    const where = result.line === 0 ? plain(result.file) : `line ${result.line} of ${plain(result.file)}`;
    context.stderr(`grinder: audit BROKEN at ${where}: ${plain(result.why)}\n`);
    return EXIT.failed;
  }
  const span = result.files === 1 ? '' : ` in ${result.files} files from line ${result.firstSeq} on`;
  context.stdout(`audit OK: ${result.lines} lines${span}, ${plain(path)}, head ${result.head.hash}\n`);
  if (!result.anchored)
    context.stdout(
      `there is no head record to hold its end against${plain(head.problem)}: lines cut off there would not show\n`,
    );
  if (result.beyond > 0)
    context.stdout(
      `its head record names line ${result.head.seq - result.beyond}: for the ${result.beyond} after it the chain alone vouches\n`,
    );
  return EXIT.ok;
}

/** Where this configuration's head record is; a reason, for people, where that can't be told. */
function headPathOf(context: CliContext): { readonly path: string | null; readonly problem: string } {
  const loaded = loadConfig({ text: context.config?.text ?? null, env: context.env, flags: new Map() });
  if (!loaded.ok) return { path: null, problem: ' (the configuration is not valid)' };
  const found = findAccountDir(loaded.settings, context.places);
  return found.ok
    ? { path: join(found.directory, 'audit-head.json'), problem: '' }
    : { path: null, problem: ` (${found.problem})` };
}

async function showTail(args: Args, context: CliContext): Promise<number> {
  const path = context.places.auditPath;
  const count = countArg(args, 'lines', { min: 1, max: 10_000 }) ?? 20;
  const filter = filterOf(args);
  const print = (lines: readonly string[]): void => {
    const text = flagArg(args, 'json') ? lines.map(escapeDocument) : formatLines(lines);
    for (const line of text) context.stdout(`${line}\n`);
  };
  const next = followLines(path, filter);
  print(lastLines(path, count, filter));
  if (!flagArg(args, 'follow')) return EXIT.ok;
  const timer = setInterval(() => print(next()), FOLLOW_EVERY_MS);
  const unread = new Promise<void>((resolve) => process.stdout.once('error', () => resolve()));
  await Promise.race([untilEnded(context), unread]);
  clearInterval(timer);
  return EXIT.ok;
}

function filterOf(args: Args): LineFilter {
  const types = textArg(args, 'type')?.toUpperCase().split(',') ?? null;
  const unknown = types?.find((type) => !AUDIT_EVENT_TYPES.some((known) => known === type));
  if (unknown !== undefined)
    throw new UsageError(`type: ${unknown} — expected one of ${AUDIT_EVENT_TYPES.join(', ')}`);
  return {
    sinceMs: sinceOf(textArg(args, 'since'), systemClock.wallMs()),
    types,
    runId: textArg(args, 'run'),
  };
}

function show(args: Args, context: CliContext): number {
  const seq = countArg(args, 'seq', { min: 1, max: 9_999_999_999 });
  if (seq === null) throw new UsageError('name the line: audit show SEQ');
  const record = findRecord(context.places.auditPath, seq);
  if (record === null)
    return tellFailure(
      context,
      EXIT.failed,
      `there is no good line ${seq} in ${plain(context.places.auditPath)}`,
    );
  const text = flagArg(args, 'json') ? JSON.stringify(record) : JSON.stringify(record, null, 2);
  context.stdout(`${escapeDocument(text)}\n`);
  return EXIT.ok;
}

function findRecord(path: string, seq: number): AuditRecord | null {
  const file = rotatedFiles(path).findLast(({ firstSeq }) => firstSeq <= seq);
  return [path, ...(file === undefined ? [] : [file.path])].reduce<AuditRecord | null>(
    (found, one) => found ?? findIn(one, seq),
    null,
  );
}

function findIn(path: string, seq: number): AuditRecord | null {
  const fd = realDisk.open(path, constants.O_RDONLY, 0);
  let found: AuditRecord | null = null;
  try {
    scanJournal(
      fd,
      realDisk,
      (record) => {
        if (record.seq === seq) found = record;
      },
      null,
    );
  } finally {
    realDisk.close(fd);
  }
  return found;
}
