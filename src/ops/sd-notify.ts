/**
 * Tells systemd how the service does (sd_notify(3), Type=notify): ready, alive, reloading, stopping, and a line of status.
 *
 * A unix datagram socket is the one thing here that `node:` modules don't have: this file alone speaks to Deno itself.
 */
import { rmSync } from 'node:fs';

/** Whoever watches over the process. Nothing here throws or waits. */
export interface Supervisor {
  /** Started: the service counts as up from here on. */
  readonly ready: () => void;
  /** Says that it lives; passed on no more often than the watchdog needs. Not calling it ends the service. */
  readonly alive: (status: string) => void;
  readonly stopping: () => void;
  readonly close: () => void;
}

export interface SdNotifyOptions {
  /** NOTIFY_SOCKET; a path. Anything else means that nobody watches. */
  readonly notifySocket: string | undefined;
  /** WATCHDOG_USEC: silence for so many microseconds and systemd ends the process; absent or 0: no watchdog. */
  readonly watchdogUsec: string | undefined;
  /** WATCHDOG_PID: whom the watchdog is for; absent: anybody. */
  readonly watchdogPid: string | undefined;
  readonly pid: number;
  /** This side's own address; a socket file that is made and removed. */
  readonly ownPath: string;
  readonly monoMs: () => number;
  readonly onProblem: (problem: string) => void;
}

/** Nobody watches. */
export const NO_SUPERVISOR: Supervisor = {
  ready: () => undefined,
  alive: () => undefined,
  stopping: () => undefined,
  close: () => undefined,
};

/** Opens the line to systemd; where there is none, or the runtime can't, nobody watches. */
export function openSupervisor(options: SdNotifyOptions): Supervisor {
  const { notifySocket, onProblem } = options;
  if (notifySocket === undefined || notifySocket === '') return NO_SUPERVISOR;
  if (!notifySocket.startsWith('/')) {
    onProblem(`NOTIFY_SOCKET ${notifySocket} is no path: systemd is not told anything`);
    return NO_SUPERVISOR;
  }
  const line = openLine(options.ownPath, notifySocket, onProblem);
  return line === null ? NO_SUPERVISOR : speaker(line, options);
}

interface Line {
  readonly send: (text: string) => void;
  readonly close: () => void;
}

function speaker(line: Line, options: SdNotifyOptions): Supervisor {
  const periodMs = watchdogMs(options);
  const everyMs = periodMs === null ? null : periodMs / 3;
  let toldMonoMs = Number.NEGATIVE_INFINITY;
  let toldStatus = '';
  return {
    ready: () => line.send('READY=1'),
    alive: (status) => {
      const now = options.monoMs();
      if (status !== toldStatus) line.send(`STATUS=${status.replace(/\s+/g, ' ')}`);
      toldStatus = status;
      if (everyMs === null || now - toldMonoMs < everyMs) return;
      toldMonoMs = now;
      line.send('WATCHDOG=1');
    },
    stopping: () => line.send('STOPPING=1'),
    close: line.close,
  };
}

/** Null where no watchdog is set for this process. */
function watchdogMs({ watchdogUsec, watchdogPid, pid }: SdNotifyOptions): number | null {
  const usec = /^\d{1,15}$/.test(watchdogUsec ?? '') ? Number(watchdogUsec) : 0;
  const forUs = watchdogPid === undefined || watchdogPid === '' || watchdogPid === String(pid);
  return usec > 0 && forUs ? usec / 1000 : null;
}

/** The part of Deno that is used (2.9, --unstable-net). */
interface DenoDatagrams {
  readonly listenDatagram: (options: { readonly transport: 'unixpacket'; readonly path: string }) => {
    readonly send: (
      bytes: Uint8Array,
      to: { readonly transport: 'unixpacket'; readonly path: string },
    ) => Promise<number>;
    readonly close: () => void;
  };
}

/** The socket is bound at the first word: its directory is made by the start. */
function openLine(ownPath: string, notifySocket: string, onProblem: (problem: string) => void): Line | null {
  const deno = (globalThis as { Deno?: Partial<DenoDatagrams> }).Deno;
  const listen = deno?.listenDatagram;
  if (listen === undefined) {
    onProblem('this runtime has no unix datagrams: systemd is not told anything');
    return null;
  }
  const to = { transport: 'unixpacket', path: notifySocket } as const;
  let saidSo = false;
  const failed = (error: unknown): void => {
    if (!saidSo)
      onProblem(`systemd can't be told: ${error instanceof Error ? error.message : String(error)}`);
    saidSo = true;
  };
  let socket: ReturnType<DenoDatagrams['listenDatagram']> | null = null;
  const bind = () => {
    // Left by a process that was killed.
    rmSync(ownPath, { force: true });
    return listen({ transport: 'unixpacket', path: ownPath });
  };
  // One at a time: Deno refuses a send while another is under way.
  let sent: Promise<unknown> = Promise.resolve();
  const send = async (text: string): Promise<void> => {
    socket ??= bind();
    await socket.send(new TextEncoder().encode(text), to);
  };
  return {
    send: (text) => {
      sent = sent.then(() => send(text)).catch(failed);
    },
    close: () => {
      if (socket === null) return;
      socket.close();
      rmSync(ownPath, { force: true });
    },
  };
}
