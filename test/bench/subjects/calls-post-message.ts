/** Raw postMessage to a worker thread: one message per call, answers told apart by an id. */
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { beSubject } from '../subject.ts';
import { callFor } from '../work.ts';

interface Message {
  readonly id: number;
  readonly value: { readonly n: number };
}

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  const waiting = new Map<number, (value: Message['value']) => void>();
  let nextId = 0;
  worker.on('message', ({ id, value }: Message) => {
    waiting.get(id)?.(value);
    waiting.delete(id);
  });
  const call = (n: number): Promise<Message['value']> =>
    new Promise((resolve) => {
      const id = nextId++;
      waiting.set(id, resolve);
      worker.postMessage({ id, value: { n } });
    });
  beSubject(null, { call: (inFlight, seconds) => callFor(seconds, inFlight, call) });
} else {
  parentPort?.on('message', ({ id, value }: Message) => parentPort?.postMessage({ id, value: { n: value.n } }));
}
