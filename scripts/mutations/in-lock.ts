/** The account's lock: who may take it, and who still has it. */
import type { Mutation } from './mutation.ts';

export const inLock: readonly Mutation[] = [
  {
    name: 'lost-lock-file-is-still-held',
    file: 'src/engine/lock.ts',
    search: 'return file.isHeld() && disk.lookup(path)?.inode === inode;',
    replace: 'return file.isHeld();',
    tests: ['test/engine/lock.test.ts'],
  },
  {
    name: 'second-start-is-let-in',
    file: 'src/engine/lock.ts',
    search: '    file = machine.take(path);\n',
    replace:
      '    try {\n      file = machine.take(path);\n    } catch {\n      file = { isHeld: () => true, close: () => undefined };\n    }\n',
    tests: ['test/engine/lock.test.ts'],
  },
  {
    name: 'lost-lock-takes-the-new-name-away',
    file: 'src/engine/lock.ts',
    search: 'const isOwnName = stillHeld();',
    replace: 'const isOwnName = !released;',
    tests: ['test/engine/lock.test.ts'],
  },
  {
    name: 'full-disk-refuses-the-lock',
    file: 'src/engine/lock.ts',
    search: '    tellName(path, self, disk);\n',
    replace: '    replaceFile(holderPath(path), JSON.stringify(self), disk);\n',
    tests: ['test/engine/lock.test.ts'],
  },
  {
    name: 'lock-is-not-exclusive',
    file: 'src/engine/exclusive-file.ts',
    search: 'PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE',
    replace: 'PRAGMA journal_mode = DELETE; BEGIN',
    tests: ['test/engine/lock.test.ts'],
  },
  {
    name: 'journal-goes-on-beside-the-last-words-of-another',
    file: 'src/engine/journal.ts',
    search: '    reserve?.expectUntouched();\n',
    replace: '',
    tests: ['test/engine/journal-reserve.test.ts'],
  },
];
