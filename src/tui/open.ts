/** Opens the modals: each freezes what it shows and what it will send; pure. */
import type { CommandReply, Confirmation4, StatusDocument } from '../control/protocol.ts';
import { since, uptime, wrapIndented } from './format.ts';
import { isExchangeFresh, linkState } from './freshness.ts';
import type { Effect, PhraseModal, QuitModal, RaiseModal, ScreenState } from './types.ts';

/** Keys that were already on their way when a modal opened are not meant for it. */
export const GUARD_MS = 400;
const LIFE_MS = 30_000;
const LIFE_LIVE_MS = 120_000;

/** Stage names as the runbook has them, by number. */
const stageNames = [
  'Baseline',
  'Detect-only',
  'Plan-only',
  'Execution blocked',
  'Live (limited blast radius)',
] as const;

/** What `a` leads to: a modal, a question to the daemon, or why not. */
export type Advance =
  | { readonly kind: 'modal'; readonly modal: RaiseModal }
  | { readonly kind: 'ask'; readonly effect: Effect }
  | { readonly kind: 'refused'; readonly why: string };

/** Decides what advancing by one stage asks first. */
export function openAdvance(state: ScreenState, nowMs: number): Advance {
  const status = state.received?.status;
  const blocked = raiseBlocked(state);
  if (status === undefined || blocked !== null) return { kind: 'refused', why: blocked ?? 'no data yet' };
  if (status.latch.latched) return { kind: 'refused', why: 'latched: R clears the latch first' };
  const target = status.stage.in_force + 1;
  const digest = status.daemon.config_digest;
  if (target === 1 || target === 2 || target === 3) {
    return { kind: 'modal', modal: raiseModal(state, status, target, nowMs) };
  }
  if (target !== 4) return { kind: 'refused', why: 'stage 4 is the last one' };
  if (!isExchangeFresh(state, status)) return { kind: 'refused', why: staleExchange };
  return { kind: 'ask', effect: { kind: 'ask-live', digest } };
}

/** Why nothing may be raised now; null when the link is fresh. */
export const raiseBlocked = (state: ScreenState): string | null =>
  linkState(state) === 'ok' ? null : 'the link is silent: nothing can be raised on what may be old';

/** Said when stage 4 is asked for on old exchange data. */
export const staleExchange = 'the exchange data is stale: stage 4 waits for a fresh, complete snapshot';

function raiseModal(
  state: ScreenState,
  status: StatusDocument,
  target: 1 | 2 | 3,
  nowMs: number,
): RaiseModal {
  const { stage } = status;
  const from = `${stage.in_force} ${stageNames[stage.in_force]}`;
  return {
    kind: 'raise',
    openedAtMs: nowMs,
    lifeMs: LIFE_MS,
    title: `ADVANCE ${from} -> ${target} ${stageNames[target]}`,
    lines: [
      `host ${status.daemon.host}, ${status.daemon.environment}, account ${status.daemon.account}`,
      ...(stage.hold !== null && stage.hold.stage < target
        ? [`held at ${stage.hold.stage}: ${stage.hold.because}`]
        : []),
      ...(stage.earned < target
        ? [`earned up to ${stage.earned}: the request waits until ${target} is earned`]
        : []),
      ...(stage.next?.missing ?? []).map((item) => `missing: ${item}`),
      ...stage.criteria.map(
        (item) =>
          `${item.verdict.padEnd(12)} ${item.title}: ${item.figure} (${item.limit})${item.to_pass ? `; to pass: ${item.to_pass}` : ''}`,
      ),
    ].flatMap(broken),
    offset: 0,
    focus: 'cancel',
    confirm: {
      name: 'stage',
      body: { operator: state.setting.operator, stage: target, config_digest: status.daemon.config_digest },
    },
  };
}

/** The modal for stage 4 from the daemon's answer; null when it gave no code. */
export function openLive(
  state: ScreenState,
  answer: { readonly reply: CommandReply; readonly digest: string; readonly nowMs: number },
): PhraseModal | null {
  const { confirmation } = answer.reply;
  if (confirmation === undefined) return null;
  const unseen = confirmation.unacknowledged.map((item) => `  ${item.item}: ${item.why}`);
  const covered = Object.entries(confirmation.covered).map(([name, value]) => `  ${name} = ${value}`);
  return {
    kind: 'phrase',
    purpose: 'live',
    openedAtMs: answer.nowMs,
    lifeMs: Math.min(LIFE_LIVE_MS, confirmation.expires_in_ms),
    title: `STAGE 4 Live on ${confirmation.host}`,
    lines: [
      ...whereLines(confirmation.covered),
      ...approvalLines(confirmation.approvals),
      'would be executed now:',
      ...(confirmation.plan.length === 0 ? ['  nothing'] : confirmation.plan.map((line) => `  ${line}`)),
      'not acknowledged:',
      ...(unseen.length === 0 ? ['  nothing'] : unseen),
      'covered settings:',
      ...covered,
    ].flatMap(broken),
    offset: 0,
    phrase: `${confirmation.host} 4`,
    typed: '',
    problem: '',
    codeEndsAtMs: answer.nowMs + confirmation.expires_in_ms,
    confirm: {
      name: 'stage',
      body: {
        operator: state.setting.operator,
        stage: 4,
        config_digest: answer.digest,
        confirm: `${confirmation.host} 4 ${confirmation.code}`,
      },
    },
  };
}

/** Whose money it is, which the phrase doesn't tell: two daemons of one host have the same. */
function whereLines(covered: Confirmation4['covered']): readonly string[] {
  const { account, 'exchange.environment': environment } = covered;
  return account === undefined || environment === undefined ? [] : [`${environment}, account ${account}`];
}

/** Where two operators are asked for, who has approved, said first. */
function approvalLines(approvals: Confirmation4['approvals']): readonly string[] {
  if (approvals === undefined || approvals.needed < 2) return [];
  const { done_by, needed } = approvals;
  const by = done_by.length === 0 ? 'nobody yet' : done_by.join(', ');
  return [
    `approvals: ${done_by.length} of ${needed} (${by})`,
    'each needs a token, which this screen does not have: grinder stage 4, then grinder approve',
  ];
}

/** The modal that clears the latch it shows, and never a newer one; a text says why not. */
export function openClear(state: ScreenState, nowMs: number): PhraseModal | string {
  const status = state.received?.status;
  const blocked = raiseBlocked(state);
  if (status === undefined || blocked !== null) return blocked ?? 'no data yet';
  const { latch } = status;
  if (!latch.latched || latch.id === null) return 'not latched: nothing to clear';
  return {
    kind: 'phrase',
    purpose: 'clear',
    openedAtMs: nowMs,
    lifeMs: LIFE_MS,
    title: 'CLEAR THE STOP LATCH, to stage 0',
    lines: [
      `latch    ${latch.id}`,
      `set by   ${latch.by}${latch.at_ms === null ? '' : ` at ${since(latch.at_ms, status.at_ms)}`}`,
      `reason   ${latch.reason === '' ? '-' : latch.reason}`,
      `kept     ${latch.durable ? 'durably' : 'NOT DURABLE'}`,
      `verdict  ${latch.verdict ?? 'still being verified'}`,
    ].flatMap(broken),
    offset: 0,
    phrase: `clear ${latch.id}`,
    typed: '',
    problem: '',
    codeEndsAtMs: null,
    confirm: { name: 'clear-stop', body: { operator: state.setting.operator, latch_id: latch.id } },
  };
}

/** Nothing a modal shows may be cut off. */
const broken = (line: string): readonly string[] => wrapIndented(line, 74);

/** One line of consequence before leaving. */
export function openQuit(state: ScreenState, nowMs: number): QuitModal {
  const stage = state.received?.status.stage.in_force;
  const live = stage === 4 ? '; stage 4 ends with it' : '';
  const lease = state.received?.status.arming.lease_left_ms ?? null;
  const armed = stage === 4 && lease !== null ? `, armed for ${uptime(lease)}` : '';
  const line = state.setting.ownsDaemon
    ? `q again: QUIT, Esc: stay. The engine ends too${live}`
    : `q again: DETACH, Esc: stay. The engine goes on in stage ${stage ?? '?'}${armed}`;
  return { kind: 'quit', openedAtMs: nowMs, lifeMs: LIFE_MS, line };
}
