/** Mutations of what operators are told: screen, doctor, metrics. A reassuring word that is false is one that they act on. */
import type { Mutation } from './mutation.ts';

export const inWhatIsTold: readonly Mutation[] = [
  {
    name: 'a-clock-set-back-makes-an-unknown-write-young',
    file: 'src/daemon/world.ts',
    search: 'core.vitals.dispatchedMonoMs.get(intentId) ?? core.clock.monoMs();',
    replace: 'core.clock.monoMs();',
    tests: ['test/daemon/alive.test.ts'],
  },
  {
    name: 'metrics-forget-an-unknown-write-at-a-restart',
    file: 'src/daemon/metrics-feed.ts',
    search: 'unresolvedIntents: openIntentsOf(core),',
    replace: 'unresolvedIntents: core.vitals.writesSent,',
    tests: ['test/daemon/alive.test.ts'],
  },
  {
    name: 'an-unverified-cancel-is-good-news',
    file: 'src/daemon/executing.ts',
    search: 'const isDoubted = verified === false || verified === null;',
    replace: 'const isDoubted = verified === false;',
    tests: ['test/daemon/run.test.ts'],
  },
  {
    name: 'gates-that-flap-hide-an-alarm',
    file: 'src/daemon/notebook.ts',
    search: 'const gone = first === -1 || first === notes.length - 1 ? 0 : first;',
    replace: 'const gone = Math.min(0, first);',
    tests: ['test/daemon/notebook.test.ts'],
  },
  {
    name: 'a-narrow-screen-cuts-off-not-durable',
    file: 'src/tui/select/stop-line.ts',
    search: 'const short = latch.word.includes(NOT_DURABLE) ? NOT_DURABLE : latch.word;',
    replace: 'const short = latch.word;',
    tests: ['test/tui/kept-words.test.ts'],
  },
  {
    name: 'another-executor-is-routine-on-the-screen',
    file: 'src/tui/select/warnings.ts',
    search: " || item === 'other_executor'",
    replace: '',
    tests: ['test/tui/kept-words.test.ts'],
  },
  {
    name: 'doctor-calls-a-latch-in-memory-clear',
    file: 'src/daemon/doctor-places.ts',
    search: 'if (daemon?.latched === true)',
    replace: "if (daemon?.text === 'x')",
    tests: ['test/daemon/doctor.test.ts'],
  },
  {
    name: 'doctor-believes-a-stranger',
    file: 'src/cli/doctor.ts',
    search: 'if (stranger !== null) return unusable(stranger);',
    replace: 'void stranger;',
    tests: ['test/cli/strangers.test.ts'],
  },
  {
    name: 'the-stop-file-goes-where-the-daemon-does-not-look',
    file: 'src/tui/stop.ts',
    search:
      'return told === null || told === setting.stateDir ? here : writeStopFile(told, setting.operator);',
    replace: 'return told === null ? here : here;',
    tests: ['test/tui/stop.test.ts'],
  },
  {
    name: 'a-followed-status-over-a-dead-link-looks-current',
    file: 'src/cli/status.ts',
    search: 'if (screen && last !== null) draw(last, why);',
    replace: 'if (screen && last !== null) draw(last, null);',
    tests: ['test/cli/status.test.ts'],
  },
  {
    name: 'report-forgets-a-stop-that-stands',
    file: 'src/ops/report-ceremony.ts',
    search: "cleared === '' || shownStops.has(seq)",
    replace: "cleared === 'never' || shownStops.has(seq)",
    tests: ['test/ops/report.test.ts'],
  },
  {
    name: 'stage-4-is-asked-for-without-its-account',
    file: 'src/tui/open.ts',
    search: '      ...whereLines(confirmation.covered),\n',
    replace: '      ...whereLines({}),\n',
    tests: ['test/tui/kept-words.test.ts'],
  },
];
