/** The connections of routers to a replica. */
import type { ReceiverClaims } from '../wire/claims.ts';
import type { Port } from '../wire/port.ts';
import { QueryReceiver } from '../wire/query-receiver.ts';
import type { ServingHooks } from './premises.ts';

export class Receivers {
  readonly #hooks: ServingHooks;
  readonly #open = new Set<QueryReceiver>();
  #waiting: (() => void)[] = [];

  constructor(hooks: ServingHooks) {
    this.#hooks = hooks;
    // However the replica ends: answers that were given already still leave.
    process.once('exit', () => {
      for (const { channel } of this.#open) channel.flush();
    });
  }

  get open(): ReadonlySet<QueryReceiver> {
    return this.#open;
  }

  add(port: Port, claims: ReceiverClaims): void {
    const { received, ...hooks } = this.#hooks;
    const receiver: QueryReceiver = new QueryReceiver(port, claims, {
      ...hooks,
      received: (query) => received(query, receiver),
      closed: () => this.#closed(receiver),
    });
    this.#open.add(receiver);
  }

  /** Resolves when none is open, at the latest after `withinMs`. */
  async closed(withinMs: number): Promise<void> {
    if (this.#open.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    this.#waiting.push(resolve);
    await promise;
    clearTimeout(timer);
  }

  #closed(receiver: QueryReceiver): void {
    this.#open.delete(receiver);
    if (this.#open.size === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
