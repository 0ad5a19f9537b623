import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, failureOf, handleOf, withInstance } from './support/instance.ts';
import { inlineOnly } from './support/instance-elsewhere.ts';
import { inThreadsAndProcesses } from './support/isolations.ts';
import { slowOf } from './support/slow.ts';

const test = inThreadsAndProcesses(suite('object references'));

test(
  'a reference is awaited, chained and caught like a promise',
  withInstance(async (client) => {
    const { handle } = await slowOf(client);
    const ref = handle.remote(7);
    assert.instance(ref, serve.ObjectRef);
    assert.is(await ref, 7);
    assert.is(await ref, 7);
    assert.is(await ref.then((value) => value + 1), 8);
    assert.is(await handle.remote('fail').catch((error) => (error as serve.ServeError).code), 'BACKEND_ERROR');
    let isOver = false;
    await handle.remote(1).finally(() => {
      isOver = true;
    });
    assert.ok(isOver);
    assert.equal(await Promise.all([handle.remote(1), handle.remote(2)]), [1, 2]);
  }),
);

test(
  'get gives one result, or several in their order',
  withInstance(async (client) => {
    const { handle, finish } = await slowOf(client);
    assert.is(await serve.get(handle.remote('a')), 'a');
    const refs = [handle.remote('wait 1'), handle.remote('b'), handle.remote('wait 2')];
    const results = serve.get(refs);
    await finish('2');
    await finish('1');
    assert.equal(await results, ['1', 'b', '2']);
    assert.equal(await serve.get([]), []);
  }),
);

test(
  'get rejects as soon as one fails, and with TIMEOUT when the time is up; the query goes on',
  withInstance(async (client) => {
    const { handle, finish } = await slowOf(client);
    const waiting = handle.remote('wait w');
    await fails(serve.get([waiting, handle.remote('fail')]), 'BACKEND_ERROR', 'no such word');
    await fails(serve.get(waiting, { timeoutMs: 5 }), 'TIMEOUT', '5 ms', 'cancel()');
    await finish('w');
    assert.is(await waiting, 'w');
    assert.is(await serve.get(waiting, { timeoutMs: 1000 }), 'w');
  }),
);

test(
  'get and wait refuse what they cannot mean',
  withInstance(async (client) => {
    const { handle } = await slowOf(client);
    const ref = handle.remote(1);
    await fails(serve.get(undefined as never), 'INVALID_ARGUMENT', 'reference', 'undefined');
    await fails(serve.get('ref' as never), 'INVALID_ARGUMENT', 'reference');
    await fails(serve.get([ref, 5] as never), 'INVALID_ARGUMENT', 'reference');
    for (const timeoutMs of [-1, Number.NaN, '5', null, Number.POSITIVE_INFINITY, 2 ** 31]) {
      await fails(serve.get(ref, { timeoutMs } as never), 'INVALID_ARGUMENT', 'timeoutMs');
      await fails(serve.wait([ref], { timeoutMs } as never), 'INVALID_ARGUMENT', 'timeoutMs');
    }
    await fails(serve.get(ref, { timeout: 5 } as never), 'INVALID_ARGUMENT', "did you mean 'timeoutMs'?");
    await fails(serve.get(ref, 5 as never), 'INVALID_ARGUMENT', 'plain object');
    await fails(serve.wait([ref], { num_returns: 1 } as never), 'INVALID_ARGUMENT', "did you mean 'numReturns'?");
    await fails(serve.wait(ref as never), 'INVALID_ARGUMENT', 'array');
    await fails(serve.wait([5] as never), 'INVALID_ARGUMENT', 'reference');
    for (const numReturns of [0, 2, 1.5, '1', null]) {
      await fails(serve.wait([ref], { numReturns } as never), 'INVALID_ARGUMENT', 'numReturns', 'from 1 to 1');
    }
  }),
);

test(
  'wait tells ready from pending in the order given, and never rejects',
  withInstance(async (client) => {
    const { handle, finish } = await slowOf(client);
    const [a, failed, b] = [handle.remote('wait a'), handle.remote('fail'), handle.remote('wait b')];
    assert.equal(await serve.wait([a, failed, b]), { ready: [failed], pending: [a, b] });
    assert.equal(await serve.wait([a, b], { timeoutMs: 0 }), { ready: [], pending: [a, b] });
    await finish('b');
    assert.equal(await serve.wait([a, failed, b], { numReturns: 2 }), { ready: [failed, b], pending: [a] });
    await finish('a');
    const all = await serve.wait([a, failed, b], { numReturns: 3 });
    assert.equal(all.pending, []);
    assert.ok(all.ready.every((ref, i) => ref === [a, failed, b][i]));
  }),
);

test(
  'wait counts a reference given twice twice',
  withInstance(async (client) => {
    const { handle } = await slowOf(client);
    const ref = handle.remote(1);
    assert.is((await serve.wait([ref, ref], { numReturns: 2 })).ready.length, 2);
    const { ready, pending } = await serve.wait([ref, ref]);
    assert.equal([ready.length, pending.length], [1, 1]);
  }),
);

test(
  'cancel before the start takes the query back, after it aborts the signal; a result stays',
  withInstance(async (client) => {
    class Watcher {
      started: unknown[] = [];
      reasons: unknown[] = [];
      tell: (() => void) | null = null;
      call(request: serve.ServeRequest): unknown {
        this.started.push(request.data);
        return new Promise((resolve) => {
          request.signal.addEventListener('abort', () => {
            this.reasons.push((request.signal.reason as { code: unknown }).code);
            this.tell?.();
            resolve('too late');
          });
        });
      }
      async seen(): Promise<unknown> {
        if (this.reasons.length === 0) await new Promise<void>((resolve) => (this.tell = resolve));
        return { started: this.started, reasons: this.reasons };
      }
    }
    const handle = await handleOf(client, 'w', Watcher, { config: { maxConcurrentQueries: 2 } });
    const never = handle.remote('never');
    never.cancel();
    await fails(never, 'CANCELLED', 'cancelled');
    const first = handle.remote('first');
    const seen = handle.options({ methodName: 'seen' }).remote();
    first.cancel();
    first.cancel();
    await fails(first, 'CANCELLED');
    // Whether the first had started when it was cancelled is the replica's to say; nothing else may have.
    const second = handle.remote('second');
    setImmediate(() => second.cancel());
    await fails(second, 'CANCELLED');
    const third = handle.remote('third');
    const { replicas } = await client.status();
    assert.is(replicas.length, 1);
    while (((await client.status()).replicas[0]?.ongoing ?? 0) < 2)
      await new Promise((resolve) => setImmediate(resolve));
    third.cancel();
    await fails(third, 'CANCELLED');
    const { started, reasons } = (await seen) as { started: string[]; reasons: string[] };
    assert.not.ok(started.includes('never'));
    assert.ok(reasons.every((reason) => reason === 'CANCELLED') && reasons.length > 0);
    const done = await slowOf(client);
    const ref = done.handle.remote(1);
    assert.is(await ref, 1);
    ref.cancel();
    assert.is(await ref, 1);
  }),
);

test(
  'a failed reference that nobody awaits is no unhandled rejection',
  withInstance(async (client) => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      const { handle } = await slowOf(client);
      handle.remote('fail');
      handle.remote('wait x').cancel();
      const missing = await client.getHandle('missing', { missingOk: true });
      missing.remote();
      handle.remote([handle.remote('fail')]);
      await failureOf(handle.remote('fail'));
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(unhandled, []);
    } finally {
      process.off('unhandledRejection', note);
    }
  }),
);

inlineOnly(test)(
  'get() of a reference throws SYNC_NOT_POSSIBLE in the thread that hosts the instance; awaiting works',
  withInstance(async (client) => {
    const { handle } = await slowOf(client);
    const plain = handle.remote(1);
    await fails(() => plain.get(), 'SYNC_NOT_POSSIBLE', 'await', 'sync: true');
    const sync = (await client.getHandle('slow', { sync: true })).remote(2);
    await fails(() => sync.get(), 'SYNC_NOT_POSSIBLE', 'await');
    assert.is(await sync, 2);
    assert.is(sync.get(), 2);
    assert.is(await plain, 1);
  }),
);

test.run();
