import { hash } from 'node:crypto';
import { ServeError } from '../errors.ts';
import { requireBlob, requireHash, requireKey, requirePrefix, requireValue } from './limits.ts';
import type { Blobs, Change, Entry, InstanceStore, Rev, WriteOptions } from './store.ts';
import { type Snapshot, WatchHub } from './watch-hub.ts';
import { requireAllowed } from './write-rules.ts';

/** What a memory store keeps; it outlives the store, as a file does, and is opened again by another. */
export class MemoryContents {
  rev: Rev = 0;
  isOpen = false;
  readonly entries = new Map<string, Entry>();
  readonly blobs = new Map<string, Uint8Array>();

  clear(): void {
    this.rev = 0;
    this.entries.clear();
    this.blobs.clear();
  }
}

/** The contents are this store's alone until it is closed, else STORE_LOCKED. */
export function openMemoryStore(contents: MemoryContents = new MemoryContents()): MemoryStore {
  if (contents.isOpen) throw new ServeError('STORE_LOCKED', 'these contents are open in another store; close it first');
  contents.isOpen = true;
  return new MemoryStore(contents);
}

/** Keeps everything in memory: for instances that end with their process, and for tests. */
export class MemoryStore implements InstanceStore {
  readonly blobs: Blobs;
  readonly notice = null;
  readonly #contents: MemoryContents;
  readonly #hub = new WatchHub();
  #isClosed = false;

  constructor(contents: MemoryContents) {
    this.#contents = contents;
    this.blobs = new MemoryBlobs(() => this.#open().blobs);
  }

  async get(key: string): Promise<Entry | undefined> {
    requireKey(key);
    const entry = this.#open().entries.get(key);
    return entry && copyOf(entry);
  }

  async put(key: string, value: Uint8Array, options: WriteOptions = {}): Promise<Rev> {
    requireKey(key);
    requireValue(key, value);
    const contents = this.#open();
    requireAllowed(key, options, (other) => contents.entries.get(other)?.rev ?? 0);
    const entry = copyOf({ key, value, rev: ++contents.rev });
    contents.entries.set(key, entry);
    this.#hub.publish({ type: 'put', ...copyOf(entry) });
    return entry.rev;
  }

  async del(key: string, options: WriteOptions = {}): Promise<Rev> {
    requireKey(key);
    const contents = this.#open();
    requireAllowed(key, options, (other) => contents.entries.get(other)?.rev ?? 0);
    if (!contents.entries.delete(key)) return contents.rev;
    const rev = ++contents.rev;
    this.#hub.publish({ type: 'del', key, rev });
    return rev;
  }

  watch(prefix: string, signal: AbortSignal): AsyncIterable<Change> {
    requirePrefix(prefix);
    return this.#hub.watch(prefix, signal, async () => this.#list(prefix));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#contents.isOpen = false;
    this.#hub.close(null);
  }

  async destroy(): Promise<void> {
    this.#open().clear();
    await this.close();
  }

  #list(prefix: string): Snapshot {
    const { entries, rev } = this.#open();
    const found = [...entries.values()].filter(({ key }) => key.startsWith(prefix)).map(copyOf);
    return { entries: found.sort((a, b) => (a.key < b.key ? -1 : 1)), rev };
  }

  #open(): MemoryContents {
    if (this.#isClosed) throw new Error('the store is closed');
    return this.#contents;
  }
}

class MemoryBlobs implements Blobs {
  readonly #open: () => Map<string, Uint8Array>;

  constructor(open: () => Map<string, Uint8Array>) {
    this.#open = open;
  }

  async put(data: Uint8Array): Promise<string> {
    requireBlob(data);
    const name = hash('sha256', data, 'hex');
    this.#open().set(name, new Uint8Array(data));
    return name;
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    requireHash(name);
    const data = this.#open().get(name);
    return data && new Uint8Array(data);
  }

  async drop(name: string): Promise<void> {
    requireHash(name);
    this.#open().delete(name);
  }

  async list(): Promise<readonly string[]> {
    return [...this.#open().keys()].sort();
  }
}

/** Nobody else's changes to the bytes reach what is kept, and none of what is kept gets out. */
const copyOf = ({ key, value, rev }: Entry): Entry => ({ key, value: new Uint8Array(value), rev });
