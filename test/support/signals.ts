/**
 * Words between a test and its replicas, so that neither has to guess when the other is where it should be.
 *
 * Each word is a line of a file: it is there once it has been said, also when the replica then spins or dies, and it
 * reaches threads and processes alike, and a replica that blocks. No word is heard by who opened its end later.
 */
import {
  appendFileSync,
  closeSync,
  type FSWatcher,
  fstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SAID = 'said-by-replicas';
const TOLD = 'told-to-replicas';

/** The test's end. Replicas open theirs by `name`; what they say is counted here by word. */
export class Signals {
  /** Path of a directory. */
  readonly name = mkdtempSync(join(tmpdir(), 'signals-'));
  readonly #said: Words;
  readonly #watcher: FSWatcher;
  readonly #counts = new Map<string, number>();
  #waiting: { readonly word: string; readonly count: number; readonly resolve: () => void }[] = [];

  constructor() {
    for (const file of [SAID, TOLD]) writeFileSync(join(this.name, file), '');
    this.#said = new Words(join(this.name, SAID));
    this.#watcher = watch(this.#said.path, () => this.#listen());
  }

  count(word: string): number {
    this.#listen();
    return this.#counts.get(word) ?? 0;
  }

  /** Resolves when `word` has been said `count` times in all. */
  heard(word: string, count = 1): Promise<void> {
    if (this.count(word) >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ word, count, resolve }));
  }

  say(word: string): void {
    appendFileSync(join(this.name, TOLD), `${word}\n`);
  }

  close(): void {
    this.#watcher.close();
    this.#said.close();
    rmSync(this.name, { recursive: true });
  }

  #listen(): void {
    for (const word of this.#said.take()) this.#counts.set(word, (this.#counts.get(word) ?? 0) + 1);
    const isMet = (one: { word: string; count: number }): boolean => (this.#counts.get(one.word) ?? 0) >= one.count;
    const met = this.#waiting.filter(isMet);
    if (met.length > 0) this.#waiting = this.#waiting.filter((one) => !met.includes(one));
    for (const { resolve } of met) resolve();
  }
}

/** A replica's end. It keeps no event loop alive, and goes on to work, unheard, when the test has closed its own. */
export class ReplicaSignals {
  readonly #said: number;
  readonly #told: Words;
  #watcher: FSWatcher | null = null;
  readonly #listeners: ((word: string) => void)[] = [];

  constructor(name: string) {
    this.#said = openSync(join(name, SAID), 'a');
    this.#told = new Words(join(name, TOLD));
  }

  say(word: string): void {
    appendFileSync(this.#said, `${word}\n`);
  }

  /** `heard` gets every word from now on. */
  listen(heard: (word: string) => void): void {
    this.#hear();
    this.#listeners.push(heard);
    this.#watcher ??= watch(this.#told.path, { persistent: false }, () => this.#hear());
    this.#hear(); // nothing tells of what came before there was a watcher
  }

  /** Resolves with the next word. */
  next(): Promise<string> {
    return new Promise((resolve) => {
      this.listen(resolve);
    });
  }

  /** Blocks the thread until the next word; returns it. */
  nextBlocking(): string {
    const pause = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    for (;;) {
      const [word] = this.#told.take();
      if (word !== undefined) return word;
      Atomics.wait(pause, 0, 0, 1); // nothing tells a thread that does not turn its event loop
    }
  }

  close(): void {
    this.#watcher?.close();
    closeSync(this.#said);
    this.#told.close();
  }

  #hear(): void {
    for (const word of this.#told.take()) for (const heard of this.#listeners) heard(word);
  }
}

/** Reads a file that others append lines to, from what it is now on. */
class Words {
  readonly path: string;
  readonly #file: number;
  #at: number;
  #isOpen = true;

  constructor(path: string) {
    this.path = path;
    this.#file = openSync(path, 'r');
    this.#at = fstatSync(this.#file).size;
  }

  /** Those since the last time. One that goes over the end of a page of the file can be seen half written. */
  take(): string[] {
    if (!this.#isOpen) return [];
    const bytes = Buffer.alloc(fstatSync(this.#file).size - this.#at);
    if (bytes.length > 0) readSync(this.#file, bytes, 0, bytes.length, this.#at);
    const end = bytes.lastIndexOf('\n') + 1;
    this.#at += end;
    return bytes.toString('utf8', 0, end).split('\n').slice(0, -1);
  }

  close(): void {
    if (this.#isOpen) closeSync(this.#file);
    this.#isOpen = false;
  }
}
