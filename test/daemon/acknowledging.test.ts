/** What an operator answers for is told back as it was when they did, and the audit tells who proved to be whom. */
import { expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { present } from '../../src/daemon/present.ts';
import { handCore } from './hand-core.ts';

const TOKEN = 'a'.repeat(40);
const HASH = createHash('sha256').update(TOKEN).digest('hex');
const CONFIG = `ceremony: {operators: [{name: ann, token_sha256: ${HASH}}]}`;

test.each([
  ['with a token', { token: TOKEN }, 'ann', false],
  ['with a name alone', { operator: 'eve' }, 'eve', true],
])(
  'a mass mismatch acknowledged %s is so in the audit, and the set that was meant is told back',
  async (_, who, name, isUnverified) => {
    using hand = handCore({ config: CONFIG });
    hand.core.vitals.massFound = { fingerprint: 'abcd', items: ['x'], figure: '9 of 9 unexpected, 0 match' };
    const answer = await hand.command('ack', { item: 'mass_mismatch', ...who });
    expect(answer.ok).toBe(true);
    expect(answer.message).toBe(
      `mass_mismatch acknowledged by ${name}: 9 of 9 unexpected, 0 match (set abcd)`,
    );
    const record = hand.core.journal.state().ceremonyRecords.at(-1);
    expect(record).toMatchObject({
      event_type: 'ACKNOWLEDGED',
      operator: name,
      details: { operator_unverified: isUnverified },
    });
  },
);

test('a source that did well before a suspend is not shown as if that were just now', () => {
  using hand = handCore();
  const { core, clock } = hand;
  const well = { up: true, lastSuccessMonoMs: clock.mono, lastSuccessMs: clock.wall, detail: '' };
  core.vitals.rest = well;
  clock.wall += 3_600_000;
  const shown = present(core, { rows: () => [] } as never, 1).sources.find(({ source }) => source === 'rest');
  expect(shown?.age_ms).toBe(3_600_000);
});
