/** Every reachable state of the machine, held to what no path may ever bring about (the abstraction: machine-model.ts). */
import { describe, expect, test } from 'bun:test';
import { runCli } from '../../src/cli/cli.ts';
import { doctorCommand } from '../../src/cli/doctor.ts';
import { entryOf, evidenceFrom } from '../../src/daemon/evidence-records.ts';
import type { AuditRecord } from '../../src/engine/audit-record.ts';
import { adviceOf } from '../../src/engine/next-step.ts';
import {
  canonical,
  contextOf,
  coveredUnder,
  earnedUnder,
  keyOf,
  type Point,
  type SettingsName,
  stageOf,
  started,
  type Taken,
  TWISTS,
  type Twist,
  take,
  twistsOf,
  WORDS,
  type Word,
} from './machine-model.ts';

interface Walked {
  readonly points: ReadonlyMap<string, Point>;
  readonly transitions: number;
}

function walk(words: readonly Word[], approvals: number): Walked {
  const points = new Map<string, Point>();
  const queue: Point[] = [];
  const add = (point: Point): void => {
    const key = keyOf(point);
    if (points.has(key)) return;
    points.set(key, point);
    queue.push(point);
  };
  for (const request of [0, 1, 2, 3, 4] as const) add(started(request));
  let transitions = 0;
  for (let point = queue.pop(); point !== undefined; point = queue.pop()) {
    for (const word of words)
      for (const twist of twistsOf(point, word)) {
        transitions += 1;
        const taken = take(point, word, twist, approvals);
        hold(taken, { word, twist, approvals });
        add(canonical(taken.after));
      }
  }
  return { points, transitions };
}

/** A point as people read it. */
function inShort({ machine, settings }: Point): string {
  const { request, inForce, evidence, latched, progress } = machine.stage;
  const had = evidence.map(({ stage, version, covered }) => `${stage}:${version}/${earnedUnder(covered)}`);
  const offer = machine.offer === null ? '' : ` ${machine.offer.purpose} ${machine.offer.approvedBy.length}`;
  const counted = `dwell ${progress.dwellMs} runs ${progress.runs} planned ${progress.planned}`;
  return `[${settings} stage ${inForce} of ${request.stage}${latched ? ' latched' : ''}${offer} {${had.join(' ')}} ${counted}]`;
}

interface Input {
  readonly word: Word;
  readonly twist: Twist;
  readonly approvals: number;
}

/** Everything that must hold of one transition; asks the words of the alphabet, not the machine, what was allowed. */
function hold(taken: Taken, input: Input): void {
  const { word, twist } = input;
  const before = taken.met.machine.stage;
  const { stage, offer } = taken.after.machine;
  const promise = (name: string, kept: boolean): void => {
    if (!kept)
      throw new Error(
        `${name}: ${word} with ${twist}, from ${inShort(taken.met)} to ${inShort(taken.after)}`,
      );
  };
  const restarts = word.startsWith('restart_');
  const asked = raisedTo(word);

  if (stage.inForce === 4 && before.inForce !== 4) entered(taken, input, promise);
  promise('stage 4 has a lease, and no other stage has', (stage.inForce === 4) === (stage.lease !== null));
  promise('a restart leads to 3 at most', !restarts || stage.inForce <= 3);

  promise('a stop latches at 0 and takes evidence and approvals', word !== 'stop' || isBare(taken));
  promise('latched is stage 0', !stage.latched || stage.inForce === 0);
  promise('only clearing ends a latch', !before.latched || stage.latched || word === 'clear_stop');
  promise(
    'clearing leads to stage 0',
    word !== 'clear_stop' || (stage.inForce === 0 && stage.request.stage === 0),
  );

  promise('nothing is in force above the request', stage.inForce <= stage.request.stage);
  promise(
    'only an operator or a start raises the request',
    stage.request.stage <= before.request.stage ||
      restarts ||
      (asked !== null && stage.request.stage <= asked),
  );
  promise(
    'a breach leads to 1 at most',
    word !== 'breach' || (stage.inForce <= 1 && stage.request.stage <= 1),
  );
  promise('a breach takes evidence and approvals', word !== 'breach' || (bareFrom1(taken) && offer === null));
  const target = loweredTo(word, before.request.stage);
  if (target !== null && target <= before.inForce) {
    promise('lowering is never refused', taken.step.answer.kind === 'done' && stage.inForce <= target);
    promise('lowering stays', stage.request.stage <= target);
  }
  if (target !== null && target < before.request.stage)
    promise(
      'a wish is lowered as freely',
      stage.request.stage <= target && !/refused|denied/.test(taken.step.answer.kind),
    );
  const held = /^hold_(\d)$/.exec(twist)?.[1] ?? (twist === 'audit_lost' ? '1' : '4');
  promise('a hold is never passed', stage.inForce <= Number(held));

  for (const one of [1, 2, 3] as const)
    if (stage.inForce > one) promise(`evidence of ${one} counts`, hasCounting(taken, one));
  promise('an offer to enter lives in stage 3', offer?.purpose !== 'enter' || stage.inForce === 3);
  promise('an offer to renew lives in stage 4', offer?.purpose !== 'renew' || stage.inForce === 4);
  promise('the audit tells the same evidence', sameInAudit(taken));
  const executed = word === 'run_executed' || word === 'run_unplanned';
  if (executed && before.inForce > 0 && before.inForce < 4)
    promise(
      'an execution below 4 withdraws',
      ![1, 2, 3].some((n) => n >= before.inForce && hasCounting(taken, n)),
    );
  if (word === 'run_unplanned' && before.inForce === 4)
    promise('an execution without a plan leads out of 4 to 1', stage.inForce <= 1 && bareFrom1(taken));
}

/** Evidence of stage 3 that ends while its criteria go on passing is earned anew in the same step; its count is checked anyway. */
const BARS_ENTRY: ReadonlySet<Twist> = new Set([
  ...(['hold_0', 'hold_1', 'hold_2', 'hold_3', 'audit_lost', 'unacknowledged', 'no_picture'] as const),
  ...(['settings_unseen', 'barred', 'digest_moved', 'offer_over', 'unknown_old'] as const),
  ...(['evidence_1_over', 'evidence_2_over'] as const),
]);
const ENTRY_BY: Readonly<Partial<Record<Word, string>>> = {
  confirm_ann: 'ann',
  confirm_bob: 'bob',
  confirm_eve: 'eve',
  approve_bob: 'bob',
  approve_eve: 'eve',
};

/** The one way into stage 4. */
function entered(
  { met, after }: Taken,
  { word, twist, approvals }: Input,
  promise: (name: string, kept: boolean) => void,
): void {
  const { offer, stage } = met.machine;
  const by = ENTRY_BY[word];
  promise('4 is entered from 3, unlatched', stage.inForce === 3 && !stage.latched);
  promise('4 is entered by a fresh confirmation', by !== undefined && offer !== null && offer.code !== null);
  promise('the code was shown to whoever gave it back', offer?.shownTo.name === by);
  promise('nothing that bars it was there', !BARS_ENTRY.has(twist));
  promise(
    'enough different operators approved',
    new Set([...(offer?.approvedBy ?? []), by]).size === approvals,
  );
  promise('two approvals are verified', approvals === 1 || by !== 'eve');
  promise('the confirmation is used up', after.machine.offer === null);
}

function hasCounting({ after, context }: Taken, stage: number): boolean {
  const today = after.settings;
  const found = after.machine.stage.evidence.find((one) => one.stage === stage);
  if (found === undefined || found.version !== context.version) return false;
  const under = earnedUnder(found.covered);
  return (
    under !== null && COVERS[under].includes(today) && context.nowMs - found.passedAtMs <= 7 * 86_400_000
  );
}

/** What evidence earned under each covers, written down here once more. */
const COVERS: Readonly<Record<SettingsName, readonly SettingsName[]>> = {
  base: ['base', 'narrow'],
  narrow: ['narrow'],
  mixed: ['mixed', 'narrow'],
};

function bareFrom1({ after }: Taken): boolean {
  return after.machine.stage.evidence.every(({ stage }) => stage === 0);
}

function isBare(taken: Taken): boolean {
  const { stage, offer } = taken.after.machine;
  return (
    stage.latched && stage.inForce === 0 && stage.request.stage === 0 && bareFrom1(taken) && offer === null
  );
}

function raisedTo(word: Word): number | null {
  const asked = /^stage_(\d)$/.exec(word)?.[1];
  if (asked !== undefined) return Number(asked);
  return ENTRY_BY[word] !== undefined || word === 'confirm_wrong' || word === 'approve' ? 4 : null;
}

function loweredTo(word: Word, request: number): number | null {
  if (word === 'disarm') return Math.min(3, request);
  if (word === 'mass') return 1;
  const asked = /^stage_([0-3])$/.exec(word)?.[1];
  return asked === undefined ? (word === 'stop' ? 0 : null) : Number(asked);
}

/** The records of the step, folded as a restart folds them, give the evidence that the step left. */
function sameInAudit({ met, step, after }: Taken): boolean {
  const records = [
    ...met.machine.stage.evidence
      .filter(({ stage }) => stage > 0)
      .map((one) => ({ ts_ms: one.passedAtMs, ...passedRecord(one) })),
    ...step.effects.flatMap((effect) =>
      effect.type === 'approved' ? [] : [{ ts_ms: after.nowMs, ...entryOf(effect, step.state.stage, 'r') }],
    ),
  ] as unknown as readonly AuditRecord[];
  const told = evidenceFrom(records, null, after.nowMs).filter(({ stage }) => stage > 0);
  const left = after.machine.stage.evidence.filter(({ stage }) => stage > 0);
  const text = (evidence: typeof left) =>
    JSON.stringify(
      evidence
        .toSorted((a, b) => a.stage - b.stage)
        .map((one) => [one.stage, one.version, one.covered, one.passedAtMs]),
    );
  return text(told) === text(left);
}

function passedRecord({ stage, covered, version }: { stage: number; covered: object; version: string }) {
  return { event_type: 'STAGE_EVIDENCE', details: { stage, verdict: 'PASS', covered, version } };
}

const without = (...words: readonly Word[]): readonly Word[] => WORDS.filter((word) => !words.includes(word));
const WALKS: readonly (readonly [string, readonly Word[], number])[] = [
  ['with narrower settings and two approvals', without('restart_new_version', 'reload_mixed'), 2],
  ['with mixed settings and one approval', without('restart_new_version', 'reload_narrow'), 1],
  ['with new versions and one approval', without('reload_base', 'reload_narrow', 'reload_mixed'), 1],
];
const FACTS = { latchId: 'L1', unacknowledged: [], autoCanary: false, digest: 'D' };

/** What an operator does who follows `status`, while the world is well. */
function followed(
  point: Point,
  approvals: number,
): { readonly words: readonly Word[]; readonly does: string | null } {
  const { does, text } = adviceOf(point.machine, contextOf(point, 'none', approvals), FACTS);
  if (does !== null && !text.includes(does)) throw new Error(`"${text}" does not say ${does}`);
  if (does === null) return { words: ['run'], does };
  if (does === 'grinder inject-mismatch') return { words: ['run_plan'], does };
  if (does === 'grinder clear-stop L1') return { words: ['clear_stop'], does };
  // The other one of the two.
  const approvedBy = point.machine.offer?.approvedBy ?? [];
  if (does === 'grinder approve')
    return { words: ['approve', approvedBy.includes('bob') ? 'confirm_ann' : 'approve_bob'], does };
  const stage = /^grinder stage ([0-4])$/.exec(does)?.[1];
  if (stage === '4') return { words: ['stage_4', 'confirm_ann'], does };
  const word = WORDS.find((one) => one === `stage_${stage}`);
  if (word === undefined) throw new Error(`nobody knows how to do: ${does}`);
  return { words: [word], does };
}

describe.each(WALKS)('the machine %s', (name, words, approvals) => {
  let walked: Walked | null = null;
  const all = (): Walked => {
    walked ??= walk(words, approvals);
    return walked;
  };

  test('keeps every promise in every state it can reach', () => {
    const { points, transitions } = all();
    const live = [...points.values()].filter(({ machine }) => machine.stage.inForce === 4).length;
    console.log(`machine ${name}: ${points.size} states (${live} in stage 4), ${transitions} transitions`);
    expect(points.size).toBeGreaterThan(500);
    expect(live).toBeGreaterThan(0);
  }, 240_000);

  test('has a way up from every state, and it is what status says to do next', () => {
    const good = new Set<string>();
    const commands = new Set<string>();
    let longest = 0;
    for (const from of all().points.values()) {
      const path: string[] = [];
      let at = from;
      while (at.machine.stage.inForce !== 4 && !good.has(keyOf(at))) {
        path.push(keyOf(at));
        if (path.length > 30) throw new Error(`no way up: ${path.slice(0, 5).join('\n')}`);
        const { words: steps, does } = followed(at, approvals);
        if (does !== null) commands.add(does.split(' ')[1] ?? '');
        for (const word of steps) at = canonical(take(at, word, 'none', approvals).after);
      }
      longest = Math.max(longest, path.length);
      for (const key of path) good.add(key);
    }
    console.log(
      `machine ${name}: stage 4 again by ${[...commands].sort().join(', ')}; stretches of ${longest} steps at most`,
    );
    expect([...commands].sort()).toEqual(
      ['clear-stop', 'inject-mismatch', 'stage', ...(approvals > 1 ? ['approve'] : [])].sort(),
    );
  }, 240_000);

  test('says in every state what holds it, what fails and what is not acknowledged', () => {
    for (const point of all().points.values()) {
      const { inForce, latched, evidence } = point.machine.stage;
      if (latched || inForce === 4) continue;
      const held = contextOf(point, `hold_${inForce}` as Twist, approvals);
      const advice = adviceOf(point.machine, held, FACTS);
      expect([advice.does, advice.text.includes('a reason holds at')]).toEqual(['./run_live.sh', true]);
      if (inForce === 0) {
        const failing = adviceOf(point.machine, contextOf(point, 'prerequisite_fails', approvals), FACTS);
        const blocked = point.machine.stage.progress.runs > 0 || point.machine.stage.progress.writesSent > 0;
        expect(failing.does).toBe(blocked ? 'grinder stage 0' : 'grinder doctor');
      }
      const earned =
        inForce === 3 && ([1, 2, 3] as const).every((one) => evidence.some(({ stage }) => stage === one));
      const ready = adviceOf(point.machine, contextOf(point, 'none', approvals), FACTS).does;
      if (earned && (ready === 'grinder stage 4' || ready === 'grinder approve')) {
        const open = adviceOf(point.machine, contextOf(point, 'none', approvals), {
          ...FACTS,
          unacknowledged: ['x'],
        });
        expect(open.does).toBe('grinder ack x');
      }
    }
  }, 240_000);
});

test('the form and a step commute: what the abstraction forgets makes no difference', () => {
  let seed = 42;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (seed >> 8) % below;
  };
  const good: readonly Word[] = [
    'run',
    'run',
    'run_plan',
    'run_plan',
    'stage_4',
    'confirm_ann',
    'approve',
    'approve_bob',
    'clear_stop',
    'stage_3',
  ];
  const stages = new Set<number>();
  for (let round = 0; round < 400; round += 1) {
    const approvals = 1 + (round % 2);
    let real = started(stageOf(next(5)));
    for (let at = 0; at < 60; at += 1) {
      const word = (next(3) > 0 ? good[next(good.length)] : WORDS[next(WORDS.length)]) ?? 'tick';
      const drawn = next(6) === 0 ? (TWISTS[next(TWISTS.length)] ?? 'none') : 'none';
      // How much of a lease is left is forgotten, and so given with every renewal.
      const twist = word.startsWith('renew') ? 'lease_half' : drawn;
      const [whole, form] = [
        take(real, word, twist, approvals),
        take(canonical(real), word, twist, approvals),
      ];
      expect([whole.step.answer.kind, keyOf(canonical(whole.after))]).toEqual([
        form.step.answer.kind,
        keyOf(canonical(form.after)),
      ]);
      real = whole.after;
      stages.add(real.machine.stage.inForce);
    }
  }
  expect([...stages].sort()).toEqual([0, 1, 2, 3, 4]);
}, 60_000);

test('the settings of the model are related as the checks say', () => {
  for (const name of ['base', 'narrow', 'mixed'] as const)
    expect(earnedUnder(coveredUnder(3, name))).toBe(name);
});

test('every command that the next step names exists', async () => {
  let help = '';
  await runCli(['--help'], {
    stdout: (text) => {
      help += text;
    },
    stderr: () => undefined,
    env: {},
    cwd: '/',
    uid: 0,
    isTTY: false,
    extraCommands: [doctorCommand],
  });
  for (const verb of ['clear-stop', 'inject-mismatch', 'stage', 'approve', 'ack', 'doctor', 'audit'])
    expect(help).toMatch(new RegExp(`grinder ${verb}\\b`));
});
