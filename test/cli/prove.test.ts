import { afterEach, beforeEach, expect, test } from 'bun:test';
import { okReply, recordingTarget } from '../control/fixture.ts';
import { machine } from './fixture.ts';

let at: ReturnType<typeof machine>;
beforeEach(() => {
  at = machine();
});
afterEach(() => at.close());

const row = (gate: string, more: object) => ({
  ...{
    gate,
    verdict: 'PASS',
    reason: gate,
    aim: 'cancel',
    value: 'v',
    limit: 'l',
    also: [],
    now: 'open',
    why: '',
  },
  ...more,
});

test('the proof is a table for people, and the reply as it is with --json', async () => {
  const path = at.config('a');
  const recorder = recordingTarget();
  await at.daemon(path, recorder);
  const gates = [row('dry_run', {}), row('synthetic', { verdict: 'FAIL', reason: null, why: 'stayed open' })];
  const reply = { ...okReply('1 of 2'), ok: false, exit_code: 1, proof: { proven: 1, total: 2, gates } };
  recorder.answerWith(async () => reply as never);
  const ran = await at.run(['prove', '--config', path, '--operator', 'ann']);
  expect(ran).toMatchObject({ code: 1, err: 'grinder: 1 of 2\n' });
  expect(ran.out).toMatch(/^PASS +dry_run +cancel +dry_run +v +l +open$/m);
  expect(ran.out).toMatch(/^FAIL +synthetic +cancel +nothing +v +l +open +stayed open$/m);
  expect(recorder.calls).toEqual([{ name: 'prove', body: { operator: 'ann' } }]);
  const json = await at.run(['prove', '--config', path, '--json']);
  expect(JSON.parse(json.out)).toEqual(reply);
});
