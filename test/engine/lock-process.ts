/** Takes a lock in a process of its own, says how that went in one line, and stays until its input ends. */
import { acquireLock } from '../../src/engine/lock.ts';

const [path = ''] = process.argv.slice(2);
const lock = acquireLock(path, { pid: process.pid, host: 'h', sinceMs: Date.now(), socket: '/run/s' });
process.stdout.write(`${JSON.stringify({ held: lock.held, why: lock.held ? '' : lock.why })}\n`);
process.stdin.on('end', () => process.exit(0)).resume();
