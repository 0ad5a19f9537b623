import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, until, withInstance } from '../support/instance.ts';

const test = suite('client.traces()');

type Traces = readonly serve.QueryTrace[];

const idsOf = (traces: Traces): string[] => traces.map(({ requestId }) => requestId);

async function take(traces: AsyncIterator<serve.QueryTrace>, count: number): Promise<serve.QueryTrace[]> {
  const taken: serve.QueryTrace[] = [];
  while (taken.length < count) {
    const { done, value } = await traces.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

/** Calls it so often, one after the other; resolves with their request ids. */
async function called(handle: serve.Handle, times: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < times; i++) {
    const ref = handle.remote();
    await ref;
    ids.push(ref.requestId ?? '');
  }
  return ids;
}

test(
  'the newest come oldest first, each as trace() tells it, and no more than asked for',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'echo', () => 1);
    assert.equal(await client.traces(), []);
    const ids = await called(handle, 25);
    assert.equal(idsOf(await client.traces()), ids.slice(-20));
    assert.equal(idsOf(await client.traces({ count: 1000 })), ids);
    assert.equal(await client.traces({ count: 0 }), []);
    const [last, ...others] = await client.traces({ count: 1 });
    assert.is(others.length, 0);
    assert.equal([last], await client.trace(ids.at(-1) ?? ''));
    assert.equal([last?.endpoint, last?.replica, last?.outcome, last?.number], ['echo', 'echo#1', 'ok', 24]);
  }),
);

test(
  'more than a page of the newest are told at once',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'echo', () => 1);
    const refs = Array.from({ length: 1200 }, () => handle.remote());
    await Promise.all(refs);
    const traces = await client.traces({ count: 1000 });
    assert.is(traces.length, 1000);
    assert.is(new Set(idsOf(traces)).size, 1000);
    const follower = client.traces({ count: 1000, follow: true });
    assert.equal(idsOf(await take(follower, 1000)), idsOf(traces));
    await follower.return?.();
  }),
);

test(
  'they stand in the order of their ends, failures among them, and what is under way is not there',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'x', (request) => {
      if (request.data === 'fail') throw new TypeError('no');
      return request.data === 'wait' ? new Promise(() => {}) : 1;
    });
    const first = handle.remote('wait');
    await until(async () => (await client.status()).replicas[0]?.ongoing === 1, 'it to have started');
    const [second] = await called(handle, 1);
    const failing = handle.remote('fail');
    await fails(failing, 'BACKEND_ERROR');
    assert.equal(idsOf(await client.traces()), [second, failing.requestId]);
    first.cancel();
    await until(async () => (await client.traces()).length === 3, 'the first to have ended');
    const traces = await client.traces();
    assert.equal(idsOf(traces), [second, failing.requestId, first.requestId]);
    assert.equal(
      traces.map(({ outcome }) => outcome),
      ['ok', 'BACKEND_ERROR', 'CANCELLED'],
    );
    assert.equal(
      traces.map(({ number }) => number),
      [1, 2, 0],
    );
  }),
);

test(
  'those of one endpoint are picked out, and one that there is not is refused',
  withInstance(async (client) => {
    const one = await handleOf(client, 'one', () => 1);
    const two = await handleOf(client, 'two', () => 2);
    const wanted = await called(one, 2);
    await called(two, 30);
    wanted.push(...(await called(one, 1)));
    await called(two, 1);
    assert.equal(idsOf(await client.traces({ endpoint: 'one' })), wanted);
    assert.equal(idsOf(await client.traces({ endpoint: 'one', count: 2 })), wanted.slice(-2));
    await fails(client.traces({ endpoint: 'tow' }), 'ENDPOINT_NOT_FOUND', "'tow'");
    await fails(client.traces({ endpoint: 'none', count: 0 }), 'ENDPOINT_NOT_FOUND');
    await fails(client.traces({ endpoint: 'none', follow: true }).next(), 'ENDPOINT_NOT_FOUND');
    await client.deleteEndpoint('one');
    await fails(client.traces({ endpoint: 'one' }), 'ENDPOINT_NOT_FOUND');
  }),
);

test(
  'a copy stands with its original, pending while it is under way, and is none of its own',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'own', () => 'own');
    await client.createBackend('copy', () => new Promise(() => {}));
    await client.createBackend('quick', () => 'quick');
    await client.shadowTraffic('own', 'copy', 1);
    await client.shadowTraffic('own', 'quick', 1);
    const [id] = await called(handle, 1);
    const shadows = async (): Promise<unknown[]> => {
      const [trace, ...others] = await client.traces();
      assert.equal([trace?.requestId, others], [id, []]);
      return (trace?.shadows ?? []).map(({ backend, copy }) => [backend, copy?.outcome]);
    };
    await until(async () => JSON.stringify(await shadows()).includes('["quick","ok"]'), 'the quick copy');
    assert.equal(await shadows(), [
      ['copy', 'pending'],
      ['quick', 'ok'],
    ]);
    await client.shadowTraffic('own', 'copy', 0);
    await client.deleteBackend('copy', { force: true });
    await until(async () => !JSON.stringify(await shadows()).includes('pending'), 'the other copy to have ended');
  }),
);

test(
  'a follower gets the newest, then each one to come, of its endpoint alone',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'mine', () => 1);
    const other = await handleOf(client, 'other', () => 2);
    const [, before] = await called(handle, 2);
    const all = client.traces({ count: 0, follow: true });
    const ofAll = take(all, 4);
    const follower = client.traces({ endpoint: 'mine', count: 1, follow: true });
    assert.equal(idsOf(await take(follower, 1)), [before]);
    const next = take(follower, 2);
    // From some moment on, of which nothing tells, all of them are met.
    const met = { isDone: false };
    void ofAll.then(() => {
      met.isDone = true;
    });
    await until(async () => (await called(other, 1)).length === 1 && met.isDone, 'the one of all to have met four');
    const ids = await called(handle, 2);
    assert.equal(idsOf(await next), ids);
    const both = Promise.all([follower.next(), follower.next()]);
    const more = await called(handle, 2);
    assert.equal(
      (await both).map(({ value }) => value.requestId),
      more,
      'two that wait at once get one each',
    );
    await Promise.all([all.return?.(), follower.return?.()]);
  }),
);

test(
  'a slow reader meets a sample, and sees by the numbers how many it has missed',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'echo', () => 1);
    const follower = client.traces({ follow: true });
    await called(handle, 1);
    assert.equal(
      (await take(follower, 1)).map(({ number }) => number),
      [0],
    );
    await called(handle, 250);
    assert.equal(
      (await take(follower, 100)).map(({ number }) => number),
      Array.from({ length: 100 }, (_, at) => 151 + at),
    );
    const next = follower.next();
    await called(handle, 1);
    assert.is((await next).value.number, 251);
    await follower.return?.();
  }),
);

test(
  'an endpoint that goes and comes back is followed on',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'echo', () => 1);
    const follower = client.traces({ endpoint: 'echo', follow: true });
    const [first] = await called(handle, 1);
    assert.equal(idsOf(await take(follower, 1)), [first]);
    const next = follower.next();
    await client.deleteEndpoint('echo');
    await client.createEndpoint('echo', { backend: 'echo' });
    const [second] = await called(handle, 1);
    assert.is((await next).value.requestId, second);
    await follower.return?.();
  }),
);

test(
  'a follower ends with return(), with close() and with shutdown() by any client',
  withInstance(
    async (client) => {
      const drained = async (watcher: serve.Client): Promise<string> => {
        for await (const _ of watcher.traces({ follow: true }));
        return 'ended';
      };
      const own = client.traces({ follow: true });
      const waiting = own.next();
      await own.return?.();
      assert.equal(await waiting, { done: true, value: undefined });
      const [other, third] = [await serve.connect({ name: 'tailed' }), await serve.connect({ name: 'tailed' })];
      const [ofOther, ofThird] = [drained(other), drained(third)];
      await third.close();
      assert.is(await ofThird, 'ended');
      await client.shutdown();
      assert.is(await ofOther, 'ended');
    },
    { name: 'tailed' },
  ),
);

test(
  'nonsense is refused, and so is a client that was closed',
  withInstance(
    async (client) => {
      for (const count of [-1, 1.5, 1001, '5', Number.NaN]) {
        await fails(client.traces({ count } as object), 'INVALID_ARGUMENT', 'an integer from 0 to 1000');
      }
      await fails(client.traces({ endpiont: 'x' } as object), 'INVALID_ARGUMENT', "did you mean 'endpoint'");
      await fails(client.traces({ endpoint: '../x' }), 'INVALID_ARGUMENT', 'endpoint name');
      await fails(client.traces({ follow: 'yes' } as object), 'INVALID_ARGUMENT', 'true or false');
      await fails(() => client.traces({ count: 1001, follow: true }), 'INVALID_ARGUMENT', '1001');
      const other = await serve.connect({ name: 'strict-traces' });
      await other.close();
      await fails(other.traces(), 'CLIENT_CLOSED');
      await fails(() => other.traces({ follow: true }), 'CLIENT_CLOSED');
    },
    { name: 'strict-traces' },
  ),
);

test.run();
