/** What signals mean to a daemon: SIGTERM and SIGINT end it, SIGUSR2 stops it, SIGHUP reads the configuration again. */
import { systemClock } from '../engine/clock.ts';
import { leaveStopFile } from '../engine/stop-file.ts';
import type { Daemon } from './daemon.ts';

/** A stop that comes before there is a daemon to take it. */
export interface HeldStop {
  /** Gives it to the daemon, if one came; whose handlers are there by now. */
  readonly handOver: (daemon: Pick<Daemon, 'stop'>) => void;
  /** Leaves it as a file STOP for the next start, when this one came to nothing; says so in words, "" when no stop came. */
  readonly leave: (stateDir: string) => Promise<string>;
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
    leave: async (stateDir) => {
      // A start that was refused may have kept this thread from its signals until now.
      await new Promise((goOn) => setTimeout(goOn, TURN_MS));
      if (!asked) return '';
      const left = leaveStopFile(stateDir, {
        by: 'SIGUSR2',
        reason: 'came while it started',
        atMs: systemClock.wallMs(),
      });
      return left.ok
        ? `; stopped by SIGUSR2 meanwhile: left ${stateDir}/STOP, so that the next start is stopped`
        : `; stopped by SIGUSR2 meanwhile, BUT ${stateDir}/STOP could not be left: ${left.why}`;
    },
  };
}

/** For so long a signal may be on its way to its handler. */
const TURN_MS = 50;

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
