/** F53: a link, another owner or a wrong mode where a start expects its own files; and F54: the audit of a newer program. */
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { ensurePrivateDirectory } from '../../src/engine/files.ts';
import type { Places } from '../../src/launch/places.ts';
import { type Inode, resize, sync, writeInto } from './inode.ts';
import { judgeUnreadableLatch } from './latch-hands.ts';
import type { MemoryDisk } from './memory-disk.ts';
import { ACCOUNT } from './process.ts';
import type { World } from './world.ts';

const WAYS = ['link', 'owner', 'mode'] as const;

/** Whether a start finds its directories such that it may use them, by the program's own check. */
export function placesRefused(disk: MemoryDisk, { stateDir, auditPath }: Places): boolean {
  const own = disk.forOwner({ dead: false });
  return [stateDir, dirname(auditPath)].some(
    (directory) => ensurePrivateDirectory(directory, own).kind === 'refused',
  );
}

/** Kills the process, changes whose one of its places is, lets starts see it, and puts it back a while later. */
export function layHands(world: World): void {
  const { random, disk, coverage, scenario, trace, observer, timeline } = world;
  if (observer.knowledge.tampered || world.process() === null) return;
  const { auditPath, stateDir } = scenario.places;
  const what = random.pick(['audit', 'head', 'latch', 'state'] as const);
  const path = { audit: auditPath, head: ACCOUNT.head, latch: ACCOUNT.latch, state: stateDir }[what];
  const inode = disk.find(path);
  // What is not as it was is put right by whoever did it.
  if (inode === undefined || inode.kind === 'link' || inode.ownerUid !== undefined || inode.mode === 0o777)
    return;
  world.endOthers('killed');
  world.kill(false);
  const how = random.pick(WAYS);
  coverage.count(`F53_${what}_${how}`);
  trace('tampering', `${how} of ${path}`);
  const { kind, mode } = inode;
  if (how === 'link') inode.kind = 'link';
  if (how === 'mode') inode.mode = 0o777;
  if (how === 'owner') inode.ownerUid = 12_345;
  // A power cut would bring back what the name meant before, and undo it.
  disk.put(path, inode);
  const isOfAudit = what === 'audit' || what === 'head';
  if (isOfAudit) observer.knowledge.tampered = true;
  world.start();
  if (what === 'latch') judgeUnreadableLatch(world);
  timeline.after(random.whole(10_000, 120_000), null, () => {
    world.kill(false);
    inode.kind = kind;
    inode.mode = mode;
    delete inode.ownerUid;
    // Somebody else may have spoiled the audit meanwhile, and puts that right by themselves.
    if (isOfAudit) observer.knowledge.tampered = false;
    trace('tampering', 'put right');
  });
}

/** A line that follows the last one, as a newer program might write it. */
export function appendNewer(inode: Inode, change: Readonly<Record<string, unknown>>): void {
  // It would have cut off first what was not written to its end.
  resize(inode, inode.bytes.subarray(0, inode.size).lastIndexOf(0x0a) + 1);
  const text = Buffer.from(inode.bytes.subarray(0, inode.size)).toString('utf8');
  const last: Readonly<Record<string, unknown>> = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '{}');
  const next = { ...last, ...change, seq: Number(last['seq']) + 1, prev: last['hash'] };
  const members = Object.entries(next).filter(([name]) => name !== 'hash');
  const sorted = (pairs: readonly (readonly [string, unknown])[]): string =>
    JSON.stringify(Object.fromEntries([...pairs].sort(([a], [b]) => (a < b ? -1 : 1))));
  const hash = createHash('sha256').update(sorted(members)).digest('hex');
  writeInto(inode, Buffer.from(`${sorted([...members, ['hash', hash]])}\n`), inode.size);
  sync(inode);
}
