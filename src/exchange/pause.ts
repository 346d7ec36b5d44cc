/** Times in which no call may leave: a 429 pause, a 418 ban, a firewall, an overloaded exchange. */
import type { Clock } from '../engine/clock.ts';
import { isOverloaded, isRefusedAtTheDoor, PAUSE_MS } from './refusals.ts';
import { readRefusal } from './reply.ts';

export interface Pause {
  /** Why no call may leave now, or null. */
  readonly why: () => string | null;
  /** Looks at a reply and starts or extends the pause it asks for; returns that pause, or null. */
  readonly note: (reply: {
    readonly httpStatus: number;
    readonly retryAfter: string | null;
    readonly text: string;
  }) => { readonly untilMs: number; readonly why: string } | null;
}

/** The longest documented ban is three days. */
const LONGEST_MS = 4 * 86_400_000;

/** Starts with a pause that outlived a restart (wall time, 0 for none); runs on monotonic time from then on. */
export function createPause(clock: Clock, untilMs: number): Pause {
  let endMonoMs = Number.NEGATIVE_INFINITY;
  let reason = '';

  function extend(durationMs: number, why: string): void {
    const end = clock.monoMs() + Math.min(durationMs, LONGEST_MS);
    if (end <= endMonoMs) return;
    endMonoMs = end;
    reason = why;
  }

  if (untilMs > clock.wallMs()) extend(untilMs - clock.wallMs(), 'a pause from before the restart');
  return {
    why: () => {
      const leftMs = endMonoMs - clock.monoMs();
      return leftMs > 0 ? `exchange backoff, ${Math.ceil(leftMs / 1000)} s left: ${reason}` : null;
    },
    note: ({ httpStatus, retryAfter, text }) => {
      const asked = askedPause(httpStatus, text);
      if (asked === null) return null;
      const durationMs = Math.max(
        retryAfterMs(retryAfter) ?? asked.defaultMs,
        bannedUntilMs(text) - clock.wallMs(),
      );
      extend(durationMs, asked.why);
      const leftMs = Math.max(0, endMonoMs - clock.monoMs());
      return { untilMs: Math.ceil(clock.wallMs() + leftMs), why: asked.why };
    },
  };
}

function askedPause(
  httpStatus: number,
  text: string,
): { readonly why: string; readonly defaultMs: number } | null {
  if (httpStatus === 418) return { why: '418 ban', defaultMs: PAUSE_MS.ban };
  if (httpStatus === 429) return { why: '429 rate limit', defaultMs: PAUSE_MS.rateLimit };
  if (isRefusedAtTheDoor(httpStatus)) return { why: `${httpStatus} firewall`, defaultMs: PAUSE_MS.firewall };
  if (httpStatus < 400) return null;
  const { code, message } = readRefusal(text);
  const overloaded = isOverloaded(httpStatus, code, message);
  return overloaded ? { why: `${httpStatus} overloaded`, defaultMs: PAUSE_MS.overloaded } : null;
}

/** Null for none; "0" is none: who asks to stay away and means no time is not to be asked again at once. */
function retryAfterMs(header: string | null): number | null {
  return header !== null && /^0*[1-9]\d{0,8}$/.test(header.trim()) ? Number(header) * 1000 : null;
}

/** "IP banned until 1700000000000": the message of a ban carries its end. */
function bannedUntilMs(text: string): number {
  const end = /banned until (\d{13})\b/.exec(text)?.[1];
  return end === undefined ? 0 : Number(end);
}
