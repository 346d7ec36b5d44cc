/** Run by deno.test.ts under Deno: the same faults over Deno's own sockets; prints one JSON object. */
import { systemClock } from '../../src/engine/clock.ts';
import { createInterlock } from '../../src/engine/interlock.ts';
import { startExchange } from '../../src/exchange/client.ts';
import { spawnThread } from '../../src/exchange/spawn.ts';
import { until } from '../helpers/simulator.ts';
import { exchangeOptions, flattenOf, startWorld, strayCancel } from './world.ts';

const FAULTS = [
  'hang_before',
  'reset',
  'execute_then_drop',
  'headers_then_drop',
  'headers_then_hang',
  'truncated',
];
const world = await startWorld({ options: { requestTimeoutMs: 500 } });
const { sim, exchange, events } = world;
const count = (type: string) => events.filter((event) => event.type === type).length;
const report: Record<string, unknown> = {};

await sim.setPosition('BTCUSDT', '0.010');
// Reads first, so that a pool of open connections exists.
report['observed'] = (await exchange.observe({ symbols: ['BTCUSDT'] })).complete;

const faults: unknown[] = [];
for (const kind of FAULTS) {
  for (const method of ['DELETE', 'POST'] as const) {
    await sim.setPosition('BTCUSDT', '0.010');
    const write = method === 'DELETE' ? await strayCancel(world) : flattenOf();
    const before = (await sim.writes()).length;
    await sim.fault({ kind, match: { method } });
    const { status } = await exchange.dispatch(write, world.permit(write));
    await sim.clearFaults();
    faults.push([kind, method, status, (await sim.writes()).length - before]);
  }
}
report['faults'] = faults;

await sim.setPosition('BTCUSDT', '0.010');
const flatten = flattenOf();
const cancel = await strayCancel(world);
report['flatten'] = (await exchange.dispatch(flatten, world.permit(flatten))).status;
report['cancel'] = (await exchange.dispatch(cancel, world.permit(cancel))).status;

await until(() => count('stream_alive') > 0, 'a sign of life');
await sim.fault({ kind: 'silence' });
await until(() => count('stream_down') > 0, 'the silence to be noticed');
await sim.clearFaults();
await until(() => count('stream_up') > 1, 'a new connection');
const from = events.length;
await until(() => events.slice(from).some((event) => event.type === 'stream_alive'), 'a sign of life');
await sim.placeStray('ETHUSDT');
await until(() => events.slice(from).some((event) => event.type === 'account_changed'), 'a change');
report['stream'] = 'came back';

const latched = await strayCancel(world);
const sent = (await sim.writes()).length;
const dispatched = exchange.dispatch(latched, world.permit(latched));
world.interlock.setLatch();
report['latched'] = [(await dispatched).status, (await sim.writes()).length - sent];

const threaded = startExchange(exchangeOptions(sim), createInterlock(), systemClock, (data) =>
  spawnThread('exchange', data, new URL('./entry.ts', import.meta.url)),
);
report['thread'] = (await threaded.observe({ symbols: ['BTCUSDT'] })).complete;
await threaded.close();
await world[Symbol.asyncDispose]();
process.stdout.write(`${JSON.stringify(report)}\n`);
