import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The command `servelab` as it is installed. */
export const command = fileURLToPath(new URL('../../repl/main.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Given {
  readonly args?: readonly string[];
  readonly nodeArgs?: readonly string[];
  readonly cwd?: string;
  /** Sent once the script has printed this. */
  readonly signalAt?: { readonly signal: NodeJS.Signals; readonly printed: string };
}

/** Runs the command with `input` from a pipe, to its end: nothing is then left that could write to its pipes. */
export async function runCommand(
  input: string,
  { args = [], nodeArgs = [], cwd, signalAt }: Given = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [...nodeArgs, command, ...args], { stdio: 'pipe', ...(cwd && { cwd }) });
  const closed = new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject));
  // A command that reads nothing may be gone before its input comes.
  child.stdin.on('error', () => {}).end(input);
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk;
    if (signalAt && printed.includes(signalAt.printed)) child.kill(signalAt.signal);
  });
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code, stdout, stderr };
}
