/** Bare worker threads. */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { beSubject } from '../subject.ts';
import { startThreads } from '../threads.ts';

if (isMainThread) {
  const start = async (): Promise<void> => {
    await once(new Worker(new URL(import.meta.url)), 'message');
  };
  beSubject(
    null,
    startThreads((count) => Promise.all(Array.from({ length: count }, start))),
  );
} else {
  parentPort?.on('message', () => {});
  parentPort?.postMessage('ready');
}
