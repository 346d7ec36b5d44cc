/** What happens to a daemon while it sends: frozen between its checks and the write, and asked to end with one on its way. */
import { afterAll, expect, test } from 'bun:test';
import { waitFor } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { confirm4 } from './ceremony.ts';
import { LANE_LIMIT_MS, openLane } from './crash-lane.ts';

afterAll(dropCache);

test(
  'F62, F59: nothing judged before a stall is sent after it; a SIGTERM waits for the write on its way',
  async () => {
    await using lane = await openLane({ callsPerDay: 100, intervalMs: 2000 });
    const { control } = lane.apart;
    const daemon = await lane.ready();

    // Stalled for longer than three intervals, shorter than a request may take, with the answer to the last read before a write waiting.
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
    expect(await lane.judge()).toEqual([]);

    // On its way when the signal comes: its answer is waited for and written down, and nothing follows it.
    await control.clearFaults();
    await daemon.client.command('stage', { operator: 'ann', stage: 3 });
    await daemon.when('stage 3', ({ stage }) => stage.in_force === 3 && stage.earned === 4);
    await control.fault({ kind: 'delay', match: { method: 'DELETE', path: 'order' }, delayMs: 2000 });
    expect((await confirm4(lane.machine)).code).toBe(0);
    await waitFor('the write', async () => ((await control.writes()).length > 0 ? true : null));
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
