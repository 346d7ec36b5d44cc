import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { computePlaces } from '../launch/places.ts';
import { type CliCommand, EXIT, flagArg, withJson } from './context.ts';
import { plain } from './print.ts';
import { formatSmoke } from './smoke-table.ts';
import type { SmokeReport } from './smoke-walk.ts';

/** `smoke`: walks the stages on a private simulator and proves the gates; ignores the operator's variables. */
export const smokeCommand: CliCommand = {
  command: 'smoke',
  describe: 'prove the gates: walk the stages on a private simulator (exit 0 passed, 1 failed)',
  build: (argv) =>
    withJson(argv).option('inject-mismatch', {
      type: 'boolean',
      describe: 'place a stray order, so that every gate has something to judge',
    }),
  run: async (args, context) => {
    const given = context.env['GRINDER_SMOKE_DIR'];
    const directory = given ?? mkdtempSync(join(context.env['TMPDIR'] || '/tmp', 'grinder-smoke-'));
    try {
      const places = computePlaces({
        argv: ['smoke'],
        env: { HOME: context.env['HOME'], GRINDER_SMOKE_DIR: directory },
        cwd: directory,
        uid: context.uid,
        config: { path: join(directory, 'config.yaml'), text: SMOKE_CONFIG },
      });
      const loaded = loadConfig({ text: SMOKE_CONFIG, env: {}, flags: new Map() });
      if (!loaded.ok)
        throw new Error(`the built-in smoke configuration is broken: ${JSON.stringify(loaded.problems)}`);
      // The whole daemon: no other verb pays for it.
      const { walkStages } = await import('./smoke-walk.ts');
      const report: SmokeReport = await walkStages({
        settings: loaded.settings,
        places,
        inject: flagArg(args, 'inject-mismatch'),
      });
      context.stdout(flagArg(args, 'json') ? `${JSON.stringify(report)}\n` : plainLines(formatSmoke(report)));
      return report.passed ? EXIT.ok : EXIT.failed;
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

/** Everything fast, nothing by itself: no strays, no unexpected positions, no automatic canary. */
const SMOKE_CONFIG = `
exchange: { environment: sim }
identity: { prefix: "grinder_", allowed_strategies: ["1"] }
reconcile:
  interval_ms: 1000
  action: auto
  symbol_whitelist: ["BTCUSDT"]
  cooldown_seconds: 5
  confirm_after_ms: 1000
  missing_grace_ms: 5000
expected_state: { settle_ms: 1000 }
ceremony: { requested_stage: 0, auto_canary: false, dwell_ms: 5000, stop_verify_ms: 3000 }
metrics: { listen: "127.0.0.1:0" }
simulator: { seed: 7, stray_every_ms: 0, position_every_ms: 0 }
`;

function plainLines(text: string): string {
  return `${text.split('\n').map(plain).join('\n')}\n`;
}
