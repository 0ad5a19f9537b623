/** What a replica in a process holds, in a file, so that the instance sees it also while the replica's code spins. */
import { openSync, writeSync } from 'node:fs';
import { LOAD } from '../domain/replica.ts';

export class LoadFile {
  readonly #file: number;
  readonly #load = new Int32Array(LOAD.length);
  #saysBusy = false;
  #isDue = false;

  constructor(path: string) {
    this.#file = openSync(path, 'r+');
  }

  /** Written at once when user code is about to run, which may go on without end; else before answers leave. */
  holds(processing: number, waiting: number): void {
    this.#load[LOAD.processing] = processing;
    this.#load[LOAD.waiting] = waiting;
    if (processing > 0 && !this.#saysBusy) this.#write();
    else if (!this.#isDue) {
      this.#isDue = true;
      setImmediate(() => this.settle()); // an answer that is given now leaves in a later one
    }
  }

  /** Answers leave next: who has one finds its place free. */
  settle(): void {
    if (this.#isDue) this.#write();
  }

  /** Written at once: this thread stands still next, or did so. */
  blocks(isBlocked: boolean): void {
    this.#load[LOAD.isBlockedInGet] = isBlocked ? 1 : 0;
    this.#write();
  }

  #write(): void {
    this.#isDue = false;
    this.#saysBusy = this.#load[LOAD.processing] !== 0;
    writeSync(this.#file, this.#load, 0, this.#load.byteLength, 0);
  }
}
