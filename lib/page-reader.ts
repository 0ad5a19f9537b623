import { isPlainObject } from './domain/given-value.ts';
import type { Page, PagePlace } from './domain/page.ts';

/** What comes after a place, or where it is null the newest; with `waits` once there is any, or nothing after a while. */
export type TakePage<Item> = (after: PagePlace | null, waits: boolean) => Promise<Page<Item>>;

/** Reads what an instance tells page by page; it holds one page at the most. */
export class PageReader<Item> {
  readonly #take: TakePage<Item>;
  readonly #count: number;
  #place: PagePlace | null = null;
  #unread: Item[] = [];
  /** One page is asked for at a time, however many wait. */
  #last: Promise<unknown> = Promise.resolve();

  /** `count`: how many of the newest come first; those that the first page is asked for. */
  constructor(count: number, take: TakePage<Item>) {
    this.#count = count;
    this.#take = take;
  }

  /** The next one, once it is there. */
  next(): Promise<Item> {
    const next = this.#last.then(() => this.#read());
    this.#last = next.catch(() => {}); // whoever waits for it is told
    return next;
  }

  /** Those there are now, oldest first. */
  async recent(): Promise<readonly Item[]> {
    const found: Item[] = [];
    for (let hasMore = true; hasMore; ) {
      const page = await this.#take(this.#place, false);
      this.#place = page.place;
      found.push(...page.items);
      hasMore = page.hasMore && found.length < this.#count;
    }
    return found.slice(0, this.#count);
  }

  async #read(): Promise<Item> {
    for (;;) {
      const item = this.#unread.shift();
      if (item !== undefined) return item;
      const { items, place } = await this.#take(this.#place, true);
      this.#place = place;
      this.#unread = [...items];
    }
  }
}

/** Whether an iterator is asked for. */
export const isToFollow = (given: unknown): boolean => isPlainObject(given) && given.follow === true;
