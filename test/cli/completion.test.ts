import { afterEach, beforeEach, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { machine } from './fixture.ts';

let at: ReturnType<typeof machine>;
beforeEach(() => {
  at = machine();
});
afterEach(() => at.close());

/** What bash offers for a command line whose last word is being typed. */
async function offered(words: readonly string[]): Promise<readonly string[]> {
  const { out, code } = await at.run(['completion', 'bash']);
  expect(code).toBe(0);
  const typed = ['grinder', ...words].map((word) => `'${word}'`).join(' ');
  const ask = `COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _grinder; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const bash = spawnSync('bash', ['-c', `${out}\n${ask}`], { encoding: 'utf8' });
  expect(bash.stderr).toBe('');
  return bash.stdout.split('\n').filter((line) => line !== '');
}

test('verbs are offered by their beginning', async () => {
  expect(await offered(['st'])).toEqual(['status', 'stage', 'stop']);
  expect(await offered(['completion', 'b'])).toEqual(['bash']);
});

test('a verb is followed by its own flags and choices, wherever it stands', async () => {
  expect(await offered(['status', '--w'])).toEqual(['--watch']);
  expect(await offered(['--config', 'x.yaml', 'status', '--w'])).toEqual(['--watch']);
  expect(await offered(['audit', 'v'])).toEqual(['verify']);
  expect(await offered(['stage', '--w'])).toEqual([]);
});

test('where a file is to be named nothing else is offered', async () => {
  expect(await offered(['status', '--config', ''])).toEqual([]);
});

test('zsh gets the same through its own compatibility, and another shell is refused', async () => {
  const zsh = await at.run(['completion', 'zsh']);
  expect(zsh.out).toStartWith('autoload -U +X bashcompinit && bashcompinit\n_grinder() {');
  expect((await at.run(['completion', 'fish'])).code).toBe(64);
});
