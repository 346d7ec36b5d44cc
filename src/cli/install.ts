import { resolve } from 'node:path';
import { systemdUnit } from '../ops/systemd-unit.ts';
import { type CliCommand, EXIT, flagArg, textArg, UsageError } from './context.ts';

/** `install --print`: the systemd unit of this executable and configuration, on stdout. It installs nothing itself. */
export const installCommand: CliCommand = {
  command: 'install',
  describe: 'print the systemd unit for this executable; nothing is installed',
  build: (argv) =>
    argv
      .option('print', { type: 'boolean', describe: 'to stdout (the only way there is)' })
      .option('user', { type: 'string', requiresArg: true, describe: 'whom it runs as (grinder)' }),
  run: async (args, context) => {
    if (!flagArg(args, 'print'))
      throw new UsageError('nothing is installed by itself: read what install --print says, then do it');
    const user = textArg(args, 'user') ?? 'grinder';
    if (!/^[a-z_][a-z0-9_-]{0,30}$/.test(user)) throw new UsageError(`--user: ${user} is no user's name`);
    const executable = context.env['GRINDER_EXECUTABLE'] || '/usr/local/bin/grinder';
    const configPath = context.configFlagPath ?? '/etc/grinder/config.yaml';
    for (const path of [executable, configPath])
      if (!/^\/[\w@+.,:/-]*$/.test(path))
        throw new UsageError(`a unit can't name ${path}: use a path of letters, digits and . _ - / only`);
    context.stdout(systemdUnit({ executable: resolve(executable), configPath: resolve(configPath), user }));
    return EXIT.ok;
  },
};
