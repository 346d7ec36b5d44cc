import { expect, setDefaultTimeout, test } from 'bun:test';
import { openJournal } from '../../src/engine/journal.ts';
import { readRecords } from '../../src/engine/journal-read.ts';
import { verifyJournal } from '../../src/engine/journal-verify.ts';
import { createMemoryDisk, type MemoryDisk } from '../simulation/memory-disk.ts';
import { createRandom } from '../simulation/random.ts';
import { entry, handClock } from './durable.ts';

setDefaultTimeout(90_000);

const PLACES = { path: '/state/audit/reconcile.jsonl', headPath: '/account/head.json' };
const LINES = 10;

function openOn(memory: MemoryDisk, owner: { dead: boolean }) {
  const disk = memory.forOwner(owner);
  for (const directory of ['/state/audit', '/account']) disk.makeDirectory(directory, 0o700);
  const options = { ...PLACES, disk, clock: handClock(), maxFileBytes: 6000, pieceBytes: 2000 };
  return { disk, journal: openJournal(options) };
}

/** Rotates in pieces with lines between, loses power or is killed before the n-th change of the disk, and starts again. */
function diesAt(call: number, how: 'killed' | 'power', seed: number): boolean {
  const memory = createMemoryDisk(() => 0);
  const owner = { dead: false };
  const { journal } = openOn(memory, owner);
  const acknowledged: string[] = [];
  const append = (id: string): void => {
    if (journal.append(entry({ run_id: id, details: { x: 'y'.repeat(500) } })).ok) acknowledged.push(id);
  };
  for (let line = 0; line < LINES; line += 1) append(`before${line}`);
  let calls = 0;
  memory.setHook(({ changes }) => {
    calls += Number(changes);
    if (calls < call) return null;
    owner.dead = true;
    return { cut: 0, error: new Error('dead') };
  });
  for (let piece = 0, message: string | null = null; message === null && piece < 20; piece += 1) {
    message = journal.maintain();
    append(`between${piece}`);
  }
  memory.setHook(() => null);
  if (how === 'power') memory.powerCut(createRandom(seed));
  const { disk, journal: again } = openOn(memory, { dead: false });
  expect(again.problem()).toBe('');
  const found: string[] = [];
  readRecords(PLACES.path, ({ run_id }) => void (run_id !== '' && found.push(run_id)), disk);
  expect(found.slice(0, acknowledged.length)).toEqual(acknowledged);
  expect(found.length - acknowledged.length).toBeLessThanOrEqual(1);
  expect(again.append(entry({ run_id: 'on' })).ok).toBe(true);
  expect(verifyJournal(PLACES.path, { headPath: PLACES.headPath, disk })).toMatchObject({ ok: true });
  return owner.dead;
}

for (const how of ['killed', 'power'] as const)
  test(`a rotation in pieces keeps every acknowledged line, ${how === 'power' ? 'without power' : 'killed'} at any call of the disk`, () => {
    let died = 0;
    for (let call = 1, reached = true; reached; call += 1) {
      for (let seed = 1; seed <= (how === 'power' ? 25 : 1); seed += 1) reached = diesAt(call, how, seed);
      died += Number(reached);
    }
    expect(died).toBeGreaterThan(40);
  });
