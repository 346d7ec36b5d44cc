/** Runs the screen alone, for tests on a pseudo-terminal: entry.ts SOCKET STATE_DIR OUT [flags]. */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { connectControl } from '../../src/control/client.ts';
import { runTui } from '../../src/tui/run.tsx';

const [socketPath = '', stateDir = '', out = '', ...flags] = process.argv.slice(2);
const client = connectControl(socketPath);
const result = await runTui({
  client,
  socketPath,
  stateDir,
  operator: 'tester',
  readOnly: flags.includes('--read-only'),
  ownsDaemon: flags.includes('--owns'),
  stdin: process.stdin,
  stdout: process.stdout,
  env: process.env,
});
client.close();
writeFileSync(out, JSON.stringify(result));
process.exit(result.exitCode);
