/** A status that is drawn again and again in one place: what matters most stays in sight, and what is old says so; pure. */
import type { StatusDocument } from '../control/protocol.ts';
import { formatTime, plain } from './print.ts';
import { formatStatus } from './status-text.ts';

/** Cells of a terminal. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** The lines that fit, one row left free; `down` is why nothing newer comes, or null while the link is up. */
export function statusScreen(
  status: StatusDocument,
  down: string | null,
  size: ScreenSize,
): readonly string[] {
  const old = `NO LINK to the daemon (${plain(down ?? '')}), trying again; what follows is as of ${formatTime(status.at_ms)}`;
  return fitted([...(down === null ? [] : [old]), ...formatStatus(status)], size);
}

/** Cuts at the end, where the least is lost, and says so: what scrolls off a screen goes at its top. */
function fitted(lines: readonly string[], { columns, rows }: ScreenSize): readonly string[] {
  const room = Math.max(2, rows - 1);
  const height = (line: string): number => Math.max(1, Math.ceil(line.length / Math.max(1, columns)));
  const total = lines.reduce((sum, line) => sum + height(line), 0);
  if (total <= room) return lines;
  const shown: string[] = [];
  let used = 1;
  for (const line of lines) {
    used += height(line);
    if (used > room) break;
    shown.push(line);
  }
  return [...shown, `and ${lines.length - shown.length} more lines: grinder status shows all`];
}
