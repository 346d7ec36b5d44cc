import { expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/engine/clock.ts';
import { createMetrics } from '../../src/ops/metrics.ts';
import { exampleView } from '../ops/example-view.ts';

const rules = join(import.meta.dir, '../../deploy/prometheus-rules.yml');
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
if (!hasPromtool) {
  if (process.env['CI'] === 'true')
    throw new Error('promtool is missing: the alerting rules are not checked');
  console.warn('SKIPPED: the alerting rules are not checked, promtool is missing');
}

function promtool(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  return status === 0 ? 'ok' : `${stdout}${stderr}`;
}

test.skipIf(!hasPromtool)('Prometheus takes the rules', () => {
  expect(promtool(['check', 'rules', rules])).toBe('ok');
});

test.skipIf(!hasPromtool)('the alerts fire when they should and not before', () => {
  expect(promtool(['test', 'rules', join(import.meta.dir, 'rules.test.yml')])).toBe('ok');
});

test('every metric that a rule names is served', async () => {
  const named = new Set(readFileSync(rules, 'utf8').match(/grinder_reconcile_[a-z_]+/g));
  const metrics = createMetrics({ clock: systemClock, read: () => exampleView });
  const served = await metrics.render();
  expect(named.size).toBeGreaterThan(8);
  expect([...named].filter((name) => !served.includes(`# TYPE ${name} `))).toEqual([]);
});
