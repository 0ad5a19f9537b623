/** The thread that a SQLite store lives in: a disk that takes seconds to flush then holds up nothing but the store. */
import { parentPort, workerData } from 'node:worker_threads';
import { packError } from '../wire/error-envelope.ts';
import { textOf } from './sqlite-errors.ts';
import { openSqliteFile, type SqliteFile } from './sqlite-file.ts';
import type { FromStoreThread, StoreAnswers, StoreRequest, StoreThreadData, ToStoreThread } from './sqlite-requests.ts';

const say = (message: FromStoreThread, transfer: readonly ArrayBuffer[] = []): void =>
  parentPort?.postMessage(message, transfer);

const file = opened((workerData as StoreThreadData).directory);

/** After so long without a request it copies what it has; until then whoever asks does not wait for that. */
const QUIET_MS = 250;
let quiet: NodeJS.Timeout | undefined;

if (file !== null) {
  parentPort?.on('message', ({ id, ...request }: ToStoreThread) => answer(file, id, request));
  copyWhenDue(file);
}

function opened(directory: string): SqliteFile | null {
  try {
    const opening = openSqliteFile(directory);
    say({ type: 'opened', notice: opening.notice });
    return opening;
  } catch (error) {
    say({ type: 'not-opened', error: packError(error) });
    return null;
  }
}

function answer(store: SqliteFile, id: number, request: StoreRequest): void {
  try {
    const found = perform(store, request);
    say({ type: 'answered', id, answer: found }, found instanceof Uint8Array ? [found.buffer as ArrayBuffer] : []);
  } catch (error) {
    say({ type: 'refused', id, error: packError(error) });
  }
  clearTimeout(quiet);
  if (request.type === 'close' || request.type === 'destroy') parentPort?.close();
  else copyWhenDue(store);
}

function copyWhenDue(store: SqliteFile): void {
  const due = store.copyIsDue;
  if (due === 'now') copy(() => store.copyNow());
  else if (due === 'when-quiet') quiet = setTimeout(() => copy(() => store.copyNow()), QUIET_MS);
}

function perform(store: SqliteFile, request: StoreRequest): StoreAnswers[StoreRequest['type']] {
  switch (request.type) {
    case 'get':
      return store.read((records) => records.get(request.key));
    case 'list':
      return store.read((records) => records.list(request.prefix));
    case 'put':
      return store.write((records) => ({ rev: records.put(request.key, request.value, request.options) })).rev;
    case 'del':
      return store.write((records) => records.del(request.key, request.options));
    case 'put-blob':
      return store.writeBlob((records) => records.putBlob(request.data));
    case 'get-blob':
      return store.read((records) => records.getBlob(request.name));
    case 'drop-blob':
      return store.writeBlob((records) => records.dropBlob(request.name)) ?? undefined;
    case 'list-blobs':
      return store.read((records) => records.listBlobs());
    case 'close':
      copy(() => store.copyNow());
      return store.close() ?? undefined;
    case 'destroy':
      return store.destroy() ?? undefined;
  }
}

function copy(work: () => void): void {
  try {
    work();
  } catch (error) {
    say({ type: 'warning', message: `no safety copy was made, the last one stays: ${textOf(error)}` });
  }
}
