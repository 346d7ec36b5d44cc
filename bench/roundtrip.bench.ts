/** How many round trips the reads of a run take, on an exchange that answers each of them after the same delay. */
import { startSimulator } from '../src/simulator/server.ts';
import { keyFiles, keysOf } from './big-exchange.ts';
import { runTimes, startDaemon } from './daemon.ts';
import { openSandbox, type Sandbox } from './executable.ts';
import { bench, type Figure, percentile, timing } from './table.ts';

const LATENCY_MS = 100;
const RUNS = 30;
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'BNBUSDT', 'SOLUSDT', 'XRPUSDT', 'ADAUSDT', 'DOGEUSDT', 'LTCUSDT'];

await bench('roundtrip', async () => {
  const sandbox = openSandbox();
  try {
    return [
      ...(await measure(sandbox, SYMBOLS.slice(0, 1))),
      ...(await measure(sandbox, SYMBOLS.slice(0, 2))),
      ...(await measure(sandbox, SYMBOLS)),
    ];
  } finally {
    sandbox.remove();
  }
});

/**
 * A run's time with the delay less the median of the same daemon's runs without it (parsing, comparing, writing down), in
 * delays. The first delayed runs open further connections, which are reads' time too.
 */
async function measure(sandbox: Sandbox, symbols: readonly string[]): Promise<readonly Figure[]> {
  const name = `symbols-${symbols.length}`;
  const simulator = await startSimulator({ port: 0, seed: 1, ...keysOf(name), priceStepMs: 0 });
  try {
    const changes = { symbol_whitelist: JSON.stringify(symbols), requested_stage: '1' };
    const config = await sandbox.config(
      name,
      keyFiles(sandbox, name, simulator.restUrl, simulator.wsUrl, changes),
    );
    const daemon = await startDaemon(sandbox, config);
    try {
      const without = await runTimes(daemon.client, RUNS);
      const fault = { kind: 'delay_before', match: { method: 'GET' }, times: 0, delayMs: LATENCY_MS };
      await arm(simulator.restUrl, fault);
      const delayed = await runTimes(daemon.client, RUNS);
      const parsingMs = percentile(without, 'p50');
      const trips = delayed.map((tookMs) => (tookMs - parsingMs) / LATENCY_MS);
      const limit = { of: 'p95', below: 1.3 } as const;
      return [
        timing(`${symbols.length} symbols: whole run, no delay`, without, 'ms'),
        timing(`${symbols.length} symbols: whole run, each read ${LATENCY_MS} ms late`, delayed, 'ms'),
        timing(`${symbols.length} symbols: round trips of a run's reads`, trips, 'trips', limit),
      ];
    } finally {
      await daemon.close();
    }
  } finally {
    await simulator.close();
  }
}

async function arm(restUrl: string, fault: object): Promise<void> {
  const response = await fetch(`${restUrl}/sim/faults`, { method: 'POST', body: JSON.stringify(fault) });
  if (!response.ok) throw new Error(`POST /sim/faults: ${response.status} ${await response.text()}`);
}
