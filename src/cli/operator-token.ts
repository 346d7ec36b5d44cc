/** An operator's token, read from a file that nobody else may read; it never stands on a command line. */
import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { checkPrivateFile, readPrivateFile } from '../engine/files.ts';
import { type Args, type CliIo, textArg, UsageError } from './context.ts';

const MAX_BYTES = 1024;
/** Shorter ones can be guessed from their hash. */
const MIN_CHARACTERS = 32;

/** Adds --operator-token-file. */
export function withToken(argv: Argv): Argv {
  return argv.option('operator-token-file', {
    type: 'string',
    requiresArg: true,
    describe:
      'file (mode 0600) with your own token, which proves your name as far as that file is yours alone; also GRINDER_OPERATOR_TOKEN_FILE',
  });
}

/** The token as a part of a command's body; nothing without a file. Throws a UsageError for a file that can't be used. */
export function tokenOf(args: Args, context: CliIo): { readonly token?: string } {
  const named = textArg(args, 'operator-token-file') ?? (context.env['GRINDER_OPERATOR_TOKEN_FILE'] || null);
  if (named === null) return {};
  const path = resolve(context.cwd, named);
  const check = checkPrivateFile(path);
  if (check.kind === 'missing') throw new UsageError(`there is no token file ${path}`);
  if (check.kind === 'refused') throw new UsageError(`the token file is refused: ${check.why}`);
  let text: string | null;
  try {
    text = readPrivateFile(path, MAX_BYTES);
  } catch {
    throw new UsageError(`the token file ${path} can't be read, or is longer than ${MAX_BYTES} bytes`);
  }
  const token = text?.trim() ?? '';
  if (!/^[\x21-\x7e]+$/.test(token) || token.length < MIN_CHARACTERS)
    throw new UsageError(
      `the token file ${path} must hold one line of at least ${MIN_CHARACTERS} characters`,
    );
  return { token };
}
