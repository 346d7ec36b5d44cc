/**
 * The expected-state feed as it is posted instead of tailed: same lines, same fold, nothing kept on disk. After a restart
 * it knows nothing, and the engine's next line without a checkpoint is a fault that says so.
 */
import type { Clock } from './clock.ts';
import { applyLine, type ExpectedDraft, type FeedIdentity, nothingExpected, withFault } from './expected.ts';
import { createViewer } from './expected-picture.ts';
import { type Feed, parseLine } from './feed.ts';

/** What became of one batch. */
export interface Taken {
  /** Every line could be read. */
  readonly readable: boolean;
  /** Lines that were new; one that was applied before is taken again without effect. */
  readonly applied: number;
  /** The session's last sequence number after the batch. */
  readonly lastSeq: number;
  /** The first line that could not be read, else why the picture can't be trusted; null when all is well. */
  readonly problem: string | null;
}

/** A feed that lines are handed to. */
export interface PostedFeed extends Feed {
  /** Applies a batch of JSON lines in order; what can't be read is a fault of the picture. Never throws. */
  readonly take: (text: string) => Taken;
}

/** Starts with nothing known. */
export function createPostedFeed(options: {
  readonly identity: FeedIdentity;
  readonly clock: Clock;
  readonly settleMs: number;
}): PostedFeed {
  const { identity, clock, settleMs } = options;
  const view = createViewer(settleMs);
  let draft: ExpectedDraft = nothingExpected();
  let problem: string | null = 'the trading engine has posted nothing yet';
  let changed = false;
  const now = () => ({ nowMs: clock.wallMs(), nowMonoMs: clock.monoMs() });

  function takeLine(text: string): { readonly fresh: boolean; readonly unread: string | null } {
    const parsed = parseLine(text);
    if (!parsed.ok || parsed.line.type !== 'heartbeat') changed = true;
    if (!parsed.ok) {
      draft = withFault(draft, `a line that can't be read: ${parsed.problem}`);
      return { fresh: false, unread: parsed.problem };
    }
    const { sessionId, seq } = draft;
    draft = applyLine(draft, parsed.line, identity, now());
    return { fresh: draft.seq !== seq || draft.sessionId !== sessionId, unread: null };
  }

  return {
    take: (text) => {
      const lines = text.split('\n').filter((line) => line.trim() !== '');
      // An empty batch says nothing, so it opens nothing either.
      if (lines.length > 0 && problem !== null) {
        problem = null;
        changed = true;
      }
      const taken = lines.map(takeLine);
      const unread = taken.find((one) => one.unread !== null)?.unread ?? null;
      return {
        readable: unread === null,
        applied: taken.filter(({ fresh }) => fresh).length,
        lastSeq: draft.seq,
        problem: unread ?? draft.fault,
      };
    },
    poll: () => {
      const was = changed;
      changed = false;
      return was;
    },
    state: () => view(draft, now()),
    problem: () => problem,
    isBehind: () => false,
    close: () => {
      problem = 'closed';
    },
  };
}
