/** What a prompt or a script works on: `serve`, and a `client` of an instance that it starts, or that runs already. */
import { text } from 'node:stream/consumers';
import * as serve from '../lib/index.ts';
import { tellFailure } from './cli/failure.ts';
import { written } from './cli/output.ts';
import { openPrompt } from './prompt.ts';
import { runFile, runScript } from './script.ts';
import { startOnFreePort } from './start-on-free-port.ts';

export interface Session {
  readonly client: serve.Client;
  /** It ends with the session. */
  readonly isOwn: boolean;
}

interface Wanted {
  readonly name: string;
  /** Not an instance of its own when one of that name runs. */
  readonly mayConnect: boolean;
}

/** Exit codes of a process ended by a signal, as shells count them. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** A prompt at a terminal; what comes from a pipe is run as a script. To the end of the process. */
export async function promptOrScript(wanted: Wanted): Promise<never> {
  const script = process.stdin.isTTY ? null : await text(process.stdin);
  if (script !== null) return runSession(wanted, ['SIGINT', 'SIGTERM'], () => runScript(script));
  // At the prompt Ctrl+C is Node's, to stop what runs, and a second listener would make it the end of the process.
  return runSession(wanted, ['SIGTERM'], openPrompt);
}

/** Runs a file, with these as its arguments. To the end of the process. */
export function scriptFile(wanted: Wanted, path: string, args: readonly string[]): Promise<never> {
  return runSession(wanted, ['SIGINT', 'SIGTERM'], () => runFile(path, args));
}

async function runSession(
  wanted: Wanted,
  signals: readonly (keyof typeof SIGNALS)[],
  work: (session: Session) => Promise<void>,
): Promise<never> {
  // Our own frames are left out of what a user sees, so they must not use up the room for the user's.
  Error.stackTraceLimit = 50;
  const session = await open(wanted);
  for (const signal of signals) process.once(signal, () => end(session, SIGNALS[signal]));
  Object.assign(globalThis, { serve, client: session.client });
  await work(session);
  return end(session);
}

async function open({ name, mayConnect }: Wanted): Promise<Session> {
  if (mayConnect) {
    const client = await serve.connect({ name }).catch((error: unknown) => {
      if (error instanceof serve.ServeError && error.code === 'INSTANCE_NOT_FOUND') return null;
      throw error;
    });
    if (client) return { client, isOwn: false };
  }
  return { client: await startOnFreePort(name), isOwn: true };
}

/** The instance first, so that users' `shutdown` runs. Then what their code left behind, timers and all, ends too. */
async function end({ client, isOwn }: Session, exitCode?: number): Promise<never> {
  await (isOwn ? client.shutdown() : client.close()).catch((error: unknown) => {
    process.exitCode = tellFailure(error);
  });
  await Promise.all([process.stdout, process.stderr].map(written));
  process.exit(exitCode ?? process.exitCode);
}
