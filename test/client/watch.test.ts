import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { handleOf, until, withInstance } from '../support/instance.ts';

const test = suite('watch');

const noReplicas = { config: { numReplicas: 0 } };

test(
  'the first snapshot comes at once, the next when something has changed, and only the newest',
  withInstance(async (client) => {
    const watch = client.watch();
    const first = await watch.next();
    assert.equal(Object.keys(first.value.backends), []);
    const second = watch.next();
    for (let i = 0; i < 5; i++) await client.createBackend(`b${i}`, () => 1, noReplicas);
    await second;
    const { value } = await watch.next();
    assert.is(Object.keys(value.backends).length, 5, 'the changes in between are not told one by one');
    await watch.return?.();
  }),
);

test(
  'traffic alone is told, too',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'x', () => 1);
    const watch = client.watch();
    await watch.next();
    await handle.remote();
    let rate = 0;
    for await (const status of watch) {
      rate = status.endpoints.x?.stats.rate ?? 0;
      if (rate > 0) break;
    }
    assert.ok(rate > 0);
  }),
);

test(
  'return() ends a next() that waits, and the iteration',
  withInstance(async (client) => {
    const watch = client.watch();
    await watch.next();
    const waiting = watch.next();
    assert.equal(await watch.return?.(), { done: true, value: undefined });
    assert.equal(await waiting, { done: true, value: undefined });
    assert.equal(await watch.next(), { done: true, value: undefined });
  }),
);

test(
  'it ends with close() of its client, and with shutdown() by any client',
  withInstance(
    async (client) => {
      const other = await serve.connect({ name: 'watched' });
      const drained = async (watcher: serve.Client) => {
        let count = 0;
        for await (const _status of watcher.watch()) count++;
        return count;
      };
      const third = await serve.connect({ name: 'watched' });
      const [ofThird, ofOther] = [drained(third), drained(other)];
      await until(async () => (await client.status()).instance.name === 'watched', 'a turn');
      await third.close();
      assert.ok((await ofThird) >= 1);
      await client.shutdown();
      assert.ok((await ofOther) >= 1);
    },
    { name: 'watched' },
  ),
);

test.run();
