import { expect, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname } from 'node:path';
import { openFeedSource } from '../../src/daemon/feed-source.ts';
import { type Line, session, text } from '../engine/feed-lines.ts';
import { clientId } from '../helpers/engine-world.ts';
import { handCore } from './hand-core.ts';

/** A daemon's source with a good feed file in place. */
function sourceOf(config: string) {
  const hand = handCore({ config });
  const { settings, places, machine } = hand.core;
  const path = places.expectedPath ?? '';
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, text(session('file', hand.clock.wall).checkpoint()), { mode: 0o600 });
  const { clock } = hand;
  const source = openFeedSource({ settings, places, clock, accountName: 'sim', disk: machine.disk });
  return { hand, source, places };
}

function post(socketPath: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path: '/v1/expected', method: 'POST' }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

test('a file is tailed, and no socket is opened', async () => {
  const { hand, source, places } = sourceOf('');
  using _ = hand;
  const served = await source.serve(hand.core);
  source.feed.poll();
  expect([source.socketPath, source.feed.state().sessionId]).toEqual([null, 'file']);
  await expect(post(places.feedPath, '')).rejects.toThrow();
  source.feed.close();
  if (served.ok) await served.close();
});

test('a socket is posted to, and the file is not read', async () => {
  const { hand, source, places } = sourceOf('expected_state: {source: socket}');
  using _ = hand;
  const served = await source.serve(hand.core);
  expect([served.ok, source.socketPath]).toEqual([true, places.feedPath]);
  source.feed.poll();
  expect([source.feed.state().sessionId, source.feed.problem()]).toEqual([
    null,
    expect.stringContaining('posted nothing yet'),
  ]);
  expect(await post(places.feedPath, text(session('posted', hand.clock.wall).checkpoint()))).toBe(200);
  expect(source.feed.state().sessionId).toBe('posted');
  if (served.ok) await served.close();
});

test('what is posted in stage 4 voids the permits on their way before the engine is told that it was taken', async () => {
  const { hand, source, places } = sourceOf('expected_state: {source: socket}');
  using _ = hand;
  const served = await source.serve(hand.core);
  const { interlock } = hand.core;
  const lines = session('posted', hand.clock.wall);
  const moves = async (line: Line): Promise<boolean> => {
    const before = interlock.epoch();
    expect(await post(places.feedPath, text(line))).toBe(200);
    return interlock.epoch() !== before;
  };
  expect(await moves(lines.checkpoint())).toBe(false);
  hand.raiseTo(4);
  expect(await moves(lines.order(clientId(1)))).toBe(true);
  expect(await moves(lines.position('0.001'))).toBe(true);
  expect(await moves(lines.heartbeat())).toBe(false);
  if (served.ok) await served.close();
});
