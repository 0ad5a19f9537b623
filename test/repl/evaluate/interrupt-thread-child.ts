/** The control thread of a session: interrupts each time that a cell says it has begun. */
import { parentPort, workerData } from 'node:worker_threads';
import { Interrupter } from '../../../repl/evaluate/interrupt-thread.ts';

const { interrupts, shared } = workerData as { interrupts: SharedArrayBuffer; shared: SharedArrayBuffer };
const words = new Int32Array(shared);
const interrupter = new Interrupter(interrupts);
parentPort?.on('message', () => process.exit());

for (let numBegun = 0; ; numBegun++) {
  Atomics.wait(words, 0, numBegun);
  const limitMs = Atomics.load(words, 2);
  const outcome = await interrupter.interrupt(limitMs === 0 ? {} : { limitMs });
  // What nothing ends goes on until this is told.
  if (outcome === 'stuck') Atomics.store(words, 1, 1);
  parentPort?.postMessage(outcome);
}
