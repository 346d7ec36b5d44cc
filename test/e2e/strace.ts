/** Kills a process at a chosen system call on chosen files: strace, attached from outside. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';

/** The system calls with which the durable files are written; each is counted by itself. */
export const JOURNAL_CALLS = ['write', 'fdatasync', 'openat', 'pwrite64', 'rename', 'ftruncate'] as const;

/** The `when`-th of these calls is the last thing the process does: it is killed before the call is carried out. */
export interface KillPoint {
  readonly call: (typeof JOURNAL_CALLS)[number];
  readonly when: number;
}

/** Says why kill points can't be reached here; null when they can. A CI that misses strace fails instead. */
export function missingStrace(): string | null {
  const found = spawnSync('strace', ['-o', '/dev/null', 'true'], { encoding: 'utf8' });
  if (found.status === 0) return null;
  const why = `strace can't trace here (${found.error?.message ?? found.stderr.trim()})`;
  if (process.env['CI'] === 'true') throw new Error(`${why}: no process was killed at a system call`);
  console.error(`SKIPPED, NOTHING WAS KILLED AT A SYSTEM CALL: ${why}`);
  return why;
}

/** The arguments that kill at this point when one of the files is touched. */
export function killArgs(point: KillPoint, files: readonly string[]): readonly string[] {
  return [
    ...['-f', '-qq', '-o', '/dev/null', '-e', `trace=${point.call}`],
    ...['-e', `inject=${point.call}:signal=SIGKILL:when=${point.when}`],
    ...files.flatMap((file) => ['-P', file]),
  ];
}

/** Attaches to a running process; resolves once every thread is traced. The tracer ends with the process. */
export async function armKill(
  pid: number,
  point: KillPoint,
  files: readonly string[],
): Promise<ChildProcess> {
  const args = killArgs(point, files).filter((word) => word !== '-qq');
  const tracer = spawn('strace', [...args, '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
  await new Promise<void>((resolve, reject) => {
    let said = '';
    tracer.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('attached')) resolve();
    });
    tracer.on('error', reject);
    tracer.on('exit', (code) => reject(new Error(`strace ended with ${code}: ${said}`)));
  });
  return tracer;
}
