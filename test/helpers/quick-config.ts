/** A configuration in which everything is fast and nothing happens by itself. */
import type { Canary } from './canary.ts';

/** What differs from the quick simulator configuration: keys of a section over its defaults. */
export type ConfigChange = Readonly<Record<string, Readonly<Record<string, unknown>> | string>>;

/** Renders it with this port for the metrics and the canary's files as keys; JSON is YAML. */
export function quickConfig(
  { port, canary }: { readonly port: number; readonly canary: Canary },
  change: ConfigChange,
): string {
  const sections: Record<string, Readonly<Record<string, unknown>>> = {
    exchange: { environment: 'sim', key_file: canary.keyFile, secret_file: canary.secretFile },
    identity: { prefix: 'grinder_', allowed_strategies: ['1'] },
    reconcile: {
      ...{ interval_ms: 1000, action: 'auto', symbol_whitelist: ['BTCUSDT'] },
      ...{ cooldown_seconds: 1, confirm_after_ms: 1000, missing_grace_ms: 5000 },
    },
    expected_state: { settle_ms: 0 },
    ceremony: { requested_stage: 1, dwell_ms: 3000, stop_verify_ms: 1000 },
    metrics: { listen: `127.0.0.1:${port}` },
    simulator: { seed: 7, stray_every_ms: 0, position_every_ms: 0 },
  };
  const config: Record<string, unknown> = { ...sections };
  for (const [name, value] of Object.entries(change))
    config[name] = typeof value === 'string' ? value : { ...sections[name], ...value };
  return `${JSON.stringify(config, null, 2)}\n`;
}
