/** A status as one screen of plain text; pure. */
import type { StatusDocument } from '../control/protocol.ts';
import { alignColumns, formatSpan, formatTime, plain } from './print.ts';

const MAX_MISMATCHES = 8;

/** Lays the status out: who, stage, latch, snapshot, sources, closed gates, counters, mismatches. */
export function formatStatus(status: StatusDocument): readonly string[] {
  return [
    ...alignColumns([
      ['daemon', describeDaemon(status)],
      ['stage', describeStage(status)],
      ...stageRows(status),
      ['latch', describeLatch(status)],
      ...status.alarms.map((alarm) => ['ALARM', alarm]),
      ['arming', describeArming(status)],
      ...approvalRow(status),
      ['snapshot', describeSnapshot(status)],
      ['sweep', describeSweep(status)],
      ['stream', describeStream(status)],
      ['sources', status.sources.map(describeSource).join(', ')],
      ['runs', describeRuns(status)],
      ['counters', describeCounters(status)],
      ['budget', describeBudget(status)],
      ...notices(status),
    ]),
    ...section(`criteria of stage ${status.stage.in_force}`, criteriaRows(status)),
    ...section('gates not open', closedGates(status)),
    ...section(`mismatches: ${status.mismatch_count}`, mismatchRows(status)),
    ...section(
      'unresolved',
      status.unresolved.map((item) => [
        item.intent_id,
        item.symbol,
        item.action,
        formatSpan(item.age_ms),
        item.state,
      ]),
    ),
    ...section(
      'not acknowledged',
      status.acknowledgements.filter((item) => item.done_by === null).map(({ item, why }) => [item, why]),
    ),
  ];
}

function section(title: string, rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [] : ['', title, ...alignColumns(rows, '  ')];
}

function describeDaemon({ daemon, at_ms }: StatusDocument): string {
  const environment = daemon.environment.toUpperCase();
  return `${daemon.host} ${environment} account ${daemon.account}, pid ${daemon.pid}, up ${formatSpan(daemon.uptime_ms)}, as of ${formatTime(at_ms)}`;
}

function describeStage({ stage, at_ms }: StatusDocument): string {
  const wish = `requested ${stage.requested} by ${stage.requested_by}, earned ${stage.earned}`;
  return `${stage.in_force} ${stage.name} for ${formatSpan(at_ms - stage.since_ms)} (${wish})`;
}

function stageRows({ stage }: StatusDocument): readonly (readonly string[])[] {
  const { hold, next } = stage;
  const left = next?.left_ms === null || next === null ? '' : `, ${formatSpan(next.left_ms)} left`;
  const missing = next === null || next.missing.length === 0 ? '' : `; missing: ${next.missing.join(', ')}`;
  return [
    ...(hold === null ? [] : [['hold', hold.because]]),
    ...(next === null
      ? []
      : [['next', `stage ${next.stage}: ${next.passed}/${next.total} criteria pass${left}${missing}`]]),
    ['do', stage.next_step],
  ];
}

function describeLatch({ latch }: StatusDocument): string {
  if (!latch.latched) return 'clear';
  const reason = latch.reason === '' ? '' : `: ${latch.reason}`;
  const verdict = latch.verdict ?? 'being verified';
  return `${latch.text} ${latch.id ?? ''} by ${latch.by} at ${formatTime(latch.at_ms)}${reason} (${verdict})`;
}

function describeArming({ arming, switches }: StatusDocument): string {
  const mode = `action ${switches.action}, dry_run ${switches.dry_run}`;
  if (!arming.armed) return `disarmed (${mode})`;
  const lease = arming.lease_left_ms === null ? '' : `, lease ${formatSpan(arming.lease_left_ms)} left`;
  const executions = arming.executions_left === null ? '' : `, ${arming.executions_left} executions left`;
  return `ARMED${lease}${executions} (${mode})`;
}

function approvalRow({ approval }: StatusDocument): readonly (readonly string[])[] {
  if (approval === undefined || approval === null) return [];
  const by = approval.done_by.length === 0 ? '' : ` by ${approval.done_by.join(', ')}`;
  const what = approval.purpose === 'enter' ? 'stage 4' : 'renewal';
  const left = formatSpan(approval.expires_in_ms);
  return [['approval', `${what}: ${approval.done_by.length} of ${approval.needed}${by}, ${left} left`]];
}

function describeSnapshot({ snapshot }: StatusDocument): string {
  const limit = formatSpan(snapshot.max_age_ms);
  if (snapshot.age_ms === null) return `none yet (limit ${limit})`;
  const old = `${formatSpan(snapshot.age_ms)} old of ${limit}`;
  const isStale = snapshot.age_ms > snapshot.max_age_ms;
  // What a broken read shows is no count, and an older picture behind it is not fresh: its gate is closed.
  if (!snapshot.complete) return `${old}${isStale ? ', STALE' : ''}, last read INCOMPLETE`;
  return `${old}, ${isStale ? 'STALE' : 'fresh'}, ${snapshot.open_orders} open orders`;
}

function describeSweep({ stream }: StatusDocument): string {
  const every = `at least every ${formatSpan(stream.sweep_every_ms)}`;
  if (stream.swept_age_ms === null) return `all symbols not read yet (${every})`;
  const overdue = stream.swept_age_ms > stream.sweep_every_ms ? ', OVERDUE' : '';
  return `all symbols read ${formatSpan(stream.swept_age_ms)} ago, ${every}${overdue}`;
}

function describeStream({ stream, sources, snapshot }: StatusDocument): string {
  const { disagreements, by_kind, last_disagreement: last, disagrees } = stream;
  const isUp = sources.some(({ source, up }) => source === 'ws' && up === true);
  const isRead = snapshot.complete && snapshot.age_ms !== null && snapshot.age_ms <= snapshot.max_age_ms;
  const well = isRead ? 'agrees with reads' : 'up, and no fresh read to hold it against';
  const now = disagrees ? 'DISAGREES with reads' : isUp ? well : 'not up';
  if (disagreements === 0) return `${now}, no disagreement since the start`;
  const kinds = Object.entries(by_kind).map(([kind, count]) => `${kind} ${count}`);
  const when = last === null ? '' : `; last ${formatTime(last.at_ms)} ${last.text}`;
  return `${now}, ${disagreements} disagreement(s) since the start (${kinds.join(', ')})${when}`;
}

function describeSource(source: StatusDocument['sources'][number]): string {
  const age = source.age_ms === null ? '' : ` ${formatSpan(source.age_ms)}`;
  if (source.up === true) return `${source.source} ok${age}`;
  const word = source.up === null ? 'not known' : 'DOWN';
  const last = age === '' || source.up === null ? '' : ` (last${age} ago)`;
  return `${source.source} ${word}${source.detail === '' ? last : ` (${source.detail})`}`;
}

function describeRuns({ run, at_ms }: StatusDocument): string {
  const last =
    run.last_at_ms === null
      ? 'none yet'
      : `last ${formatSpan(run.last_age_ms ?? at_ms - run.last_at_ms)} ago${run.last_duration_ms === null ? '' : `, took ${Math.round(run.last_duration_ms)} ms`}`;
  return `${run.count}, ${last}, every ${formatSpan(run.interval_ms)}`;
}

function describeCounters({ counters }: StatusDocument): string {
  const names = ['planned', 'blocked', 'executed', 'failed', 'unknown'] as const;
  const reasons = Object.entries(counters.blocked_by_reason)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${reason} ${count}`);
  const totals = names.map((name) => {
    const gain = counters.last_run[name];
    return `${name} ${counters[name]}${gain > 0 ? ` (+${gain})` : ''}`;
  });
  return `${totals.join(', ')}${reasons.length === 0 ? '' : `; blocked by ${reasons.join(', ')}`}`;
}

function describeBudget({ budgets }: StatusDocument): string {
  const { calls_used_day, calls_limit_day, notional_used_day, notional_limit_day } = budgets;
  return `${calls_used_day}/${calls_limit_day} calls, ${notional_used_day}/${notional_limit_day} USDT today`;
}

function notices(status: StatusDocument): readonly (readonly string[])[] {
  const foreign = Object.entries(status.foreign_orders).map(([symbol, count]) => `${symbol} ${count}`);
  return [
    ...(foreign.length === 0 ? [] : [['foreign', `${foreign.join(', ')} (never touched)`]]),
    ...(status.kill_switch ? [['engine', 'KILL SWITCH is set; repairs are not blocked by it']] : []),
    ...(status.canary ? [['canary', 'a synthetic mismatch is being shown']] : []),
  ];
}

function criteriaRows({ stage }: StatusDocument): readonly (readonly string[])[] {
  return stage.criteria.map(({ verdict, title, figure, limit, to_pass }) => {
    const way = to_pass === undefined || to_pass === '' ? '' : `to pass: ${to_pass}`;
    return [verdict, title, figure, limit === '' ? '' : `limit ${limit}`, way];
  });
}

function closedGates({ gates }: StatusDocument): readonly (readonly string[])[] {
  return gates
    .filter((gate) => gate.state !== 'open')
    .map((gate) => [gate.gate, gate.state.toUpperCase(), gate.value, `limit ${gate.limit}`]);
}

function mismatchRows({ mismatches, mismatch_count }: StatusDocument): readonly (readonly string[])[] {
  const shown = mismatches
    .slice(0, MAX_MISMATCHES)
    .map((item) => [
      item.type,
      item.symbol,
      item.id,
      item.synthetic ? `${item.remediation} (canary)` : item.remediation,
      plain(item.reason ?? (item.planned ? 'open' : '-')),
    ]);
  const hidden = mismatch_count - shown.length;
  return hidden > 0 ? [...shown, [`and ${hidden} more`]] : shown;
}
