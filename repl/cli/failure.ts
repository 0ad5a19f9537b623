/** What has gone wrong, on stderr, and as an exit code. */
import { CommanderError } from 'commander';
import { escapeControls, ServeError } from '../../lib/index.ts';
import { errorText, isUsersOwn } from '../error-text.ts';

/** Thrown for what was typed, before anything is done. */
export class UsageError extends Error {}

/** Thrown to end with a code of its own, when all has been said. */
export class Exit extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** Says it, and gives the exit code: 1 failed, 2 wrong usage. */
export function tellFailure(error: unknown): number {
  // It has told its own story.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Exit) return error.exitCode;
  if (error instanceof UsageError) {
    tell(error.message);
    return 2;
  }
  tell(describe(error));
  return 1;
}

/** On stderr. Whatever it holds, it stays on its own lines. */
export function tell(text: string): void {
  process.stderr.write(`servelab: ${text.split('\n').map(escapeControls).join('\n  ')}\n`);
}

/** `CODE: message`, and what a user's own code threw with the lines in it. */
function describe(error: unknown): string {
  if (error instanceof ServeError) {
    const cause = isUsersOwn(error) ? `\n${errorText(error.cause)}` : '';
    return `${error.code}: ${error.message}${cause}`;
  }
  // Of the system's, the code is in the message; where in Node it came up tells nobody anything.
  return error instanceof Error && 'syscall' in error ? error.message : errorText(error);
}
