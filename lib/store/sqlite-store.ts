import { requireBlob, requireHash, requireKey, requirePrefix, requireValue } from './limits.ts';
import type { Blobs, Change, Entry, InstanceStore, Rev, WriteOptions } from './store.ts';
import { StoreThread, THREAD_FILE } from './store-thread.ts';
import { WatchHub } from './watch-hub.ts';

export interface SqliteStoreOptions {
  /** Something that does not keep the store from going on, for a log. Default: nobody hears of it. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Opens the store in `directory`, which is made where there is none, mode 0700. One at a time, over all processes, until
 * it is closed or its process has died.
 *
 * Rejects with STORE_LOCKED (naming the process that has it), STORE_NOT_PRIVATE, STORE_INCOMPATIBLE (of a newer format),
 * STORE_CORRUPT (damaged, and no sound safety copy), STORE_FULL, STORE_FAILED.
 */
export async function openSqliteStore(
  directory: string,
  { onWarning = () => {} }: SqliteStoreOptions = {},
): Promise<SqliteStore> {
  const thread = new StoreThread(directory, onWarning, THREAD_FILE);
  return new SqliteStore(thread, await thread.opened());
}

/**
 * Records and blobs in one SQLite file: a record is committed by the same flush as the blobs it names, one lock guards
 * both, one safety copy has both, and no order of two files has to be kept through a power cut.
 */
export class SqliteStore implements InstanceStore {
  readonly blobs: Blobs;
  readonly notice: string | null;
  readonly #thread: StoreThread;
  readonly #hub = new WatchHub();
  #closing: Promise<void> | null = null;

  constructor(thread: StoreThread, notice: string | null) {
    this.#thread = thread;
    this.notice = notice;
    this.blobs = new SqliteBlobs(thread);
    void thread.exited.then((failure) => this.#hub.close(failure));
  }

  async get(key: string): Promise<Entry | undefined> {
    requireKey(key);
    return this.#thread.ask({ type: 'get', key });
  }

  async put(key: string, value: Uint8Array, options: WriteOptions = {}): Promise<Rev> {
    requireKey(key);
    requireValue(key, value);
    const own = new Uint8Array(value);
    const rev = await this.#thread.ask({ type: 'put', key, value: own, options });
    this.#hub.publish({ type: 'put', key, value: own, rev });
    return rev;
  }

  async del(key: string, options: WriteOptions = {}): Promise<Rev> {
    requireKey(key);
    const { rev, isDeleted } = await this.#thread.ask({ type: 'del', key, options });
    if (isDeleted) this.#hub.publish({ type: 'del', key, rev });
    return rev;
  }

  watch(prefix: string, signal: AbortSignal): AsyncIterable<Change> {
    requirePrefix(prefix);
    return this.#hub.watch(prefix, signal, () => this.#thread.ask({ type: 'list', prefix }));
  }

  close(): Promise<void> {
    return this.#end('close');
  }

  destroy(): Promise<void> {
    return this.#end('destroy');
  }

  #end(how: 'close' | 'destroy'): Promise<void> {
    this.#closing ??= this.#thread.end(how);
    return this.#closing;
  }
}

class SqliteBlobs implements Blobs {
  readonly #thread: StoreThread;

  constructor(thread: StoreThread) {
    this.#thread = thread;
  }

  async put(data: Uint8Array): Promise<string> {
    requireBlob(data);
    // A copy: what is transferred is gone here, and a small buffer would take other people's bytes along.
    const own = new Uint8Array(data);
    return this.#thread.ask({ type: 'put-blob', data: own }, [own.buffer]);
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    requireHash(name);
    return this.#thread.ask({ type: 'get-blob', name });
  }

  async drop(name: string): Promise<void> {
    requireHash(name);
    return this.#thread.ask({ type: 'drop-blob', name });
  }

  async list(): Promise<readonly string[]> {
    return this.#thread.ask({ type: 'list-blobs' });
  }
}
