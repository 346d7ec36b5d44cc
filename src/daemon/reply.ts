/** Answers to commands, with the exit codes of the command line. */
import type { CommandReply } from '../control/protocol.ts';

export const OK = 0;
export const FAILED = 1;
export const USAGE = 64;
export const TEMPORARY = 75;
export const DENIED = 77;

/** Builds an answer; it is ok when its code is 0. */
export function reply(exitCode: number, message: string): CommandReply {
  return { schema_version: 1, ok: exitCode === OK, exit_code: exitCode, message };
}
