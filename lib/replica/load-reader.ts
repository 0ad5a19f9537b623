/** The instance's view of what a replica in a process holds, which that keeps in a file. */
import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { LOAD } from '../domain/replica.ts';

export class LoadReader {
  readonly #path: string;
  readonly #file: number;
  readonly #read = new Int32Array(LOAD.length);
  readonly #load = new Int32Array(new SharedArrayBuffer(LOAD.length * Int32Array.BYTES_PER_ELEMENT));
  #isOpen = true;

  /** Makes the file, which must not be there yet. */
  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'wx+', 0o600);
  }

  /** By `LOAD`; zeros before the replica has written, and what it wrote last when it has ended. */
  read(): SharedArrayBuffer {
    if (this.#isOpen) {
      readSync(this.#file, this.#read, 0, this.#read.byteLength, 0);
      this.#load.set(this.#read);
    }
    return this.#load.buffer;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#file);
    rmSync(this.#path, { force: true });
  }
}
