import { EVENT_LEVELS, type ServeEvent, subjectOf } from '../domain/event.ts';
import { escapeControls } from '../domain/printable.ts';

export type EventListener = (event: ServeEvent) => void;

const CAPACITY = 1_000;
const MAX_TEXT = 8_192;

/** The newest 1 000 events of an instance. Texts are clipped at 8 192 characters, as users' errors may be huge. */
export class EventLog {
  readonly #listeners = new Set<EventListener>();
  /** A ring once it is full; `#next` is then the oldest. */
  readonly #events: ServeEvent[] = [];
  #next = 0;
  #total = 0;

  /** Keeps the event and tells every listener. One that throws stops no other, and is an event too. */
  append(given: ServeEvent): void {
    const event = clipped(given);
    this.#keep(event);
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        // Kept only: telling the listeners that one of them fails could go on for ever.
        this.#keep(listenerFailed(event.at, error));
      }
    }
  }

  /** How many there have been: the serial number of the newest, the first one's being 1. */
  get total(): number {
    return this.#total;
  }

  /** The newest `count` events, oldest first. */
  recent(count: number = CAPACITY): ServeEvent[] {
    const inOrder = [...this.#events.slice(this.#next), ...this.#events.slice(0, this.#next)];
    return inOrder.slice(Math.max(0, inOrder.length - count));
  }

  /** Events from now on. Returns the function that ends the subscription. */
  subscribe(listener: EventListener): () => void {
    // Of its own for each subscription, so that a function subscribed twice is told twice and ends one at a time.
    const subscription: EventListener = (event) => listener(event);
    this.#listeners.add(subscription);
    return () => void this.#listeners.delete(subscription);
  }

  #keep(event: ServeEvent): void {
    this.#events[this.#next] = event;
    this.#next = (this.#next + 1) % CAPACITY;
    this.#total += 1;
  }
}

/** The event on one line: time, level, type, subject, message. Nothing in it can break out of it. */
export function formatEvent(event: ServeEvent): string {
  const level = EVENT_LEVELS[event.type];
  return escapeControls(
    `${event.at} ${level.padEnd(7)} ${event.type.padEnd(17)} ${subjectOf(event)}  ${event.message}`,
  );
}

function clipped(event: ServeEvent): ServeEvent {
  const message = clip(event.message);
  if (event.type !== 'error.unhandled') return Object.freeze({ ...event, message });
  return Object.freeze({ ...event, message, stack: event.stack === null ? null : clip(event.stack) });
}

const clip = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text);

const listenerFailed = (at: string, error: unknown): ServeEvent =>
  clipped({
    type: 'error.unhandled',
    at,
    source: 'event-log',
    message: `a listener failed: ${error instanceof Error ? error.message : String(error)}`,
    stack: error instanceof Error ? (error.stack ?? null) : null,
  });
