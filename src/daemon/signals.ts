/** What signals mean to a daemon: SIGTERM and SIGINT end it, SIGUSR2 stops it. */
import type { Daemon } from './daemon.ts';

/** Installs the handlers. `hangUp`: a terminal's daemon leaves SIGHUP to the screen, a headless one says it reads nothing anew. */
export function onDaemonSignals(daemon: Daemon, options: { readonly hangUp: 'ignore' | 'note' }): void {
  process.on('SIGUSR2', () => daemon.stop('SIGUSR2'));
  process.on('SIGTERM', () => daemon.shutdown('SIGTERM'));
  process.on('SIGINT', () => daemon.shutdown('SIGINT'));
  process.on('SIGHUP', () => {
    if (options.hangUp === 'note')
      daemon.note('SIGHUP', 'SIGHUP: the configuration is read at the start only; restart to change it');
  });
}
