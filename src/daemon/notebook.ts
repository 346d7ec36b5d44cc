/** What people read: every note goes to the log, the notable ones to the screen's list too. */
import type { Clock } from '../engine/clock.ts';
import { escapeText } from '../engine/escape.ts';

export type NoteLevel = 'info' | 'warn' | 'alarm';

/** One line on the screen. */
export interface Note {
  readonly seq: number;
  readonly atMs: number;
  readonly level: NoteLevel;
  readonly text: string;
  readonly unacknowledged: boolean;
}

export type LogFields = Readonly<Record<string, unknown>>;
/** Where log lines go: level, event, message, fields. */
export type LogSink = (
  level: 'debug' | 'info' | 'warn' | 'error',
  event: string,
  msg: string,
  fields?: LogFields,
) => void;

export interface Notebook {
  /** Log alone. */
  readonly log: LogSink;
  /** Log and screen; warnings and alarms stay unacknowledged until somebody looked. */
  readonly note: (level: NoteLevel, event: string, msg: string, fields?: LogFields) => void;
  readonly notes: () => readonly Note[];
  /** Takes the marks off what came until then, in wall time, and counts them; later notes nobody has seen. */
  readonly acknowledge: (untilMs: number) => number;
  /** Standing alarms by key; null removes one. */
  readonly alarm: (key: string, text: string | null) => void;
  readonly alarms: () => readonly string[];
}

const KEPT = 100;

/** Without the oldest one that nobody has to look at, or else the oldest: gates that flap must not hide an alarm. */
function shortened(notes: readonly Note[]): readonly Note[] {
  if (notes.length <= KEPT) return notes;
  const first = notes.findIndex(({ unacknowledged }) => !unacknowledged);
  // The newest alone is no choice: nobody would see what comes now.
  const gone = first === -1 || first === notes.length - 1 ? 0 : first;
  return notes.toSpliced(gone, 1);
}

/** Opens an empty notebook over a log. */
export function openNotebook(clock: Clock, sink: LogSink): Notebook {
  let notes: readonly Note[] = [];
  let seq = 0;
  const alarms = new Map<string, string>();
  const note: Notebook['note'] = (level, event, msg, fields) => {
    const text = escapeText(msg, 500);
    sink(level === 'alarm' ? 'error' : level, event, text, fields);
    seq += 1;
    notes = shortened([
      ...notes,
      { seq, atMs: clock.wallMs(), level, text, unacknowledged: level !== 'info' },
    ]);
  };
  return {
    log: (level, event, msg, fields) => sink(level, event, escapeText(msg, 500), fields),
    note,
    notes: () => notes,
    acknowledge: (untilMs) => {
      const open = notes.filter((one) => one.unacknowledged && one.atMs <= untilMs);
      notes = notes.map((one) => (open.includes(one) ? { ...one, unacknowledged: false } : one));
      return open.length;
    },
    alarm: (key, text) => {
      const shown = text === null ? null : escapeText(text, 500);
      if (shown === null) alarms.delete(key);
      else if (alarms.get(key) !== shown) {
        alarms.set(key, shown);
        note('alarm', 'ALARM', shown);
      }
    },
    alarms: () => [...alarms.values()],
  };
}
