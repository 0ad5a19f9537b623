/** A session's process: evaluates cells, each of which calls `begin()` where it is to be interrupted. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Evaluator } from '../../../repl/evaluate/evaluator.ts';
import { newInterrupts } from '../../../repl/evaluate/interrupts.ts';

export interface Outcome {
  /** 'Interrupted', the message of another error, or the value as JSON. */
  readonly ended: string;
  readonly thread: string | null;
  /** Names of what callbacks threw. */
  readonly uncaught: readonly string[];
}

const interrupts = newInterrupts();
const words = new Int32Array(new SharedArrayBuffer(12));
const evaluator = new Evaluator({ directory: import.meta.dirname, interrupts });
const workerData = { interrupts, shared: words.buffer };
const thread = new Worker(new URL('interrupt-thread-child.js', import.meta.url), { workerData });
await once(thread, 'online');
let uncaught: string[] = [];
process.on('uncaughtException', (error) => uncaught.push(error.name));
let told: Promise<unknown[]> | null = null;

Object.assign(globalThis, {
  words,
  begin(limitMs = 0) {
    told = once(thread, 'message');
    words[2] = limitMs;
    words[0] = Atomics.load(words, 0) + 1;
    Atomics.notify(words, 0);
  },
});

let numCells = 0;

async function run(code: string): Promise<Outcome> {
  uncaught = [];
  told = null;
  const ended = await evaluator.evaluate(code, { file: `cell-${++numCells}.ts` }).then(
    ({ value }) => JSON.stringify(value) ?? 'undefined',
    (error: unknown) =>
      error instanceof Error ? (error.name === 'Interrupted' ? error.name : error.message) : 'thrown',
  );
  const [outcome = null] = told === null ? [] : await (told as Promise<[string]>);
  return { ended, thread: outcome, uncaught };
}

process.on('message', async (codes: readonly string[]) => {
  const outcomes: Outcome[] = [];
  for (const code of codes) outcomes.push(await run(code));
  process.send?.(outcomes);
});
process.once('disconnect', () => process.exit());
process.send?.('ready');
