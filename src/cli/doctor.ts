import { describeProblems } from '../config/load.ts';
import { connectControl, NoDaemonError } from '../control/client.ts';
import type { StatusDocument } from '../control/protocol.ts';
import { systemClock } from '../engine/clock.ts';
import type { Criterion } from '../engine/types.ts';
import { type CliCommand, type CliContext, EXIT, flagArg, withJson } from './context.ts';
import { configName, whyStranger } from './daemon.ts';
import { adviceFor } from './doctor-advice.ts';
import { loadHere } from './load-here.ts';
import { alignColumns, formatJson, plain } from './print.ts';

/** `doctor`: the prerequisites, checked where the program can; exit 1 when one FAILs, 78 without a usable configuration. */
export const doctorCommand: CliCommand = {
  command: 'doctor',
  describe:
    'check what the ceremony starts from; reads only, with or without a daemon (exit 1: an item fails)',
  build: (argv) => withJson(argv),
  run: async (args, context) => {
    const loaded = loadHere(context);
    if (!loaded.ok) {
      const { problems } = loaded;
      if (flagArg(args, 'json'))
        context.stdout(`${formatJson({ schema_version: 1, ok: false, problems })}\n`);
      else context.stderr(`grinder: ${plain(describeProblems(problems, configName(context)))}\n`);
      return EXIT.config;
    }
    const { settings } = loaded;
    const daemon = await askDaemon(context);
    const { examine } = await import('../daemon/doctor.ts');
    const { account, checks } = await examine({
      settings,
      places: context.places,
      clock: systemClock,
      daemon: daemon.status,
    });
    const rows = [...daemon.checks, ...checks].map((one) => rowOf(one, daemon.status));
    const isOk = rows.every(({ verdict }) => verdict !== 'FAIL');
    const document = {
      schema_version: 1,
      ok: isOk,
      config_path: context.config?.path ?? null,
      config_digest: settings.digest,
      environment: settings.exchange.environment,
      embedded_simulator: settings.embeddedSimulator,
      account,
      daemon_pid: daemon.status?.daemon.pid ?? null,
      checks: rows,
    };
    const shown = flagArg(args, 'json')
      ? JSON.stringify(document)
      : formatDoctor(document, context).join('\n');
    context.stdout(`${shown}\n`);
    return isOk ? EXIT.ok : EXIT.failed;
  },
};

/** The finding that a daemon listens and can't be asked. */
const SILENT_DAEMON = 'daemon';

interface Row extends Criterion {
  readonly advice: string;
  readonly acknowledged_by: string | null;
}

interface Document {
  readonly ok: boolean;
  readonly environment: string;
  readonly embedded_simulator: boolean;
  readonly account: string | null;
  readonly daemon_pid: number | null;
  readonly checks: readonly Row[];
}

function formatDoctor(document: Document, context: CliContext): readonly string[] {
  const { checks, daemon_pid: pid } = document;
  const count = (verdict: Criterion['verdict']) => checks.filter((one) => one.verdict === verdict).length;
  const isSilent = checks.some(({ id }) => id === SILENT_DAEMON);
  const absent = isSilent ? 'a daemon is there and gave no usable answer' : 'no daemon runs';
  const source = pid === null ? `${absent}, looked at from here` : `asked of the daemon, pid ${pid}`;
  const advice = checks.flatMap((one) => {
    const done = one.acknowledged_by === null ? one.advice : `acknowledged by ${one.acknowledged_by}`;
    return done === '' ? [] : [[one.id, done]];
  });
  return [
    `${configName(context)}: ${document.environment}, account ${plain(document.account ?? 'unknown')}; ${source}`,
    '',
    ...alignColumns(checks.map(({ verdict, id, title, figure }) => [verdict, id, title, figure])),
    ...(advice.length === 0 ? [] : ['', 'What to do', ...alignColumns(advice, '  ')]),
    '',
    `${count('PASS')} pass, ${count('FAIL')} fail, ${count('INCONCLUSIVE')} that nobody could tell${
      document.embedded_simulator ? ' (on the embedded simulator none has to be acknowledged)' : ''
    }`,
  ];
}

function rowOf(check: Criterion, status: StatusDocument | null): Row {
  const asked = status?.acknowledgements.find(({ item }) => item === check.id);
  const acknowledged_by = asked?.done_by ?? null;
  return { ...check, advice: adviceFor(check.id, check.verdict), acknowledged_by };
}

/** A daemon that answers is asked; one that is there and doesn't answer is a finding of its own. */
async function askDaemon(
  context: CliContext,
): Promise<{ readonly status: StatusDocument | null; readonly checks: readonly Criterion[] }> {
  const unusable = (figure: string) => {
    const check = { id: SILENT_DAEMON, title: 'running daemon', verdict: 'FAIL', figure, limit: '' } as const;
    return { status: null, checks: [check] };
  };
  const stranger = whyStranger(context);
  if (stranger !== null) return unusable(stranger);
  const client = connectControl(context.places.socketPath);
  try {
    return { status: await client.status(), checks: [] };
  } catch (error) {
    if (error instanceof NoDaemonError) return { status: null, checks: [] };
    return unusable(error instanceof Error ? error.message : String(error));
  } finally {
    client.close();
  }
}
