/** Whoever made the directory in which a control socket is looked for could answer there in the daemon's name. */
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { chmodSync, chownSync, existsSync, renameSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { doctorCommand } from '../../src/cli/doctor.ts';
import { okReply } from '../control/fixture.ts';
import { machine } from './fixture.ts';

let at: ReturnType<typeof machine>;
beforeEach(() => {
  at = machine();
});
afterEach(() => at.close());

const isRoot = process.getuid?.() === 0;
const SPOILT = [
  ['that others can write to', (directory: string) => chmodSync(directory, 0o777)],
  [
    'that is a link',
    (directory: string) => {
      renameSync(directory, `${directory}-real`);
      symlinkSync(`${directory}-real`, directory);
    },
  ],
  ...(isRoot
    ? [['of another user', (directory: string) => chownSync(directory, 65_534, 65_534)] as const]
    : []),
] as const;

for (const [what, spoil] of SPOILT)
  test(`nobody in a directory ${what} is believed or told anything, and a stop that they acknowledge is none`, async () => {
    const path = at.config('a');
    const stranger = await at.daemon(path);
    stranger.answerWith(async () => ({
      ...okReply('stopped'),
      latch: { id: 'L1', durable: true, text: 'LATCHED' },
    }));
    const directory = dirname(stranger.places.socketPath);
    expect((await at.run(['stop', '--config', path])).code).toBe(0);
    spoil(directory);
    for (const line of [['status'], ['stage', '0'], ['disarm'], ['attach']]) {
      const ran = await at.run([...line, '--config', path]);
      expect([ran.code, ran.out]).toEqual([69, '']);
      expect(ran.err).toContain(directory);
    }
    const looked = await at.run(['doctor', '--config', path], { extraCommands: [doctorCommand] });
    expect(looked.code).toBe(1);
    expect(looked.out).not.toContain('asked of the daemon');
    const ran = await at.run(['stop', '--config', path]);
    expect([ran.code, ran.out]).toEqual([69, '']);
    expect(existsSync(join(at.path, 'a-state', 'STOP'))).toBe(true);
    expect(stranger.calls.length).toBe(1);
  });

if (!isRoot) console.warn('SKIPPED: a runtime directory of another user can be made by root alone');
