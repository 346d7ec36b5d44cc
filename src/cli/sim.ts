import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ensurePrivateDirectory, readPrivateFile, replaceFile } from '../engine/files.ts';
import type { TraderOptions } from '../simulator/server.ts';
import {
  type Args,
  type CliCommand,
  type CliContext,
  countArg,
  EXIT,
  flagArg,
  textArg,
  UsageError,
} from './context.ts';
import { plain } from './print.ts';
import { untilEnded } from './until-ended.ts';

/** `sim`: the simulated exchange alone, in the foreground, on loopback, until interrupted. */
export const simCommand: CliCommand = {
  command: 'sim',
  describe: 'run the simulated exchange alone on 127.0.0.1, until interrupted',
  build: (argv) =>
    argv
      .option('port', { type: 'string', requiresArg: true, describe: 'port (default: any free one)' })
      .option('seed', { type: 'string', requiresArg: true, describe: 'same seed, same market (1)' })
      .option('api-key-file', {
        type: 'string',
        requiresArg: true,
        describe: 'file of mode 0600 with the key',
      })
      .option('api-secret-file', {
        type: 'string',
        requiresArg: true,
        describe: 'file of mode 0600 with the secret',
      })
      .option('feed', {
        type: 'string',
        requiresArg: true,
        describe: 'let a demo trader trade and write this feed',
      })
      .option('hedge', { type: 'boolean', describe: 'separate long and short positions' }),
  run: async (args, context) => {
    const keys = accountKeys(args, context);
    if ('problem' in keys) {
      context.stderr(`grinder: ${plain(keys.problem)}\n`);
      return EXIT.config;
    }
    try {
      // Server and trader: no other verb pays for them.
      const { startSimulator } = await import('../simulator/server.ts');
      const simulator = await startSimulator({
        port: countArg(args, 'port', { min: 0, max: 65_535 }) ?? 0,
        seed: countArg(args, 'seed', { min: 0, max: 2_147_483_647 }) ?? 1,
        apiKey: keys.apiKey,
        apiSecret: keys.apiSecret,
        hedgeMode: flagArg(args, 'hedge'),
        ...traderOptions(args),
      });
      context.stdout(`rest ${simulator.restUrl}\nws ${simulator.wsUrl}\n${keys.where}\n`);
      await untilEnded(context);
      await simulator.close();
      return EXIT.ok;
    } catch (error) {
      if (error instanceof UsageError) throw error;
      const busy = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      const why = error instanceof Error ? error.message : String(error);
      context.stderr(`grinder: the simulator can't start: ${plain(why)}\n`);
      return busy ? EXIT.temporary : EXIT.failed;
    }
  },
};

function traderOptions(args: Args): { readonly trader?: TraderOptions } {
  const feedPath = textArg(args, 'feed');
  if (feedPath === null) return {};
  return {
    trader: {
      feedPath,
      symbols: ['BTCUSDT', 'ETHUSDT'],
      prefix: 'grinder_',
      strategy: '1',
      strayEveryMs: 45_000,
      positionEveryMs: 120_000,
    },
  };
}

type Keys =
  | { readonly apiKey: string; readonly apiSecret: string; readonly where: string }
  | { readonly problem: string };

/** Keys come from files, never from a flag; without any, fresh ones are left in files beside the sockets. */
function accountKeys(args: Args, context: CliContext): Keys {
  const keyFile = textArg(args, 'api-key-file');
  const secretFile = textArg(args, 'api-secret-file');
  if ((keyFile === null) !== (secretFile === null)) {
    throw new UsageError('--api-key-file and --api-secret-file go together');
  }
  try {
    if (keyFile !== null && secretFile !== null) {
      const where = `keys ${plain(keyFile)} ${plain(secretFile)}`;
      return { apiKey: readKey(keyFile), apiSecret: readKey(secretFile), where };
    }
    return freshKeys(context);
  } catch (error) {
    return { problem: `the keys can't be used: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function readKey(path: string): string {
  const text = readPrivateFile(path, 4096)?.trim() ?? '';
  if (text === '') throw new Error(`${path} is missing or empty`);
  return text;
}

function freshKeys(context: CliContext): Keys {
  const directory = context.places.runtimeDir;
  const checked = ensurePrivateDirectory(directory);
  if (checked.kind === 'refused') return { problem: checked.why };
  const files = { key: join(directory, 'sim.key'), secret: join(directory, 'sim.secret') };
  const keys = { apiKey: randomBytes(32).toString('hex'), apiSecret: randomBytes(32).toString('hex') };
  replaceFile(files.key, `${keys.apiKey}\n`);
  replaceFile(files.secret, `${keys.apiSecret}\n`);
  return { ...keys, where: `keys ${plain(files.key)} ${plain(files.secret)}` };
}
