import type { Controls } from './controls.ts';
import type { ServeEvent } from './domain/event.ts';
import { readGivenOptions } from './domain/given-options.ts';
import { invalidValue } from './domain/given-value.ts';
import { PageReader } from './page-reader.ts';

/** What `events` takes. */
export interface EventsGiven {
  /** How many of the newest, an integer >= 0. Default 100; the newest 1 000 are kept. */
  readonly count?: number;
  /** To go on with those to come. Default false. */
  readonly follow?: boolean;
}

const DEFAULT_COUNT = 100;

/** Throws INVALID_ARGUMENT. */
export function eventReader(controls: Pick<Controls, 'eventsAfter'>, given: EventsGiven): PageReader<ServeEvent> {
  const options = readGivenOptions('events', given, ['count', 'follow']);
  const count = options.get('count') ?? DEFAULT_COUNT;
  const follow = options.get('follow') ?? false;
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0)
    throw invalidValue('count', 'an integer >= 0', count);
  if (typeof follow !== 'boolean') throw invalidValue('follow', 'true or false', follow);
  return new PageReader(count, (after, waits) => controls.eventsAfter(after, count, waits));
}
