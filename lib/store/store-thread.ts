/** The near end of a store's thread: requests go there in order, answers come back by number. */
import { Worker } from 'node:worker_threads';
import { ServeError } from '../errors.ts';
import { type ErrorEnvelope, unpackError } from '../wire/error-envelope.ts';
import type { FromStoreThread, StoreAnswers, StoreRequest, StoreThreadData, ToStoreThread } from './sqlite-requests.ts';
import { Conflict, Fenced, Unknown } from './store.ts';

export const THREAD_FILE = new URL('./sqlite-thread.js', import.meta.url);

interface Pending extends PromiseWithResolvers<unknown> {
  readonly type: StoreRequest['type'];
}

export class StoreThread {
  readonly #worker: Worker;
  readonly #onWarning: (message: string) => void;
  readonly #opened = Promise.withResolvers<string | null>();
  /** Null when it was asked to end, else what the store is good for no more. */
  readonly exited: Promise<Error | null>;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  /** Why nothing can be asked any more. */
  #end: Error | null = null;
  #isEnding = false;

  constructor(directory: string, onWarning: (message: string) => void, file: URL) {
    this.#onWarning = onWarning;
    const workerData: StoreThreadData = { directory };
    this.#worker = new Worker(file, { workerData, execArgv: [], name: 'servelab store' });
    this.#worker.on('message', (message: FromStoreThread) => this.#receive(message));
    this.#worker.on('error', (error) => this.#ended(error));
    this.exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        const wasAsked = this.#isEnding;
        this.#ended(null);
        resolve(wasAsked ? null : this.#end);
      });
    });
  }

  /** The notice of its opening, or why it could not be opened. */
  async opened(): Promise<string | null> {
    const notice = await this.#opened.promise;
    // From here on it is held by what it is asked, not by being there.
    this.#worker.unref();
    return notice;
  }

  async ask<Type extends StoreRequest['type']>(
    request: Extract<StoreRequest, { readonly type: Type }>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<StoreAnswers[Type]> {
    if (this.#end !== null) throw this.#end;
    const pending: Pending = { type: request.type, ...Promise.withResolvers<unknown>() };
    const id = this.#nextId++;
    this.#worker.postMessage({ id, ...request } satisfies ToStoreThread, transfer);
    this.#pending.set(id, pending);
    this.#worker.ref();
    return (await pending.promise) as StoreAnswers[Type];
  }

  /** Asks for the end, and waits for it. A thread that has ended by itself has nothing to close. */
  async end(type: 'close' | 'destroy'): Promise<void> {
    if (this.#end !== null && type === 'close') return;
    const asked = this.ask({ type });
    this.#end = new Error('the store is closed');
    this.#isEnding = true;
    await asked;
    this.#worker.ref();
    await this.exited;
  }

  #receive(message: FromStoreThread): void {
    switch (message.type) {
      case 'opened':
        this.#opened.resolve(message.notice);
        break;
      case 'not-opened':
        this.#opened.reject(unpackError(message.error));
        break;
      case 'answered':
        this.#settle(message.id)?.resolve(message.answer);
        break;
      case 'refused':
        this.#settle(message.id)?.reject(refusalFrom(message.error));
        break;
      case 'warning':
        this.#onWarning(message.message);
        break;
    }
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#worker.unref();
    return pending;
  }

  /** Nobody knows how far it came with what it was at. */
  #ended(cause: Error | null): void {
    const reason = cause === null ? 'unasked' : `by ${cause.message}`;
    const message = `the store's thread has ended ${reason}; start the instance again`;
    this.#end ??= new ServeError('STORE_FAILED', message, cause === null ? {} : { cause });
    this.#opened.reject(this.#end);
    for (const { type, reject } of this.#pending.values())
      reject(isWrite(type) ? new Unknown(this.#end.message) : this.#end);
    this.#pending.clear();
  }
}

const isWrite = (type: StoreRequest['type']): boolean => type !== 'get' && type !== 'list' && type !== 'get-blob';

function refusalFrom(envelope: ErrorEnvelope): Error {
  if (envelope.name === 'Conflict') return new Conflict(envelope.message);
  if (envelope.name === 'Fenced') return new Fenced(envelope.message);
  return unpackError(envelope);
}
