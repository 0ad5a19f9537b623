// A process of a test that talks in lines.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Talker {
  readonly child: ChildProcess;
  /** Each line once, in order; ends with the output. */
  readonly lines: AsyncIterableIterator<string>;
  /** The exit code and signal. */
  readonly exit: Promise<readonly [number | null, NodeJS.Signals | null]>;
}

/** Runs `programs/NAME.js` with Node, or with what `before` says in front of it. */
export function startProgram(name: string, args: readonly string[], before: readonly string[] = []): Talker {
  const program = fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url));
  const [command = process.execPath, ...rest] = [...before, process.execPath, program, ...args];
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(child, 'close').then(([code, signal]): [number | null, NodeJS.Signals | null] => [code, signal]);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, lines, exit };
}

/** All that it says from now on. */
export async function rest({ lines }: Talker): Promise<string[]> {
  const found: string[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

export async function nextLine({ lines }: Talker): Promise<string> {
  const { value, done } = await lines.next();
  if (done) throw new Error('the program has ended without another line');
  return value;
}
