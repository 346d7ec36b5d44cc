import { afterAll, describe, expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { createMachine } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';

afterAll(dropCache);

interface Check {
  readonly title: string;
  readonly figure: string;
  readonly verdict: string;
}

const hostile = {
  RECONCILE_ENABLED: '0',
  ARMED: '0',
  RECONCILE_DRY_RUN: 'maybe',
  GRINDER_CONFIG: '/nonexistent/config.yaml',
  GRINDER_STATE_DIR: '/nonexistent/state',
};

describe('a smoke with an injected mismatch', () => {
  test.concurrent('proves each stage, whatever the operator exported, and leaves nothing behind', async () => {
    await using machine = await createMachine();
    const ran = await machine.grinder(['smoke', '--inject-mismatch', '--json'], { env: hostile });
    expect(ran.err).toBe('');
    expect(ran.code).toBe(0);
    const report = JSON.parse(ran.out);
    expect(report).toMatchObject({
      schema_version: 1,
      passed: true,
      inject_mismatch: true,
      not_proven: [],
      failures: [],
    });
    const checks = new Map<number, readonly Check[]>(
      report.stages.map((one: { readonly stage: number; readonly checks: readonly Check[] }) => [
        one.stage,
        one.checks,
      ]),
    );
    expect([...checks.keys()]).toEqual([0, 1, 2, 3, 4]);
    const figure = (stage: number, title: string) =>
      checks.get(stage)?.find((check) => check.title === title)?.figure ?? `no check ${title}`;
    expect([...checks.values()].flat().map(({ verdict }) => verdict)).not.toContain('INCONCLUSIVE');
    expect(figure(0, 'runs')).toBe('0');
    expect(Number(figure(1, 'mismatches seen'))).toBeGreaterThan(0);
    expect(figure(1, 'planned')).toBe('0');
    expect(Number(figure(2, 'planned'))).toBeGreaterThan(0);
    const [blocked, planned] = figure(2, 'blocked by dry_run').split(' of ');
    expect(blocked).toBe(planned);
    expect(Number(figure(3, 'blocked by not_armed'))).toBeGreaterThan(0);
    expect(figure(3, 'blocked by anything else')).toBe('0');
    for (const stage of [0, 1, 2, 3]) {
      expect(figure(stage, 'executed')).toBe('0');
      expect(figure(stage, 'writes in the exchange log')).toBe('0');
    }
    expect(figure(4, 'executed')).toBe('1');
    expect(figure(4, 'writes sent')).toBe('DELETE /fapi/v1/order');
    expect(figure(4, 'stray order gone')).toStartWith('grinder_1_BTCUSDT_');
    expect(figure(4, "trader's own orders")).toEndWith('open, 0 lost');
    expect(readdirSync(machine.env['TMPDIR'] ?? '')).toEqual([]);
    expect(machine.leftovers()).toEqual([]);
  }, 120_000);
});

describe('a smoke without one', () => {
  test.concurrent('passes, and says which gates it could not witness', async () => {
    await using machine = await createMachine();
    const ran = await machine.grinder(['smoke'], { env: hostile });
    expect(ran.err).toBe('');
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/^Stage 2 Plan-only\n(.*\n)*? {2}planned +not witnessed +INCONCLUSIVE$/m);
    expect(ran.out).toMatch(
      /^Stage 3 Execution blocked\n(.*\n)*? {2}(in force|blocked by not_armed) .*INCONCLUSIVE$/m,
    );
    expect(ran.out).toMatch(/^Not proven: .*stage 2: planned \(not witnessed\).*stage 3: .*$/m);
    expect(ran.out).toMatch(/^Smoke PASSED \(/m);
    expect(readdirSync(machine.env['TMPDIR'] ?? '')).toEqual([]);
  }, 120_000);
});
