/** A ban that the exchange gave to a daemon whose audit could not keep it: the next start stays away all the same. */
import { afterAll, expect, test } from 'bun:test';
import { appendFileSync } from 'node:fs';
import { createMachine } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { startExchangeApart } from './exchange-apart.ts';

afterAll(dropCache);

test('F19: a ban met with a spoiled audit is kept over a restart, and the doctor keeps it too', async () => {
  await using machine = await createMachine();
  using apart = await startExchangeApart(machine);
  machine.writeConfig({ ...apart.config, reconcile: { ...apart.reconcile, interval_ms: 1000 } });
  const first = await machine.start();
  await first.when('stage 1', ({ stage }) => stage.in_force >= 1);
  // Another hand in the file: from now on the audit takes no line.
  appendFileSync(machine.auditPath, 'x');
  const headers = { 'Retry-After': '600' };
  await apart.control.fault({ kind: 'status', status: 418, code: -1003, headers });
  await first.when(
    'the pause',
    ({ gates, alarms }) =>
      gates.some(({ gate, state }) => gate === 'exchange_backoff' && state === 'closed') &&
      alarms.join().includes('AUDIT UNAVAILABLE'),
  );
  first.kill('SIGKILL');
  await first.ended;
  await apart.control.clearFaults();

  const before = (await apart.control.log()).length;
  const again = await machine.start();
  await again.when('the pause again', ({ gates }) =>
    gates.some(({ gate, state }) => gate === 'exchange_backoff' && state === 'closed'),
  );
  // Its clock, its symbols and its stream are asked for right at the start.
  await again.when('a read that was refused', ({ sources }) =>
    sources.some(({ detail }) => detail.includes('exchange backoff')),
  );
  again.kill('SIGTERM');
  expect((await again.ended).code).toBe(0);
  expect((await machine.grinder(['doctor'])).out).toContain('backoff');
  expect(await apart.control.log()).toHaveLength(before);
}, 180_000);
