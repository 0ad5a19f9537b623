/** The event log as readers elsewhere follow it: they ask for what comes after what they have, so that none is waited for. */
import type { ServeEvent } from '../domain/event.ts';
import type { Page, PagePlace } from '../domain/page.ts';
import { ServeError } from '../errors.ts';
import type { EventLog } from '../telemetry/event-log.ts';
import { Waiters } from './waiters.ts';

/** Events of one page: some 1.6 MB at the most. */
const PAGE = 100;

export class EventFeed {
  readonly #log: EventLog;
  readonly #id: string;
  readonly #waiters = new Waiters();
  #isStopped = false;

  /** `id`: unlike that of any other log. */
  constructor(log: EventLog, id: string) {
    this.#log = log;
    this.#id = id;
    log.subscribe(() => this.#waiters.wake());
  }

  /**
   * The events after a place, or the newest `count` where it is null; of another log's place, all that are kept. With
   * `waits` there is at least one, else CLIENT_CLOSED when the instance stops; or none, when `gone` is aborted.
   */
  async after(
    place: PagePlace | null,
    count: number,
    waits: boolean,
    gone: AbortSignal | null,
  ): Promise<Page<ServeEvent>> {
    const serial = this.#serialOf(place, count);
    while (waits && this.#log.total <= serial && !gone?.aborted) {
      if (this.#isStopped) throw new ServeError('CLIENT_CLOSED', 'the instance has been shut down');
      await this.#waiters.next(gone);
    }
    return this.#page(serial);
  }

  stop(): void {
    this.#isStopped = true;
    this.#waiters.wake();
  }

  #serialOf(place: PagePlace | null, count: number): number {
    if (place === null) return Math.max(0, this.#log.total - count);
    return place.log === this.#id ? place.serial : 0;
  }

  #page(serial: number): Page<ServeEvent> {
    const { total } = this.#log;
    const kept = this.#log.recent(Math.max(0, total - serial));
    const missed = Math.max(0, total - serial - kept.length);
    const events = kept.slice(0, PAGE);
    const last = serial + missed + events.length;
    return {
      items: missed > 0 ? [missedEvent(missed, events), ...events] : events,
      place: { log: this.#id, serial: last },
      hasMore: last < total,
    };
  }
}

const missedEvent = (count: number, [next]: readonly ServeEvent[]): ServeEvent => ({
  type: 'events.missed',
  at: next?.at ?? new Date().toISOString(),
  count,
  message: `${count} events are no longer kept: this reader was too slow`,
});
