/** The configuration of one command line, judged with the places it names. */
import { type LoadResult, loadConfig } from '../config/load.ts';
import { sharedFiles } from '../launch/checks.ts';
import type { CliContext } from './context.ts';

/** Loads as a start would: file, variables and flags, and no file under two names. */
export function loadHere(
  { config, env, places }: CliContext,
  flags: ReadonlyMap<string, unknown> = new Map(),
): LoadResult {
  const loaded = loadConfig({ text: config?.text ?? null, env, flags });
  if (!loaded.ok) return loaded;
  const problems = sharedFiles(places);
  return problems.length === 0 ? loaded : { ok: false, problems };
}
