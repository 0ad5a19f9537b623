import type { Controls } from './controls.ts';
import type { EventPlace, ServeEvent } from './domain/event.ts';
import { readGivenOptions } from './domain/given-options.ts';
import { invalidValue, isPlainObject } from './domain/given-value.ts';

/** What `events` takes. */
export interface EventsGiven {
  /** How many of the newest, an integer >= 0. Default 100; the newest 1 000 are kept. */
  readonly count?: number;
  /** To go on with those to come. Default false. */
  readonly follow?: boolean;
}

const DEFAULT_COUNT = 100;

/** Throws INVALID_ARGUMENT. */
export function resolveEventsOptions(given: unknown): Required<EventsGiven> {
  const options = readGivenOptions('events', given, ['count', 'follow']);
  const count = options.get('count') ?? DEFAULT_COUNT;
  const follow = options.get('follow') ?? false;
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0)
    throw invalidValue('count', 'an integer >= 0', count);
  if (typeof follow !== 'boolean') throw invalidValue('follow', 'true or false', follow);
  return { count, follow };
}

/** Whether an iterator is asked for. */
export const followsEvents = (given: unknown): boolean => isPlainObject(given) && given.follow === true;

/** Reads an instance's events page by page; it holds one page at the most. */
export class EventReader {
  readonly #controls: Pick<Controls, 'eventsAfter'>;
  readonly #count: number;
  #place: EventPlace | null = null;
  #unread: ServeEvent[] = [];
  /** One page is asked for at a time, however many wait. */
  #last: Promise<unknown> = Promise.resolve();

  /** `count`: how many of the newest come first. */
  constructor(controls: Pick<Controls, 'eventsAfter'>, count: number) {
    this.#controls = controls;
    this.#count = count;
  }

  /** The next one, once it has happened. */
  next(): Promise<ServeEvent> {
    const next = this.#last.then(() => this.#read());
    this.#last = next.catch(() => {}); // whoever waits for it is told
    return next;
  }

  /** Those there are now, oldest first. */
  async recent(): Promise<readonly ServeEvent[]> {
    const events: ServeEvent[] = [];
    for (let hasMore = this.#count > 0; hasMore; ) {
      const page = await this.#controls.eventsAfter(this.#place, this.#count, false);
      this.#place = page.place;
      events.push(...page.events);
      hasMore = page.hasMore && events.length < this.#count;
    }
    return events.slice(0, this.#count);
  }

  async #read(): Promise<ServeEvent> {
    for (;;) {
      const event = this.#unread.shift();
      if (event) return event;
      const { events, place } = await this.#controls.eventsAfter(this.#place, this.#count, true);
      this.#place = place;
      this.#unread = [...events];
    }
  }
}
