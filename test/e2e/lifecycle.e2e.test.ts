import { afterAll, describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { createMachine } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { actionTotals, climbTo4, confirm4 } from './ceremony.ts';

afterAll(dropCache);

const LIMIT_MS = 240_000;

describe('a daemon from start to end', () => {
  test.concurrent(
    'climbs as it earns, cancels one stray, stops at once, and leaves a true audit',
    async () => {
      await using machine = await createMachine();
      const daemon = await machine.start();
      expect(daemon.out()).toContain(`running headless for ${machine.configPath}`);

      // Raising ahead of the evidence is pending, and says what is missing.
      await daemon.when('stage 1', ({ stage }) => stage.in_force === 1);
      const early = await machine.grinder(['stage', '3']);
      expect(early.code).toBe(75);
      expect(early.err).toMatch(/stage 3 is pending, in force is ([12]): stage \1 has to pass first: /);
      expect((await machine.grinder(['stage', '1'])).code).toBe(0);

      for (const stage of [2, 3] as const) {
        await daemon.when(`stage ${stage} earned`, (status) => status.stage.earned >= stage);
        const advanced = await machine.grinder(['advance']);
        expect(advanced).toMatchObject({ code: 0, err: '' });
        await daemon.when(`stage ${stage}`, (status) => status.stage.in_force === stage);
      }
      await daemon.when('stage 4 earned', ({ stage }) => stage.earned === 4);
      expect(await machine.metric('action_executed_total')).toBe(0);
      expect(await machine.metric('action_blocked_total', 'reason="dry_run"')).toBeGreaterThan(0);
      expect(await machine.metric('action_blocked_total', 'reason="not_armed"')).toBeGreaterThan(0);
      expect(machine.log()).not.toMatch(/port\.cancel|port\.place|REMEDIATION_EXECUTED/);

      const wrong = await machine.grinder(['stage', '4', '--confirm', `${hostname()} 4 000000`]);
      expect(wrong.code).toBe(77);
      expect((await daemon.status()).stage.in_force).toBe(3);
      expect(await confirm4(machine)).toMatchObject({ code: 0, err: '' });
      expect((await daemon.status()).switches).toMatchObject({ armed: true, dry_run: false });

      const before = await daemon.when('a quiet book', (status) => status.mismatch_count === 0);
      const injected = await machine.grinder(['inject-mismatch', '--real']);
      expect(injected).toMatchObject({ code: 0, err: '' });
      await daemon.when(
        'the stray gone',
        ({ counters, mismatch_count }) => counters.executed === 1 && mismatch_count === 0,
      );
      // The trader trades on; none of its orders is missing at the exchange.
      expect((await daemon.status()).snapshot.open_orders).toBeGreaterThan(0);
      expect(before.snapshot.open_orders).toBeGreaterThan(0);
      expect(await machine.metric('action_executed_total', 'action="cancel"')).toBe(1);
      expect(machine.log().match(/port\.cancel/g)?.length ?? 0).toBeGreaterThan(0);
      expect(machine.log()).not.toContain('port.place');
      const executed = machine.audit().filter(({ status }) => status === 'EXECUTED');
      expect(executed).toHaveLength(1);
      expect(executed[0]).toMatchObject({
        event_type: 'REMEDIATE_RESULT',
        action: 'cancel',
        stage: 4,
        mode: 'live',
        synthetic: false,
      });

      const stopped = await machine.grinder(['stop', '--config', machine.configPath]);
      expect(stopped).toMatchObject({ code: 0, err: '' });
      expect(stopped.out).toContain('LATCHED');
      expect(stopped.out).not.toContain('NOT DURABLE');
      const latched = await daemon.status();
      expect(latched.stage.in_force).toBe(0);
      expect(latched.stage.earned).toBeLessThan(2);
      await machine.grinder(['inject-mismatch', '--real']);
      const verified = await daemon.when('the verdict', ({ latch }) => latch.verdict !== null);
      expect(verified.latch.verdict).toStartWith('STOPPED OK');
      await daemon.when('the stray seen while stopped', ({ mismatch_count }) => mismatch_count > 0);
      expect(await machine.metric('action_executed_total')).toBe(1);

      const raised = await machine.grinder(['stage', '1']);
      expect(raised.code).toBe(75);
      expect(raised.err).toContain('the stop is latched');
      const other = await machine.grinder(['clear-stop', 'L-other']);
      expect(other.code).toBe(1);
      expect((await daemon.status()).latch.latched).toBe(true);
      const cleared = await machine.grinder(['clear-stop', latched.latch.id ?? '']);
      expect(cleared).toMatchObject({ code: 0, err: '' });
      expect((await daemon.status()).stage).toMatchObject({ in_force: 0, requested: 0 });
      expect((await daemon.status()).latch.latched).toBe(false);

      const { planned, blocked, executed: sent, failed, unknown } = await actionTotals(machine);
      expect(planned).toBeGreaterThan(0);
      expect(planned).toBe((blocked ?? 0) + (sent ?? 0) + (failed ?? 0) + (unknown ?? 0));

      daemon.kill('SIGTERM');
      expect(await daemon.ended).toMatchObject({ code: 0, err: '' });
      expect(machine.leftovers()).toEqual([]);

      expect(await machine.grinder(['audit', 'verify'])).toMatchObject({ code: 0, err: '' });
      const text = readFileSync(machine.auditPath, 'utf8');
      const at = text.indexOf('"EXECUTED"') + 1;
      writeFileSync(machine.auditPath, `${text.slice(0, at)}e${text.slice(at + 1)}`);
      const broken = await machine.grinder(['audit', 'verify']);
      expect(broken.code).toBe(1);
      expect(broken.err).toMatch(/audit BROKEN at line \d+/);
    },
    LIMIT_MS,
  );

  test.concurrent(
    'comes back from kill -9 in stage 3 at most, and a stop stays latched',
    async () => {
      await using machine = await createMachine();
      machine.writeConfig({ ceremony: { requested_stage: 4 } });
      const first = await machine.start();
      await climbTo4(machine, first);
      first.kill('SIGKILL');
      await first.ended;

      const second = await machine.start();
      const back = await second.when('stage 3 again', ({ stage }) => stage.in_force === 3);
      expect(back.switches.armed).toBe(false);
      await second.when('two more runs', ({ run, stage }) => run.count >= 2 && stage.in_force <= 3);
      expect((await machine.grinder(['stop', '--config', machine.configPath])).code).toBe(0);
      const { latch } = await second.status();
      second.kill('SIGKILL');
      await second.ended;

      const third = await machine.start({ env: { RECONCILE_ENABLED: '1' } });
      const latched = await third.status();
      expect(latched.latch).toMatchObject({ latched: true, id: latch.id, durable: true });
      await third.when('a read while stopped', ({ snapshot }) => snapshot.age_ms !== null);
      expect((await third.status()).stage.in_force).toBe(0);
      expect(await machine.metric('stop_latched')).toBe(1);
      third.kill('SIGTERM');
      expect((await third.ended).code).toBe(0);
      expect((await machine.grinder(['audit', 'verify'])).code).toBe(0);
    },
    LIMIT_MS,
  );
});
