import { expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { metricsView } from '../../src/daemon/metrics-feed.ts';
import { budgetUsed, gateWorld } from '../../src/daemon/world.ts';
import { checkpointEntries } from '../../src/engine/checkpoint.ts';
import { intentEntry, scratch } from '../engine/durable.ts';
import { coreIn } from './core.ts';
import { handCore } from './hand-core.ts';

const DAY = 86_400_000;

test('of an audit that is broken or switched off nobody can tell what the budgets of the day have used', () => {
  using directory = scratch();
  const before = coreIn(directory.path);
  for (const id of ['a', 'b']) before.core.journal.append(intentEntry(id));
  expect(budgetUsed(before.core)).toEqual({ calls: 2, notionalUsdt: '0' });
  before.core.journal.close();
  const { auditPath } = before.core.places;
  const lines = readFileSync(auditPath, 'utf8').split('\n');
  writeFileSync(auditPath, ['garbage', ...lines.slice(1)].join('\n'));
  const { core } = coreIn(directory.path);
  expect(core.journal.healthy()).toBe(false);
  expect(budgetUsed(core)).toBeNull();
  expect(metricsView(core, core.settings).budget).toBeNull();
  expect(gateWorld(core, core.feed.state()).day).toBeNull();
  using off = handCore({ config: 'audit: {enabled: false}' });
  expect(metricsView(off.core, off.core.settings).budget).toBeNull();
});

test('after an audit that may lack lines was adopted, the budgets of the day count as used for 24 hours, whatever they are', () => {
  using hand = handCore();
  const { core, clock } = hand;
  expect(budgetUsed(core)).toEqual({ calls: 0, notionalUsdt: '0' });
  const state = { ...core.journal.state(), linesLostAtMs: clock.wall };
  const adoption = { operator: 'ann', details: {} };
  expect(core.journal.appendAll(checkpointEntries(state, { keepsFromSeq: 1, adoption })).ok).toBe(true);
  for (const [afterMs, used] of [
    [0, null],
    [DAY - 1, null],
    [-3 * DAY, null],
    [DAY, { calls: 0, notionalUsdt: '0' }],
  ] as const) {
    clock.wall = (state.linesLostAtMs ?? 0) + afterMs;
    expect(budgetUsed(core)).toEqual(used);
    expect(gateWorld(core, core.feed.state()).day).toEqual(used);
  }
});
