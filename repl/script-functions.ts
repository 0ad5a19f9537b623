/** What a script has of a notebook's functions: the same names. What they show is printed. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { type Client, ServeError } from '../lib/index.ts';
import type { LiveChart, LiveGiven, Sample } from './charts/live-chart.ts';
import { chartsWith, startLive } from './charts/load-charts.ts';
import type { CommandContext } from './commands/command.ts';
import { Memory } from './commands/memory.ts';
import { commandFunctions } from './commands/run-command.ts';
import type { COMMANDS } from './commands/table.ts';
import { textOf } from './display/bundle.ts';
import { newId } from './new-id.ts';
import type { NotebookGlobals } from './notebook-here.ts';
import type { Displayed, DisplayGiven } from './session/cell-functions.ts';
import { globalsOf } from './session/globals.ts';
import type { Look } from './session/protocol.ts';

type Loaded<Name extends keyof typeof COMMANDS> = Awaited<ReturnType<(typeof COMMANDS)[Name]['load']>>['command'];

/** The commands of the prompt, as functions. What each resolves with shows itself, and has what it shows as `data`. */
export type Show = {
  // biome-ignore lint/suspicious/noExplicitAny: what it is depends on what is served
  readonly [Name in keyof typeof COMMANDS]: (...given: Parameters<Loaded<Name>['call']>) => Promise<any>;
} & {
  /** The same of another instance: `await show.of(client).gpus()`. Throws INVALID_ARGUMENT when that is none. */
  of(client: Client): Show;
};

/** Of whoever runs the script. */
const lookHere = (): Look => ({
  colors: process.stdout.hasColors?.() ?? false,
  columns: process.stdout.columns ?? 100,
});

/** `client`: of the instance that the script works on. */
export const scriptGlobals = (client: Client): NotebookGlobals => ({
  ...globalsOf(client),
  ...{ show: showOf(client), chart: chartsWith(live), display, clearOutput, input },
});

export function showOf(client: Client): Show {
  const memory = new Memory();
  return commandFunctions(() => scriptContext(client, memory)) as unknown as Show;
}

/** Prints a value, and what takes its place later. */
export function display(value: unknown, { id = newId() }: DisplayGiven = {}): Displayed {
  const print = (shown: unknown): boolean => process.stdout.write(`${textOf(shown, lookHere())}\n`);
  print(value);
  return { id, update: print };
}

/** What it has at its end is printed with the rest: `console.log(watched)`. */
function live(given: LiveGiven, sample: Sample): LiveChart {
  const threw = (error: unknown): void => {
    process.nextTick(() => {
      throw error;
    });
  };
  return startLive(given, sample, { signal: new AbortController().signal, show: () => {}, threw });
}

/** What is printed stays. */
export function clearOutput(_given: { readonly wait?: boolean } = {}): void {}

/** Asks at the terminal; `secret`: without showing what is typed. Rejects with INVALID_ARGUMENT where nobody types. */
export async function input(prompt = '', { secret = false }: { readonly secret?: boolean } = {}): Promise<string> {
  if (!process.stdin.isTTY) {
    const way = 'run it at a terminal, or assign the value in the script';
    throw new ServeError('INVALID_ARGUMENT', `whoever runs this script cannot be asked '${prompt}'; ${way}`);
  }
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const asking = createInterface({ input: process.stdin, output: secret ? unseen : process.stdout, terminal: true });
  if (secret) process.stdout.write(prompt);
  try {
    return await asking.question(secret ? '' : prompt);
  } finally {
    asking.close();
    if (secret) process.stdout.write('\n');
  }
}

/** A script is one piece: there are no cells in it to list, to keep, or to run. */
function scriptContext(client: Client, memory: Memory): CommandContext {
  const refuse = (): never => {
    const next = 'run the file as a notebook for that: `servelab notebook run <file>`';
    throw new ServeError(
      'INVALID_ARGUMENT',
      `this needs the cells of a prompt or a notebook, and a script has none; ${next}`,
    );
  };
  return {
    ...{ client, memory, look: lookHere(), signal: new AbortController().signal, directory: process.cwd() },
    get evaluator() {
      return refuse();
    },
    get checks() {
      return refuse();
    },
    get cells() {
      return refuse();
    },
    print: (text) => process.stdout.write(text),
    // How far something is; what comes of it is the result.
    display: () => {},
    ...{ evaluate: refuse, runCell: refuse, plainCall: refuse, connect: refuse, submit: null },
  };
}
