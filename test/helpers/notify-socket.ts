/** Plays systemd's side of sd_notify: a datagram socket whose messages are kept. Needs python3, for node has no such sockets. */
import { type ChildProcess, spawn } from 'node:child_process';

const LISTEN = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('bound', flush=True)
while True: print(s.recv(4096).decode(), flush=True)
`;

export interface NotifySocket extends Disposable {
  readonly heard: () => readonly string[];
}

/** Binds the path; resolves once messages arrive there. */
export async function listenAsSystemd(path: string): Promise<NotifySocket> {
  const child: ChildProcess = spawn('python3', ['-c', LISTEN, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`nobody listens at ${path}`)));
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('bound\n')) resolve();
    });
  });
  return {
    heard: () => text.split('\n').slice(1, -1),
    [Symbol.dispose]: () => {
      child.kill('SIGKILL');
    },
  };
}
