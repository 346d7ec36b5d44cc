/** Somebody else's repair order on the account of a running daemon: alarm, closed gate, a restart, an acknowledgement. */
import { afterAll, expect, test } from 'bun:test';
import { newRepairClientOrderId } from '../../src/engine/repair-id.ts';
import { createMachine } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { startExchangeApart, TRADED } from './exchange-apart.ts';
import { leaveEvidence } from './veteran.ts';

afterAll(dropCache);

test('a repair order by another hand holds the daemon at stage 1, over a restart, until an operator acknowledges it', async () => {
  await using machine = await createMachine();
  using apart = await startExchangeApart(machine);
  machine.writeConfig({ ...apart.config, reconcile: { ...apart.reconcile, interval_ms: 4000 } });
  await leaveEvidence(machine, machine.canary.key);
  const daemon = await machine.start();
  await daemon.when('stage 3 by itself', ({ stage }) => stage.in_force === 3);
  const clientOrderId = newRepairClientOrderId(Date.now());
  // As another grinder would send it: it fills or ends at once, and never lies on the book.
  const terms = { side: 'BUY', timeInForce: 'IOC', price: '44000', quantity: '0.002' };
  await apart.control.placeOrder({ symbol: TRADED, clientOrderId, ...terms });
  const seen = await daemon.when('the alarm', ({ alarms }) => alarms.join().includes(clientOrderId));
  expect(seen.stage.in_force).toBe(1);
  expect(seen.alarms.join()).toContain('ANOTHER EXECUTOR ON THIS ACCOUNT');
  const closed = await daemon.when('the closed gate', ({ gates }) =>
    gates.some(({ gate, state }) => gate === 'not_leader' && state === 'closed'),
  );
  expect(closed.gates.find(({ gate }) => gate === 'not_leader')?.value).toContain('not ours: grc_');
  expect(await machine.metric('stage')).toBe(1);
  daemon.kill('SIGKILL');
  await daemon.ended;

  const again = await machine.start();
  const back = await again.when('the alarm again', ({ alarms }) => alarms.join().includes(clientOrderId));
  expect(back.stage.in_force).toBeLessThanOrEqual(1);
  expect(back.acknowledgements.map(({ item }) => item)).toContain('other_executor');
  const ack = ['ack', 'other_executor', '--operator', 'ann', '--config', machine.configPath];
  expect((await machine.grinder(ack)).code).toBe(0);
  await again.when(
    'the gate open',
    ({ gates, alarms }) =>
      gates.every(({ gate, state }) => gate !== 'not_leader' || state === 'open') &&
      !alarms.join().includes('ANOTHER EXECUTOR'),
  );
  await again.when('stage 3 again', ({ stage }) => stage.in_force === 3);
  again.kill('SIGTERM');
  expect((await again.ended).code).toBe(0);
  expect(await machine.grinder(['audit', 'verify'])).toMatchObject({ code: 0, err: '' });
}, 240_000);
