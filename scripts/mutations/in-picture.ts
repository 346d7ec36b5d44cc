/** Mutations of what is expected and observed. */
import { COMPARE, type Mutation } from './mutation.ts';

export const inPicture: readonly Mutation[] = [
  {
    name: 'engine-names-orders-as-it-likes',
    file: 'src/engine/feed-schema.ts',
    search: '.regex(CLIENT_ORDER_ID,',
    replace: '.regex(/./u,',
    tests: ['test/daemon/feed-faults.test.ts'],
  },
  {
    name: 'incomplete-read-confirms',
    file: 'src/engine/confirm.ts',
    search: 'if (!observed.complete || !(atMonoMs > state.latestReadMonoMs)) return state;',
    replace: 'if (!(atMonoMs > state.latestReadMonoMs)) return state;',
    tests: ['test/engine/confirm.test.ts'],
  },
  {
    name: 'difference-to-an-untrusted-feed-confirms',
    file: 'src/engine/confirm.ts',
    search: 'if (!rules.trusted) return { ...state, sightings: new Map() };',
    replace: '',
    tests: ['test/engine/confirm.test.ts'],
  },
  {
    name: 'ghost-kept',
    file: 'src/engine/order-rules.ts',
    search: 'mismatch: settled ? ghost(order, record, context.options) : null',
    replace: 'mismatch: null',
    tests: COMPARE,
  },
  {
    name: 'failed-read-is-an-empty-account',
    file: 'src/engine/compare-orders.ts',
    search: 'if (!observed.complete) return { mismatches: [], queries: [] };',
    replace: '',
    tests: COMPARE,
  },
  {
    name: 'older-read-contradicts-the-engine',
    file: 'src/engine/order-rules.ts',
    search: 'if (record.readAtMonoMs >= context.startedMonoMs) return { mismatch: null, matched };',
    replace: '',
    tests: COMPARE,
  },
  {
    name: 'gap-in-the-feed-unnoticed',
    file: 'src/engine/expected.ts',
    search: 'return line.seq === next ? state :',
    replace: 'return line.seq >= next ? state :',
    tests: ['test/engine/expected.test.ts', 'test/engine/feed.test.ts'],
  },
];

export const underWrongPictures: readonly Mutation[] = [
  {
    name: 'position-named-twice-is-believed',
    file: 'src/engine/contradiction.ts',
    search: 'if (seen.has(name)) return name;',
    replace: '',
    tests: ['test/engine/expected.test.ts'],
  },
  {
    name: 'acknowledged-position-covers-the-next-one',
    file: 'src/engine/mass.ts',
    search: 'if (observedPosition === null) return key;',
    replace: 'if (key !== "") return key;',
    tests: ['test/engine/mass.test.ts'],
  },
  {
    name: 'order-ended-on-another-symbol-is-gone',
    file: 'src/engine/contradiction.ts',
    search: "if (known?.state !== 'live' || known.symbol === told.symbol) return null;",
    replace: 'if (known !== undefined || known === undefined) return null;',
    tests: ['test/engine/expected.test.ts', 'test/daemon/feed-faults.test.ts'],
  },
  {
    name: 'zero-in-another-mode-closes',
    file: 'src/engine/compare-positions.ts',
    search: 'netted: isHeldInOtherMode(records, side),',
    replace: 'netted: false,',
    tests: ['test/engine/behaviours-positions.test.ts'],
  },
  {
    name: 'session-used-twice-is-taken',
    file: 'src/engine/expected.ts',
    search: 'if (line.ts_ms <= state.newestTsMs) return state;',
    replace: 'return state;',
    tests: ['test/engine/expected.test.ts'],
  },
  {
    name: 'jump-leaves-the-clock-offset',
    file: 'src/daemon/world.ts',
    search: 'return measured.offsetMs - jumpedMs;',
    replace: 'return measured.offsetMs;',
    tests: ['test/daemon/world.test.ts'],
  },
  {
    name: 'jump-gives-back-old-writes',
    file: 'src/daemon/vitals.ts',
    search: '    dispatchedMonoMs: new Map(\n      kept.dispatches.map(',
    replace: '    dispatchedMonoMs: new Map(\n      [...kept.dispatches].slice(kept.dispatches.length).map(',
    tests: ['test/daemon/world.test.ts'],
  },
  {
    name: 'clear-takes-an-unseen-stop-file',
    file: 'src/daemon/stopping.ts',
    search: '  obeyStopFile(core, (by, reason) => stop(core, latch, { by, reason }));\n  const state',
    replace: '  const state',
    tests: ['test/daemon/stopping.test.ts'],
  },
  {
    name: 'wider-reload-stays-armed',
    file: 'src/daemon/reloading.ts',
    search: "if (effect.arming === 'ended' && core",
    replace: "if (effect.arming === 'kept' && core",
    tests: ['test/daemon/reloading.test.ts'],
  },
  {
    name: 'slow-read-stretches-a-sighting',
    file: 'src/engine/confirm.ts',
    search: 'firstMonoMs: before?.firstMonoMs ?? endMonoMs',
    replace: 'firstMonoMs: before?.firstMonoMs ?? atMonoMs',
    tests: ['test/engine/confirm.test.ts'],
  },
];
