/** The one source of the expected state: a file that is tailed, or a socket that is posted to. */
import type { Settings } from '../config/load.ts';
import { type FeedServer, startFeedServer } from '../control/feed-server.ts';
import type { Clock } from '../engine/clock.ts';
import type { Disk } from '../engine/disk.ts';
import { type Feed, openFeed } from '../engine/feed.ts';
import { createPostedFeed } from '../engine/posted-feed.ts';
import type { Places } from '../launch/places.ts';
import type { Core } from './core.ts';

export interface FeedSource {
  readonly feed: Feed;
  /** Opens the socket, when that is the source, and tells where. */
  readonly serve: (core: Listening) => Promise<FeedServer>;
  /** Where it listens; null for a file. */
  readonly socketPath: string | null;
}

/** What the socket needs of the daemon. */
export interface Listening {
  readonly notebook: Pick<Core['notebook'], 'note'>;
  readonly interlock: Pick<Core['interlock'], 'advance'>;
  readonly vitals: { readonly stage: Pick<Core['vitals']['stage'], 'inForce'> };
}

/** Opens what the settings name; the other one is not touched. */
export function openFeedSource(input: {
  readonly settings: Settings;
  readonly places: Places;
  readonly clock: Clock;
  readonly accountName: string;
  readonly disk: Disk;
}): FeedSource {
  const { settings, places, clock, disk } = input;
  const { source, settleMs, account } = settings.expectedState;
  const identity = { account: account ?? input.accountName, environment: settings.exchange.environment };
  if (source === 'socket') {
    const feed = createPostedFeed({ identity, clock, settleMs });
    const socketPath = places.feedPath;
    return {
      feed,
      socketPath,
      serve: async ({ notebook, interlock, vitals }) => {
        const take: typeof feed.take = (text) => {
          const taken = feed.take(text);
          // The engine goes by the answer: what was sent on the picture before must not leave after it.
          if (feed.poll() && vitals.stage.inForce === 4) interlock.advance();
          return taken;
        };
        const server = await startFeedServer({ socketPath, take });
        if (server.ok) notebook.note('info', 'FEED_SOCKET', `POST /v1/expected is served on ${socketPath}`);
        return server;
      },
    };
  }
  const uid = process.getuid?.() ?? 0;
  return {
    feed: openFeed({ path: places.expectedPath ?? '', identity, clock, settleMs, uid, disk }),
    socketPath: null,
    serve: async () => ({ ok: true, close: async () => undefined }),
  };
}
