import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { QueryTrace } from '../../lib/domain/trace.ts';
import { TraceFeed } from '../../lib/instance/trace-feed.ts';
import { codeOf, failureOf } from '../support/instance.ts';

const test = suite('the feed of requests');

// Who waits keeps no process alive.
const alive = setInterval(() => {}, 2 ** 30);
test.after(() => clearInterval(alive));

/** A router where numbered queries end when the test says so. */
class FakeRouter {
  total = 0;
  asked: (readonly [after: number, most: number])[] = [];
  #looked = Promise.withResolvers<void>();

  ended(after: number, _: string | null, most: number): { traces: QueryTrace[]; total: number } {
    this.asked.push([after, most]);
    this.#looked.resolve();
    this.#looked = Promise.withResolvers();
    const first = Math.max(after, this.total - most);
    const traces = Array.from({ length: this.total - first }, (_, at) => ({ number: first + at }) as QueryTrace);
    return { traces, total: this.total };
  }

  requireEndpoint(): void {}

  /** Resolves when somebody has looked for more. */
  looked(): Promise<void> {
    return this.#looked.promise;
  }
}

const numbers = (items: readonly QueryTrace[]): number[] => items.map(({ number }) => number);

test('the first page has so many of the newest, a later one the newest hundred', async () => {
  const router = new FakeRouter();
  const feed = new TraceFeed(router, 'one');
  router.total = 500;
  const first = await feed.after(null, null, 300, false, null);
  assert.equal([first.items.length, first.items[0]?.number, first.place], [300, 200, { log: 'one', serial: 500 }]);
  router.total = 650;
  const second = await feed.after(first.place, null, 300, true, null);
  assert.equal([second.items.length, second.items[0]?.number], [100, 550]);
  assert.equal((await feed.after(second.place, null, 300, false, null)).items, []);
});

test('a place in another feed says nothing here', async () => {
  const router = new FakeRouter();
  router.total = 3;
  const { items } = await new TraceFeed(router, 'new').after({ log: 'old', serial: 900 }, null, 0, false, null);
  assert.equal(numbers(items), [0, 1, 2]);
});

test('who waits with none gets what comes, and all of it that ends between two looks', async () => {
  const router = new FakeRouter();
  router.total = 7;
  const page = new TraceFeed(router, 'one').after(null, null, 0, true, null);
  await router.looked();
  router.total = 9;
  assert.equal(numbers((await page).items), [7, 8]);
  assert.equal(router.asked[0], [0, 0]);
});

test('nobody waits for one who has gone', async () => {
  const router = new FakeRouter();
  const gone = new AbortController();
  const page = new TraceFeed(router, 'one').after(null, null, 5, true, gone.signal);
  await router.looked();
  gone.abort();
  assert.equal((await page).items, []);
});

test('who waits is told when the instance stops, and what ended before it', async () => {
  const router = new FakeRouter();
  const feed = new TraceFeed(router, 'one');
  const waiting = failureOf(feed.after(null, null, 5, true, null));
  feed.stop();
  assert.is(codeOf(await waiting), 'CLIENT_CLOSED');
  const last = feed.after({ log: 'one', serial: 0 }, null, 5, true, null);
  router.total = 1;
  assert.equal(numbers((await last).items), [0]);
});

test.run();
