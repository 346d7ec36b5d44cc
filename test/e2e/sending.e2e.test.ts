/** What happens to a daemon while it sends: frozen between its checks and the write, and asked to end with one on its way. */
import { afterAll, expect, test } from 'bun:test';
import { waitFor } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { confirm4 } from './ceremony.ts';
import { LANE_LIMIT_MS, openLane } from './crash-lane.ts';

afterAll(dropCache);

test.concurrent(
  'F62 stalled event loop: nothing that was judged before the stall is sent after it',
  async () => {
    await using lane = await openLane({ callsPerDay: 100, intervalMs: 2000 });
    const { control } = lane.apart;
    const daemon = await lane.ready();
    // Stalled for longer than three intervals, shorter than a request may take, with the answer to the last read before
    // a write waiting.
    await control.fault({ kind: 'delay', match: { method: 'GET', path: 'order' }, delayMs: 1500 });
    const since = (await control.log()).length;
    expect((await confirm4(lane.machine)).code).toBe(0);
    await waitFor('the read before the write', async () =>
      (await control.log(since)).some(({ method, path }) => method === 'GET' && path.endsWith('/order'))
        ? true
        : null,
    );
    daemon.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 8000));
    daemon.kill('SIGCONT');
    const awake = await daemon.when('the arming over', ({ stage }) => stage.in_force < 4);
    expect(awake.switches.armed).toBe(false);
    await daemon.when('two more runs', ({ run }) => run.count > awake.run.count + 1);
    expect(await control.writes()).toEqual([]);
    daemon.kill('SIGTERM');
    await daemon.ended;
    expect(await lane.judge()).toEqual([]);
  },
  LANE_LIMIT_MS,
);

test.concurrent(
  'F59 SIGTERM while sending: the write on its way is waited for and written down, and nothing follows it',
  async () => {
    await using lane = await openLane({ callsPerDay: 100 });
    const { control } = lane.apart;
    const daemon = await lane.ready();
    await control.fault({ kind: 'delay', match: { method: 'DELETE', path: 'order' }, delayMs: 2000 });
    await waitFor('the write', async () => {
      // A machine too busy for three intervals ends the arming, as it should.
      if ((await daemon.status()).stage.in_force < 4) await confirm4(lane.machine);
      return (await control.writes()).length > 0 ? true : null;
    });
    daemon.kill('SIGTERM');
    expect(await daemon.ended).toMatchObject({ code: 0, err: '' });
    expect(await control.writes()).toHaveLength(1);
    const results = lane.auditLines().filter(({ event_type }) => event_type === 'REMEDIATE_RESULT');
    expect(results.map(({ status }) => status).filter((status) => status !== null)).toEqual(['EXECUTED']);
    expect(await lane.judge()).toEqual([]);
    expect(lane.machine.leftovers()).toEqual([]);
    expect((await lane.machine.grinder(['audit', 'verify'])).code).toBe(0);
  },
  LANE_LIMIT_MS,
);
