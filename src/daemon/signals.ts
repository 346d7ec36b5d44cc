/** What signals mean to a daemon: SIGTERM and SIGINT end it, SIGUSR2 stops it, SIGHUP reads the configuration again. */
import type { Daemon } from './daemon.ts';

/** A stop that comes before there is a daemon to take it. */
export interface HeldStop {
  /** Gives it to the daemon, if one came; whose handlers are there by now. */
  readonly handOver: (daemon: Pick<Daemon, 'stop'>) => void;
}

/**
 * Holds a SIGUSR2 that comes while the daemon starts: it would end the process instead, and whoever starts it again would
 * start it without the stop.
 */
export function holdStop(): HeldStop {
  let asked = false;
  const hold = (): void => {
    asked = true;
  };
  process.on('SIGUSR2', hold);
  return {
    handOver: (daemon) => {
      process.off('SIGUSR2', hold);
      if (asked) daemon.stop('SIGUSR2');
    },
  };
}

/** Installs the handlers. `hangUp`: a terminal's daemon leaves SIGHUP, the end of its terminal, to the screen. */
export function onDaemonSignals(daemon: Daemon, options: { readonly hangUp: 'ignore' | 'reload' }): void {
  process.on('SIGUSR2', () => daemon.stop('SIGUSR2'));
  process.on('SIGTERM', () => daemon.shutdown('SIGTERM'));
  process.on('SIGINT', () => daemon.shutdown('SIGINT'));
  // What nobody caught has left the daemon in a state nobody knows: it ends, and sends nothing on the way.
  process.on('uncaughtException', (error) => daemon.fail(`uncaught: ${error.stack ?? error.message}`));
  process.on('unhandledRejection', (reason) =>
    daemon.fail(`unhandled: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}`),
  );
  process.on('SIGHUP', () => {
    if (options.hangUp === 'reload') daemon.reload();
  });
}
