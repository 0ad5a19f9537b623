/** What a script works on: `serve`, and a `client` of an instance that it starts, or that runs already. */
import { text } from 'node:stream/consumers';
import { tellFailure } from './cli/failure.ts';
import { written } from './cli/output.ts';
import { connectOrStart, type InstanceHere } from './connect-or-start.ts';
import { offerToNotebooks } from './notebook-here.ts';
import { runFile, runScript } from './script.ts';
import { scriptGlobals } from './script-functions.ts';
import { startOnFreePort } from './start-on-free-port.ts';

/** Exit codes of a process ended by a signal, as shells count them. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** Runs what comes from a pipe. To the end of the process. */
export async function scriptFromInput(name: string): Promise<never> {
  const script = await text(process.stdin);
  return runSession(name, () => runScript(script));
}

/** Runs a file, with these as its arguments. To the end of the process. */
export function scriptFile(name: string, path: string, args: readonly string[]): Promise<never> {
  return runSession(name, () => runFile(path, args));
}

async function runSession(name: string, work: () => Promise<void>): Promise<never> {
  // Our own frames are left out of what a user sees, so they must not use up the room for the user's.
  Error.stackTraceLimit = 50;
  const session = await connectOrStart(name, () => startOnFreePort({ name }));
  for (const [signal, code] of Object.entries(SIGNALS)) process.once(signal, () => end(session, code));
  const globals = scriptGlobals(session.client);
  Object.assign(globalThis, globals);
  offerToNotebooks(() => globals);
  await work();
  return end(session);
}

/** The instance first, so that users' `shutdown` runs. Then what their code left behind, timers and all, ends too. */
async function end({ client, isOwn }: InstanceHere, exitCode?: number): Promise<never> {
  await (isOwn ? client.shutdown() : client.close()).catch((error: unknown) => {
    process.exitCode = tellFailure(error);
  });
  await Promise.all([process.stdout, process.stderr].map(written));
  process.exit(exitCode ?? process.exitCode);
}
