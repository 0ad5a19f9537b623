/** What a client watches, which ends with it. */
import type { Controls } from './controls.ts';
import type { ServeEvent } from './domain/event.ts';
import type { ServeStatus } from './domain/status.ts';
import { EventReader } from './event-reader.ts';
import { Watch } from './watch.ts';

export class Watches {
  readonly #controls: Controls;
  readonly #open = new Set<Pick<Watch<unknown>, 'return'>>();

  constructor(controls: Controls) {
    this.#controls = controls;
  }

  ofStatus(): Watch<ServeStatus> {
    return this.#keep(takesStatus(this.#controls));
  }

  /** `count`: how many of the newest come first. */
  ofEvents(count: number): Watch<ServeEvent> {
    const reader = new EventReader(this.#controls, count);
    return this.#keep(() => reader.next());
  }

  async end(): Promise<void> {
    await Promise.all([...this.#open].map((watch) => watch.return()));
  }

  #keep<T>(take: () => Promise<T>): Watch<T> {
    const watch: Watch<T> = new Watch(take, () => this.#open.delete(watch));
    this.#open.add(watch);
    return watch;
  }
}

/** Snapshots, each made when the one before has been taken. */
export function takesStatus(controls: Pick<Controls, 'statusAfter'>): () => Promise<ServeStatus> {
  let seen: number | null = null;
  return async () => {
    const { serial, status } = await controls.statusAfter(seen);
    seen = serial;
    return status;
  };
}
