/** The queries that have ended at the instance's own router, for readers elsewhere. Nothing on a query's way knows of them. */
import type { Page, PagePlace } from '../domain/page.ts';
import type { QueryTrace } from '../domain/trace.ts';
import { ServeError } from '../errors.ts';
import type { Router } from '../router/router.ts';
import { Waiters } from './waiters.ts';

/** Queries of one page; of more that have ended the newest. */
const PAGE = 100;
/** How often it is looked for more while somebody waits, and how often one reader gets a page at the most, in ms. */
const LOOK_EVERY_MS = 50;
/** Then a reader has to ask again, 10 s: of a replica that waited and has died nothing tells. */
const MOST_LOOKS = 200;

export class TraceFeed {
  readonly #router: Pick<Router, 'ended' | 'requireEndpoint'>;
  readonly #id: string;
  readonly #waiters = new Waiters();
  #isStopped = false;

  /** `id`: unlike that of any other feed. */
  constructor(router: Pick<Router, 'ended' | 'requireEndpoint'>, id: string) {
    this.#router = router;
    this.#id = id;
  }

  /**
   * The queries that have ended after a place, in the order of their ends, the newest 100; or the newest `count` where it
   * is null. `endpoint`: of that one alone. With `waits` there is at least one, or none after 10 s and when `gone` is
   * aborted. Rejects with ENDPOINT_NOT_FOUND where the place is null, and with CLIENT_CLOSED when the instance stops.
   */
  async after(
    place: PagePlace | null,
    endpoint: string | null,
    count: number,
    waits: boolean,
    gone: AbortSignal | null,
  ): Promise<Page<QueryTrace>> {
    // Later it may go and come back.
    if (place === null && endpoint !== null) this.#router.requireEndpoint(endpoint);
    let serial = place?.log === this.#id ? place.serial : 0;
    let most = place === null ? count : PAGE;
    for (let looks = 0; ; looks++) {
      if (waits && (place !== null || looks > 0)) await this.#waiters.next(gone, LOOK_EVERY_MS);
      const { traces, total } = this.#router.ended(serial, endpoint, most);
      if (traces.length > 0 || !waits || gone?.aborted || looks >= MOST_LOOKS)
        return { items: traces, place: { log: this.#id, serial: total }, hasMore: false };
      if (this.#isStopped) throw new ServeError('CLIENT_CLOSED', 'the instance has been shut down');
      serial = total;
      most = PAGE;
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#waiters.wake();
  }
}
