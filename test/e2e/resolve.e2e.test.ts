/** A write that no read can tell about, left by a process that died: an operator's word, through the built executable. */
import { afterAll, expect, test } from 'bun:test';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemClock } from '../../src/engine/clock.ts';
import { openJournal } from '../../src/engine/journal.ts';
import { intentEntry, outcomeEntry } from '../engine/durable.ts';
import { createMachine } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';

afterAll(dropCache);

test('an unresolved write is listed, shown and resolved by name, and the audit holds who said it', async () => {
  await using machine = await createMachine();
  mkdirSync(join(machine.stateDir, 'account'), { recursive: true, mode: 0o700 });
  mkdirSync(dirname(machine.auditPath), { recursive: true, mode: 0o700 });
  const headPath = join(machine.stateDir, 'account', 'audit-head.json');
  const journal = openJournal({ path: machine.auditPath, headPath, clock: systemClock });
  // Names no order, so that there is nothing to ask the exchange about.
  journal.append(intentEntry('i-lost', { client_order_id: null, order_id: null }));
  journal.append(outcomeEntry('i-lost', 'UNKNOWN'));
  expect(journal.healthy()).toBe(true);
  journal.close();

  const daemon = await machine.start();
  const early = await machine.grinder(['resolve', 'i-lost', '--as', 'executed', '--operator', 'bob']);
  expect(early.code).toBe(75);
  await daemon.when('a person is asked', ({ alarms }) =>
    alarms.some((alarm) => alarm.includes("see 'grinder resolve'") && alarm.includes('i-lost')),
  );
  expect((await machine.grinder(['resolve'])).out).toContain('i-lost (cancel BTCUSDT');
  expect((await machine.grinder(['resolve', 'no-such'])).code).toBe(1);
  const listed = JSON.parse((await machine.grinder(['resolve', '--json'])).out);
  expect(listed).toMatchObject({
    schema_version: 1,
    unresolved: [{ intent_id: 'i-lost', needs_operator: true }],
  });
  const word = ['resolve', 'i-lost', '--as', 'not_executed', '--operator', 'bob'];
  const shown = await machine.grinder(word);
  expect(shown.code).toBe(75);
  expect(shown.err).toContain('The exchange shows now');
  const done = await machine.grinder(word);
  expect([done.code, done.err]).toEqual([0, '']);
  expect((await machine.grinder(word)).code).toBe(1);
  const said = machine.audit().filter(({ operator }) => operator === 'bob');
  expect(said).toMatchObject([{ details: { resolves: 'i-lost', outcome: 'not_executed' } }]);
  await daemon.when(
    'nobody is asked any more',
    ({ alarms }) => !alarms.some((one) => one.includes('i-lost')),
  );
  expect(await machine.metric('unknown_resolved_total')).toBe(1);
  expect((await machine.grinder(['audit', 'verify'])).code).toBe(0);
}, 240_000);
