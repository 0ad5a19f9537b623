/** What a client watches and tries, which ends with it. */
import type { Controls } from './controls.ts';
import type { ServeEvent } from './domain/event.ts';
import type { ServeStatus } from './domain/status.ts';
import type { QueryTrace } from './domain/trace.ts';
import { type EventsGiven, eventReader } from './event-reader.ts';
import { isToFollow, type PageReader } from './page-reader.ts';
import { type TracesGiven, traceReader } from './trace-reader.ts';
import type { TrialGiven } from './trial-options.ts';
import type { TrialResult } from './trial-result.ts';
import { Watch } from './watch.ts';

export class Watches {
  readonly #controls: Controls;
  readonly #open = new Set<{ return(): Promise<unknown> }>();

  constructor(controls: Controls) {
    this.#controls = controls;
  }

  ofStatus(): Watch<ServeStatus> {
    return this.#keep(takesStatus(this.#controls));
  }

  /** Throws INVALID_ARGUMENT, or rejects with it where no iterator is asked for; so with what `requireOpen` throws. */
  events(requireOpen: () => void, given: EventsGiven): Watch<ServeEvent> | Promise<readonly ServeEvent[]> {
    return this.#pages(requireOpen, given, () => eventReader(this.#controls, given));
  }

  /** As `events`. */
  traces(requireOpen: () => void, given: TracesGiven): Watch<QueryTrace> | Promise<readonly QueryTrace[]> {
    return this.#pages(requireOpen, given, () => traceReader(this.#controls, given));
  }

  async trial(endpoint: string, backend: string, given: TrialGiven | undefined): Promise<TrialResult> {
    const [{ resolveTrialOptions }, { runTrial }] = await Promise.all([
      import('./trial-options.ts'),
      import('./trial.ts'),
    ]);
    const closing = new AbortController();
    const trial = runTrial(this.#controls, { endpoint, backend }, resolveTrialOptions(given), closing.signal);
    const open = {
      return: async (): Promise<void> => {
        closing.abort();
        await trial.catch(() => {}); // its caller is told
      },
    };
    this.#open.add(open);
    return trial.finally(() => this.#open.delete(open));
  }

  async end(): Promise<void> {
    await Promise.all([...this.#open].map((watch) => watch.return()));
  }

  #pages<Item>(
    requireOpen: () => void,
    given: unknown,
    open: () => PageReader<Item>,
  ): Watch<Item> | Promise<readonly Item[]> {
    if (!isToFollow(given)) return this.#recent(requireOpen, open);
    requireOpen();
    const reader = open();
    return this.#keep(() => reader.next());
  }

  async #recent<Item>(requireOpen: () => void, open: () => PageReader<Item>): Promise<readonly Item[]> {
    requireOpen();
    return open().recent();
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
