/** The log: one JSON object a line. Losing it never stops the daemon; it is counted and told. */
import { pino } from 'pino';
import type { Clock } from '../engine/clock.ts';
import type { Environment } from '../engine/types.ts';
import { createLogFile } from './log-file.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
/** Further keys of a line, in the log's snake_case; text from outside comes escaped. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface LogOptions {
  /** Null: to stderr only. */
  readonly path: string | null;
  readonly level: LogLevel;
  readonly environment: Environment;
  readonly clock: Clock;
  /** Gets every line too. */
  readonly stderr?: (line: string) => void;
  /** Called when writing begins to fail, and not again until it has worked in between. */
  readonly onProblem?: (problem: string) => void;
  /** See LogFileOptions.maxBytes. */
  readonly maxFileBytes?: number;
}

export interface Log {
  readonly debug: LogWrite;
  readonly info: LogWrite;
  readonly warn: LogWrite;
  readonly error: LogWrite;
  /** Lines that could not be written. */
  readonly lost: () => number;
  readonly close: () => void;
}

/** `event` is a stable word such as RECONCILE_RUN, `msg` a sentence. */
type LogWrite = (event: string, msg: string, fields?: LogFields) => void;

/** Opens the log (mode 0600, appending; its directory 0700 when it must be made). Never throws. */
export function createLog(options: LogOptions): Log {
  const { path, clock, maxFileBytes, onProblem = () => {} } = options;
  const bounds = maxFileBytes === undefined ? {} : { maxBytes: maxFileBytes };
  const file = path === null ? null : createLogFile(path, { onProblem, monoMs: clock.monoMs, ...bounds });
  const destination = {
    write: (line: string): void => {
      const filled = file?.append(line) ?? null;
      options.stderr?.(line);
      if (filled !== null) write('info')('LOG_ROTATED', `the lines before this one are in ${filled}`);
    },
  };
  const logger = pino(
    {
      level: options.level,
      base: { environment: options.environment },
      timestamp: () => `,"ts":"${isoTime(options.clock.wallMs())}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  const write =
    (level: LogLevel): LogWrite =>
    (event, msg, fields = {}) => {
      try {
        logger[level]({ ...withoutReserved(fields), event }, msg);
      } catch (error) {
        // A field that can't be serialised must not cost the line.
        const problem = error instanceof Error ? error.message : String(error);
        logger[level]({ event, fields_lost: problem }, msg);
      }
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    lost: () => file?.lost() ?? 0,
    close: () => file?.close(),
  };
}

const reserved: ReadonlySet<string> = new Set(['ts', 'level', 'environment', 'event', 'msg', 'time']);

function withoutReserved(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !reserved.has(key)));
}

function isoTime(wallMs: number): string {
  const time = new Date(wallMs);
  return Number.isNaN(time.getTime()) ? 'unknown' : time.toISOString();
}
