import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, until, withInstance } from '../support/instance.ts';

const test = suite('client.events()');

const noReplicas = { config: { numReplicas: 0 } };

const typesOf = (events: readonly serve.ServeEvent[]): string[] => events.map(({ type }) => type);

/** The tags of backends that were created, in their order. */
const created = (events: readonly serve.ServeEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'backend.created' ? [event.backend] : []));

async function take(events: AsyncIterator<serve.ServeEvent>, count: number): Promise<serve.ServeEvent[]> {
  const taken: serve.ServeEvent[] = [];
  while (taken.length < count) {
    const { done, value } = await events.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

test(
  'the newest events come oldest first, and no more than asked for',
  withInstance(
    async (client) => {
      await client.createBackend('a', () => 1);
      await client.createEndpoint('e', { backend: 'a' });
      await client.setTraffic('e', { a: 1 });
      const all = await client.events();
      assert.is(typesOf(all)[0], 'instance.started');
      assert.equal(typesOf(all).slice(-3), ['backend.created', 'endpoint.created', 'traffic.set']);
      assert.ok(typesOf(all).includes('replica.started'));
      const [event] = await client.events({ count: 1 });
      assert.equal(event, all.at(-1));
      assert.match(event && 'author' in event ? event.author : '', /process \d+/);
      assert.match(event ? serve.formatEvent(event) : '', /info {4}traffic\.set +e {2}/);
      assert.equal(await client.events({ count: 0 }), []);
    },
    { name: 'told' },
  ),
);

test(
  'more than one page is told without a gap, and the newest thousand are kept',
  withInstance(async (client) => {
    for (let i = 0; i < 130; i++) await client.createBackend(`b${i}`, () => 1, noReplicas);
    const tags = Array.from({ length: 130 }, (_, i) => `b${i}`);
    assert.equal(created(await client.events({ count: 5000 })), tags);
    assert.equal(created(await client.events({ count: 120 })), tags.slice(-120));
    const follower = client.events({ count: 120, follow: true });
    assert.equal(created(await take(follower, 120)), tags.slice(-120));
    await follower.return?.();
  }),
);

test(
  'a follower gets the newest, then each one to come, also those that come while it does not read',
  withInstance(async (client) => {
    await client.createBackend('a', () => 1, noReplicas);
    const follower = client.events({ count: 1, follow: true });
    assert.equal(created(await take(follower, 1)), ['a']);
    const next = take(follower, 1);
    await client.createBackend('b', () => 1, noReplicas);
    assert.equal(created(await next), ['b']);
    for (const tag of ['c', 'd']) await client.createBackend(tag, () => 1, noReplicas);
    const both = await Promise.all([follower.next(), follower.next()]);
    assert.equal(created(both.map(({ value }) => value)), ['c', 'd'], 'two that wait at once get one each');
    await follower.return?.();
  }),
);

test(
  'one who starts with none gets only what is to come',
  withInstance(async (client) => {
    const follower = client.events({ count: 0, follow: true });
    const next = take(follower, 1);
    await client.status(); // asked behind it
    await client.createBackend('first', () => 1, noReplicas);
    assert.equal(created(await next), ['first']);
    await follower.return?.();
  }),
);

test(
  'a reader who was too slow is told how many he has missed',
  withInstance(async (client) => {
    const follower = client.events({ count: 1, follow: true });
    await follower.next();
    await client.createBackend('a', () => 1, noReplicas);
    await client.createEndpoint('e', { backend: 'a' });
    const before = await client.events({ count: 5000 });
    const changes = 1100;
    const traffic = Array.from({ length: changes }, () => client.setTraffic('e', { a: 1 }));
    await Promise.all(traffic);
    const [first, second] = await take(follower, 2);
    // One was read, a thousand are kept.
    const missed = before.length + changes - 1 - 1000;
    assert.is(first?.type === 'events.missed' ? first.count : first?.type, missed);
    assert.is(second?.type, 'traffic.set');
    await follower.return?.();
  }),
);

test(
  'a follower ends with return(), with close() and with shutdown() by any client',
  withInstance(
    async (client) => {
      const drained = (watcher: serve.Client) => {
        const heard = { count: 0 };
        const over = (async () => {
          for await (const _ of watcher.events({ follow: true })) heard.count++;
        })();
        return { heard, over };
      };
      const own = client.events({ count: 0, follow: true });
      const waiting = own.next();
      await own.return?.();
      assert.equal(await waiting, { done: true, value: undefined });
      const [other, third] = [await serve.connect({ name: 'followed' }), await serve.connect({ name: 'followed' })];
      const [ofOther, ofThird] = [drained(other), drained(third)];
      await client.createBackend('a', () => 1, noReplicas);
      await until(() => [ofOther, ofThird].every(({ heard }) => heard.count >= 2), 'both hear of the start and of a');
      await third.close();
      await ofThird.over;
      await client.shutdown();
      await ofOther.over;
    },
    { name: 'followed' },
  ),
);

test(
  'nonsense is refused, and so is a client that was closed',
  withInstance(
    async (client) => {
      await fails(client.events({ count: -1 }), 'INVALID_ARGUMENT', 'count', '-1');
      await fails(client.events({ cout: 1 } as object), 'INVALID_ARGUMENT', "did you mean 'count'");
      await fails(() => client.events({ count: 1.5, follow: true }), 'INVALID_ARGUMENT', '1.5');
      await fails(client.events({ follow: 'yes' } as object), 'INVALID_ARGUMENT', 'true or false');
      const other = await serve.connect({ name: 'strict' });
      await other.close();
      await fails(other.events(), 'CLIENT_CLOSED');
      await fails(() => other.events({ follow: true }), 'CLIENT_CLOSED');
    },
    { name: 'strict' },
  ),
);

test.run();
