/** The report as one HTML file that loads nothing: its style and its drawings are in it, scripts are forbidden. */
import type { Curve, Report } from './report-model.ts';
import { alarmOf, type Section, sectionsOf, type Table, TITLE, time } from './report-sections.ts';

/** Renders it. Everything from the audit is escaped. */
export function formatHtml(report: Report): string {
  const alarm = alarmOf(report);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(TITLE)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(TITLE)}</h1>
${alarm === null ? '' : `<p class="alarm">${escapeHtml(alarm)}</p>\n`}${sectionsOf(report).map(sectionHtml).join('\n')}
</body>
</html>
`;
}

/** Makes text harmless in HTML, in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

const STYLE = `
body { font: 14px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; color: #1b1f24; background: #fff }
table { border-collapse: collapse; margin: 0.5em 0 1.5em }
th, td { border: 1px solid #d0d7de; padding: 2px 7px; text-align: left; vertical-align: top; font-size: 13px; overflow-wrap: anywhere }
th { background: #f6f8fa }
.alarm { background: #b00020; color: #fff; font-weight: bold; font-size: 18px; padding: 0.8em 1em }
.FAIL, .UNKNOWN, .OPEN, .WITHDRAWN { color: #b00020; font-weight: bold } .PASS, .EXECUTED { color: #116329 } .INCONCLUSIVE { color: #7d4e00 }
figure { display: inline-block; margin: 0 1.5em 1em 0 } figcaption { font-size: 12px }
svg { border: 1px solid #d0d7de; background: #fafbfc } polyline { fill: none; stroke: #57606a; stroke-width: 1 }
circle.PASS { fill: #116329 } circle.FAIL { fill: #b00020 } circle.INCONCLUSIVE { fill: #bf8700 }
`;

const WORDS: ReadonlySet<string> = new Set([
  ...['PASS', 'FAIL', 'INCONCLUSIVE', 'WITHDRAWN', 'EXECUTED', 'UNKNOWN', 'OPEN'],
]);

function sectionHtml({ title, text, tables, curves }: Section): string {
  const parts = [
    `<h2>${escapeHtml(title)}</h2>`,
    ...text.map((one) => `<p>${escapeHtml(one)}</p>`),
    ...tables.map(tableHtml),
    ...curves.map(curveHtml),
  ];
  return parts.join('\n');
}

function tableHtml({ head, rows }: Table): string {
  const heads = head.map((cell) => `<th>${escapeHtml(cell)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map(cellHtml).join('')}</tr>`).join('\n');
  return `<table>\n<tr>${heads}</tr>\n${body}\n</table>`;
}

function cellHtml(cell: string): string {
  const mark = WORDS.has(cell) ? ` class="${cell}"` : '';
  return `<td${mark}>${escapeHtml(cell)}</td>`;
}

const WIDTH = 260;
const HEIGHT = 56;
const EDGE = 6;

/** A small drawing: time to the right, the figure upwards, one dot a sample in the colour of its verdict. */
function curveHtml({ stage, entered_at_ms, id, limit, points }: Curve): string {
  const last = points.at(-1);
  const caption = `stage ${stage} from ${time(entered_at_ms)}: ${id}, last ${last?.figure ?? ''} (${limit}) ${last?.verdict ?? ''}`;
  const times = points.map(({ at_ms }) => at_ms);
  const values = points.map(({ value }) => value ?? 0);
  const x = scale(times, EDGE, WIDTH - EDGE);
  const y = scale(values, HEIGHT - EDGE, EDGE);
  const dots = points.map(({ verdict, figure }, index) => {
    const mark = WORDS.has(verdict) ? verdict : '';
    const place = `cx="${x[index]}" cy="${y[index]}"`;
    return `<circle class="${mark}" ${place} r="2.5"><title>${escapeHtml(`${time(times[index] ?? null)} ${figure}`)}</title></circle>`;
  });
  const path = points.map((_, index) => `${x[index]},${y[index]}`).join(' ');
  return `<figure><svg width="${WIDTH}" height="${HEIGHT}" role="img"><polyline points="${path}"/>${dots.join('')}</svg><figcaption>${escapeHtml(caption)}</figcaption></figure>`;
}

/** Maps numbers onto a span of pixels; all in the middle when they are one and the same. */
function scale(numbers: readonly number[], from: number, to: number): readonly number[] {
  // Folded: a long stay has more samples than a call takes arguments.
  const low = numbers.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY);
  const span = numbers.reduce((most, one) => Math.max(most, one), Number.NEGATIVE_INFINITY) - low;
  return numbers.map((one) => {
    const share = span > 0 ? (one - low) / span : 0.5;
    return Math.round((from + (to - from) * share) * 10) / 10;
  });
}
