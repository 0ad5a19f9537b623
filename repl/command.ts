import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import * as serve from '../lib/index.ts';
import { errorText } from './error-text.ts';
import { openPrompt } from './prompt.ts';
import { runScript } from './script.ts';
import { startOnFreePort } from './start-on-free-port.ts';

const usage = `usage: servelab [--help] [--version]

At a terminal it opens a prompt; with input from a pipe it runs that as a script and ends with it:
  servelab
  servelab < deploy.ts

Both start an instance in this process, with HTTP on http://127.0.0.1:8000 or on the next free port, and define
  client   a client of that instance; client.http.url tells where it listens
  serve    the servelab module
JavaScript and TypeScript are understood, with \`await\` at the top level.

Exit codes: 0 done, 1 failed, 2 wrong usage.`;

/** Exit codes of a process ended by a signal, as shells count them. */
const signals = { SIGINT: 130, SIGTERM: 143 } as const;

/** Runs `servelab` with these arguments, to the end of the process. */
export async function runCommand(args: readonly string[]): Promise<void> {
  const given = readArguments(args);
  if (given === 'help') console.log(usage);
  else if (given === 'version') console.log(readVersion());
  else if (given === 'run') await run();
  else {
    console.error(`${given.wrong}\n\n${usage}`);
    process.exitCode = 2;
  }
}

function readArguments(args: readonly string[]): 'help' | 'version' | 'run' | { readonly wrong: string } {
  try {
    const options = { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' } } as const;
    const { values } = parseArgs({ args: [...args], options });
    return values.help ? 'help' : values.version ? 'version' : 'run';
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
}

async function run(): Promise<void> {
  const script = process.stdin.isTTY ? null : await text(process.stdin);
  // Our own frames are left out of what a user sees, so they must not use up the room for the user's.
  Error.stackTraceLimit = 50;
  const client = await startOnFreePort().catch((error: unknown) => {
    console.error(errorText(error));
    process.exit(1);
  });
  for (const [signal, exitCode] of Object.entries(signals)) {
    // At the prompt Ctrl+C is Node's, to stop what runs, and a second listener would make it the end of the process.
    if (script === null && signal === 'SIGINT') continue;
    process.once(signal, () => end(client, exitCode));
  }
  Object.assign(globalThis, { serve, client });
  if (script === null) await openPrompt(client, readVersion());
  else await runScript(script);
  await end(client);
}

/** The instance first, so that users' `shutdown` runs. Then what their code left behind, timers and all, ends too. */
async function end(client: serve.Client, exitCode?: number): Promise<never> {
  await client.shutdown().catch((error: unknown) => {
    console.error(errorText(error));
    process.exitCode = 1;
  });
  await Promise.all([process.stdout, process.stderr].map(written));
  process.exit(exitCode ?? process.exitCode);
}

/** A pipe takes no more than its reader does, and `process.exit` drops the rest. A reader that left is waited for no more. */
function written(output: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => output.write('', () => resolve()));
}
