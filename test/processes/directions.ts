// Replicas that call each other across threads and processes.
import type * as serve from 'servelab';
import { handleOf } from '../support/instance.ts';
import { ISOLATIONS, type Isolation } from '../support/isolations.ts';

/** Who calls whom, where a process is among them. */
export const DIRECTIONS: readonly (readonly [caller: Isolation, callee: Isolation])[] = ISOLATIONS.flatMap((caller) =>
  ISOLATIONS.map((callee) => [caller, callee] as const),
).filter((pair) => pair.includes('process'));

/** One link of a chain of calls: asks the next one, or, as the last, does what the data says. */
export class Link {
  readonly #next: serve.Handle | null;
  readonly #reasons: unknown[] = [];
  #begun = 0;
  #finished = 0;

  constructor(next: serve.Handle | null) {
    this.#next = next;
  }

  async call(request: serve.ServeRequest): Promise<unknown> {
    const what = request.data ?? request.queryParams.get('do');
    this.#begun++;
    request.signal.addEventListener('abort', () => this.#reasons.push(request.signal.reason.code));
    if (what === 'stream') return this.#stream();
    if (this.#next) return this.#next.remote(what);
    if (what === 'wait') await new Promise((resolve) => request.signal.addEventListener('abort', resolve));
    if (what === 'fail') throw Object.assign(new RangeError('out of the last link'), { code: 'E_LAST', at: [1, 2] });
    return `${what} done`;
  }

  /** Counts down from what was asked for; chunks of 64 KiB. */
  async *#stream(): AsyncGenerator<Uint8Array> {
    try {
      if (this.#next) yield* (await this.#next.remote('stream')) as AsyncIterable<Uint8Array>;
      else for (let i = 0; i < 1000; i++) yield new Uint8Array(64 * 1024).fill(i);
    } finally {
      this.#finished++;
    }
  }

  seen(): { begun: number; finished: number; reasons: unknown[] } {
    return { begun: this.#begun, finished: this.#finished, reasons: this.#reasons };
  }
}

export interface Chain {
  readonly first: serve.Handle;
  /** What each link has seen, first to last. */
  seen(): Promise<ReturnType<Link['seen']>[]>;
}

/** A chain of these links, each with an endpoint `link0`, `link1`, … */
export async function chainOf(client: serve.Client, isolations: readonly Isolation[]): Promise<Chain> {
  const handles: serve.Handle[] = [];
  for (const [i, isolation] of [...isolations.entries()].reverse()) {
    const options = { initArgs: [handles[0] ?? null], actorOptions: { isolation } };
    handles.unshift(await handleOf(client, `link${i}`, Link, options));
  }
  const [first] = handles;
  if (!first) throw new Error('a chain has at least one link');
  const seen = () => Promise.all(handles.map((handle) => handle.options({ methodName: 'seen' }).remote()));
  return { first, seen: seen as Chain['seen'] };
}
