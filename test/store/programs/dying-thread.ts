// Stands in for a store's thread: opens, answers what is got, and dies of the first write.
import { parentPort } from 'node:worker_threads';
import type { FromStoreThread, ToStoreThread } from '../../../lib/store/sqlite-requests.ts';

const say = (message: FromStoreThread): void => parentPort?.postMessage(message);

say({ type: 'opened', notice: null });
parentPort?.on('message', ({ id, type }: ToStoreThread) => {
  if (type === 'put') throw new Error('out of memory');
  if (type !== 'list') say({ type: 'answered', id, answer: undefined });
});
