/** One bash that runs line after line, so that variables and exports live on, as in an operator's terminal. */
import { spawn } from 'node:child_process';

export interface Shell extends AsyncDisposable {
  /** Runs one line; both streams together, and its exit code. */
  readonly run: (line: string) => Promise<{ readonly code: number; readonly out: string }>;
}

/** Starts it in a directory with exactly this environment. */
export function openShell(cwd: string, env: Readonly<Record<string, string>>): Shell {
  const child = spawn('bash', ['--noprofile', '--norc'], {
    cwd,
    env: { ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let text = '';
  let heard: () => void = () => undefined;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    heard();
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  child.stdin.write('exec 2>&1\n');
  let number = 0;
  return {
    run: async (line) => {
      number += 1;
      const mark = `__done_${number}__`;
      text = '';
      child.stdin.write(`${line}\nprintf '\\n${mark} %s\\n' $?\n`);
      for (;;) {
        const found = new RegExp(`\\n${mark} (\\d+)\\n`).exec(text);
        if (found !== null) return { code: Number(found[1]), out: text.slice(0, found.index) };
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end('exit\n');
      await ended;
    },
  };
}
