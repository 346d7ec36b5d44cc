/** The report as Markdown; text from outside stands in code spans, where nothing in it means anything. */
import type { Curve, Report } from './report-model.ts';
import { alarmOf, sectionsOf, type Table, TITLE, time } from './report-sections.ts';

/** Renders it. */
export function formatMarkdown(report: Report): string {
  const alarm = alarmOf(report);
  const lines = [`# ${TITLE}`, '', ...(alarm === null ? [] : [`> **${escapeMarkdown(alarm)}**`, ''])];
  let title = '';
  for (const section of sectionsOf(report)) {
    if (section.title !== title) lines.push(`## ${section.title}`, '');
    title = section.title;
    for (const text of section.text) lines.push(escapeMarkdown(text), '');
    for (const table of section.tables) lines.push(...formatTable(table), '');
    if (section.curves.length > 0) lines.push(...formatTable(curveTable(section.curves)), '');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function formatTable({ head, rows }: Table): readonly string[] {
  return [line(head), line(head.map(() => '---')), ...rows.map((row) => line(row.map(code)))];
}

function curveTable(curves: readonly Curve[]): Table {
  return {
    head: ['stage', 'entered', 'criterion', 'limit', 'samples', 'first', 'last'],
    rows: curves.map(({ stage, entered_at_ms, id, limit, points }) => [
      ...[String(stage), time(entered_at_ms), id, limit, String(points.length)],
      ...[points[0], points.at(-1)].map((point) => `${point?.figure ?? ''} ${point?.verdict ?? ''}`),
    ]),
  };
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** A code span; a backquote would end it, and a bar the cell, before which a backslash would undo its escape. */
function code(cell: string): string {
  const text = cell
    .replaceAll('`', "'")
    .replaceAll(/\\(?=\|)/g, '\\ ')
    .replaceAll('|', '\\|')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return text === '' ? '' : `\`${text}\``;
}

/** Outside a table: whatever Markdown or HTML would make something of. */
function escapeMarkdown(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*[\]!|#]/g, '\\$&')
    .replaceAll(/\s+/g, ' ');
}
