import { join } from 'node:path';
import { findAccountDir } from '../config/account.ts';
import { loadConfig } from '../config/load.ts';
import { systemClock } from '../engine/clock.ts';
import { escapeDocument } from '../engine/escape.ts';
import { buildInfo } from '../launch/build-info.ts';
import { makeReport } from '../ops/report.ts';
import { formatHtml } from '../ops/report-html.ts';
import { formatMarkdown } from '../ops/report-markdown.ts';
import type { Report } from '../ops/report-model.ts';
import { alarmOf } from '../ops/report-sections.ts';
import { hasAudit } from './audit-lines.ts';
import { type CliCommand, type CliContext, EXIT, textArg } from './context.ts';
import { plain } from './print.ts';
import { putReport } from './report-file.ts';
import { sinceOf } from './since.ts';

/** `report`: the ceremony as one document out of the verified audit; exit 1, and the document says so, when it does not verify. */
export const reportCommand: CliCommand = {
  command: 'report',
  describe: 'the ceremony as one document, from the audit (exit 1: the audit does not verify)',
  build: (argv) =>
    argv
      .option('format', {
        type: 'string',
        requiresArg: true,
        choices: ['md', 'json', 'html'],
        describe: 'md (the default), json, or html: one file that loads nothing',
      })
      .option('since', {
        type: 'string',
        requiresArg: true,
        describe: 'from then on, such as 30m, 2h, 3d, 2026-11-23 or 2026-11-23T10:00:00Z',
      })
      .option('output', {
        type: 'string',
        requiresArg: true,
        describe:
          'a file, mode 0600, instead of stdout; one that is there is replaced only if it is a report',
      }),
  run: async (args, context) => {
    const sinceMs = sinceOf(textArg(args, 'since'), systemClock.wallMs());
    const format = textArg(args, 'format') ?? 'md';
    try {
      const report = makeReport({
        path: context.places.auditPath,
        headPath: headPathOf(context),
        sinceMs,
        nowMs: systemClock.wallMs(),
        by: `grinder ${buildInfo.version} (${buildInfo.commit})`,
      });
      // Whoever forges an audit doesn't escape: the document does, once more.
      putReport(context, escapeDocument(render(report, format)));
      const alarm = alarmOf(report);
      if (alarm !== null) context.stderr(`grinder: ${plain(alarm)}\n`);
      return alarm === null ? EXIT.ok : EXIT.failed;
    } catch (error) {
      const { auditPath } = context.places;
      const said = error instanceof Error ? error.message : String(error);
      const why = hasAudit(auditPath) ? said : `there is no audit ${auditPath} yet`;
      context.stderr(`grinder: the report can't be made: ${plain(why)}\n`);
      return EXIT.failed;
    }
  },
};

function render(report: Report, format: string): string {
  if (format === 'json') return `${JSON.stringify(report)}\n`;
  return format === 'html' ? formatHtml(report) : formatMarkdown(report);
}

function headPathOf(context: CliContext): string | null {
  const loaded = loadConfig({ text: context.config?.text ?? null, env: context.env, flags: new Map() });
  if (!loaded.ok) return null;
  const found = findAccountDir(loaded.settings, context.places);
  return found.ok ? join(found.directory, 'audit-head.json') : null;
}
