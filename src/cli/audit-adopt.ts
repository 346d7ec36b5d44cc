import { hostname } from 'node:os';
import { join } from 'node:path';
import { findAccountDir } from '../config/account.ts';
import { loadConfig } from '../config/load.ts';
import { systemClock } from '../engine/clock.ts';
import { realDisk } from '../engine/disk.ts';
import { escapeText } from '../engine/escape.ts';
import { describeError } from '../engine/files.ts';
import { type AdoptPlaces, adoptJournal, type Offer, offerJournal } from '../engine/journal-adopt.ts';
import { openFiles } from '../engine/journal-open.ts';
import { acquireLock } from '../engine/lock.ts';
import { dayUsage } from '../gates/budget.ts';
import { adoptCommand } from '../launch/places.ts';
import { hasAudit } from './audit-lines.ts';
import { type Args, type CliContext, EXIT, flagArg, operatorOf, textArg } from './context.ts';
import { plain } from './print.ts';

/** `audit adopt`: shows what of a refused audit would be accepted, and accepts it on a typed word. */
export function adopt(args: Args, context: CliContext): number {
  const fail = (code: number, why: string): number => {
    if (flagArg(args, 'json'))
      context.stdout(`${JSON.stringify({ schema_version: 1, ok: false, exit_code: code, message: why })}\n`);
    else context.stderr(`grinder: ${plain(why)}\n`);
    return code;
  };
  const loaded = loadConfig({ text: context.config?.text ?? null, env: context.env, flags: new Map() });
  if (!loaded.ok) return fail(EXIT.config, 'the configuration is not valid: see grinder config check');
  const account = findAccountDir(loaded.settings, context.places);
  if (!account.ok) return fail(EXIT.config, account.problem);
  const headPath = join(account.directory, 'audit-head.json');
  // A look must not make the audit that it looks for.
  if (!hasAudit(context.places.auditPath) && realDisk.lookup(headPath) === null)
    return nothing(args, context, `there is no audit ${context.places.auditPath} yet`);
  const self = { pid: process.pid, host: hostname(), sinceMs: systemClock.wallMs(), socket: '' };
  const lock = acquireLock(join(account.directory, 'lock.sqlite'), self);
  if (!lock.held)
    return fail(
      lock.busy ? EXIT.temporary : EXIT.failed,
      lock.busy ? `${lock.why}: end it first (grinder shutdown)` : lock.why,
    );
  try {
    return adoptLocked(args, context, { path: context.places.auditPath, headPath }, fail);
  } finally {
    lock.release();
  }
}

function adoptLocked(
  args: Args,
  context: CliContext,
  places: AdoptPlaces,
  fail: (code: number, why: string) => number,
): number {
  const problem = problemOf(places, adoptCommand(context.places));
  if (problem === null) return nothing(args, context, `the audit ${places.path} is in order`);
  const offered = offerJournal(places);
  if (!offered.ok) return fail(EXIT.failed, `the audit can't be adopted: ${offered.problem}`);
  const { offer } = offered;
  const phrase = `adopt ${offer.end.seq} ${offer.end.hash.slice(0, 8)}`;
  const said = textArg(args, 'confirm');
  if (said === null) {
    show(args, context, { offer, problem, phrase, places });
    return EXIT.temporary;
  }
  if (said !== phrase)
    return fail(EXIT.denied, `nothing was changed: what would be accepted now is confirmed with "${phrase}"`);
  const operator = escapeText(operatorOf(args, context), 64);
  const done = adoptJournal(places, { offer, operator, problem, nowMs: systemClock.wallMs() });
  if (!done.ok) return fail(EXIT.failed, `the audit was not adopted: ${done.problem}`);
  context.stdout(
    flagArg(args, 'json')
      ? `${JSON.stringify({ schema_version: 1, ok: true, adopted: true, path: places.path, ...done.head })}\n`
      : `adopted by ${plain(operator)}: the audit goes on after line ${done.head.seq}\n`,
  );
  return EXIT.ok;
}

function nothing(args: Args, context: CliContext, why: string): number {
  const { auditPath } = context.places;
  context.stdout(
    flagArg(args, 'json')
      ? `${JSON.stringify({ schema_version: 1, ok: true, adopted: false, path: auditPath })}\n`
      : `there is nothing to adopt: ${plain(why)}\n`,
  );
  return EXIT.ok;
}

/** Why a start would refuse it, or null. */
function problemOf(places: AdoptPlaces, command: string): string | null {
  try {
    const opened = openFiles({ ...places, nowMs: systemClock.wallMs(), adoptCommand: command });
    opened.reserve?.close();
    return opened.problem;
  } catch (error) {
    return describeError(error);
  }
}

function show(
  args: Args,
  context: CliContext,
  seen: {
    readonly offer: Offer;
    readonly problem: string;
    readonly phrase: string;
    readonly places: AdoptPlaces;
  },
): void {
  const { offer, problem, phrase, places } = seen;
  const { state } = offer;
  const now = { wallMs: systemClock.wallMs(), monoMs: systemClock.monoMs() };
  const used = dayUsage(
    state.dispatches.map((dispatch) => ({ ...dispatch, atMonoMs: null })),
    now,
  );
  const open = [...state.openIntents.values()].map(
    ({ intentId, action, symbol }) => `${intentId} (${action} ${symbol})`,
  );
  if (flagArg(args, 'json')) {
    const { end, lost, aside } = offer;
    const document = { schema_version: 1, ok: false, adopted: false, path: places.path, problem, phrase };
    const figures = { lost, set_aside: aside, open_intents: [...state.openIntents.keys()], used_day: used };
    context.stdout(`${JSON.stringify({ ...document, end_seq: end.seq, end_hash: end.hash, ...figures })}\n`);
    return;
  }
  const rows = [
    `refused: ${problem}`,
    `would be accepted: lines ${offer.firstSeq ?? 'none'} to ${offer.end.seq} of ${places.path}, head ${offer.end.hash}`,
    `lost: ${offer.lost ?? 'nothing'}`,
    `set aside, not deleted: ${offer.aside.length === 0 ? 'nothing' : offer.aside.join(', ')}`,
    `open intents: ${open.length === 0 ? 'none' : open.join(', ')}`,
    `used in the last 24 h: ${used === null ? 'unreadable' : `${used.calls} call(s), ${used.notionalUsdt} USDT`}`,
    offer.lost === null
      ? 'afterwards: everything counts as before'
      : 'afterwards: budgets count as used for 24 h (no write), the ceremony begins at stage 1, open intents stay open; a stop latch is not touched',
    `to accept it: ${adoptCommand(context.places)} --confirm "${phrase}" --operator NAME`,
  ];
  for (const row of rows) context.stdout(`${plain(row)}\n`);
}
