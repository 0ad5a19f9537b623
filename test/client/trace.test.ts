import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseByShardKey } from '../../lib/domain/shard-key.ts';
import { chooseBackend } from '../../lib/domain/traffic-policy.ts';
import { fails, handleOf, until, withInstance } from '../support/instance.ts';
import { inlineOnly } from '../support/instance-elsewhere.ts';

const test = suite('client.trace()');

/** The only query of this request. */
async function only(client: serve.Client, id: string | null): Promise<serve.QueryTrace> {
  const [trace, ...others] = await client.trace(id ?? '');
  if (!trace || others.length > 0) throw new Error(`${id}: ${others.length + 1} queries`);
  return trace;
}

const isMs = (value: number | null): boolean => value !== null && value >= 0 && value < 60_000;

test(
  'a request over HTTP is known by its X-Request-Id, and a call by the id of its reference',
  withInstance(async (client, url) => {
    const handle = await handleOf(client, 'echo', (request) => request.id);
    const before = Date.now();
    const response = await fetch(`${url}/echo`, { headers: { 'X-Request-Id': 'mine-1' } });
    assert.is(await response.text(), 'mine-1');
    const ref = handle.remote();
    const id = await ref;
    assert.is(ref.requestId, id);
    for (const known of ['mine-1', id]) {
      const trace = await only(client, known);
      assert.is(trace.requestId, known);
      assert.is(trace.endpoint, 'echo');
      assert.is(trace.backend, 'echo');
      assert.is(trace.replica, 'echo#1');
      assert.is(trace.router, 'instance');
      assert.is(trace.outcome, 'ok');
      assert.equal([trace.givenBack, trace.lineage, trace.calledBy, trace.shadows], [[], [], [], []]);
      assert.equal(trace.traffic, { echo: 1 });
      assert.is(trace.draw, null, 'nothing was to be drawn');
      assert.ok(Math.abs(Date.parse(trace.at) - before) < 60_000, trace.at);
      const { queuedAtRouterMs, queuedAtReplicaMs, processingMs, totalMs } = trace;
      for (const ms of [queuedAtRouterMs, queuedAtReplicaMs, processingMs, totalMs]) assert.ok(isMs(ms), `${ms}`);
      assert.ok((totalMs ?? 0) >= (processingMs ?? 0));
    }
  }),
);

test(
  'it says by which draw or which shard key the split of that moment chose the backend',
  withInstance(async (client, url) => {
    const handle = await handleOf(client, 'v1', () => 'v1');
    await client.createBackend('v2', () => 'v2');
    const split = { v1: 0.3, v2: 0.7 };
    await client.setTraffic('v1', split);
    const refs = Array.from({ length: 50 }, () => handle.remote());
    const answers = await serve.get(refs);
    const policy = { weights: Object.entries(split) };
    const keyed = handle.options({ shardKey: 'ada' }).remote();
    const answer = await keyed;
    await fetch(`${url}/v1`, { headers: { 'X-Request-Id': 'keyed', 'X-SERVE-SHARD-KEY': 'bob' } });
    await client.setTraffic('v1', { v2: 1 });
    for (const [at, ref] of refs.entries()) {
      const { draw, backend, traffic, shardKey } = await only(client, ref.requestId);
      assert.equal(traffic, split);
      assert.is(shardKey, null);
      assert.ok(draw !== null && draw >= 0 && draw < 1);
      assert.is(backend, answers[at]);
      assert.is(chooseBackend(policy, draw), backend);
    }
    const trace = await only(client, keyed.requestId);
    assert.equal([trace.shardKey, trace.draw, trace.backend], ['ada', null, answer]);
    const overHttp = await only(client, 'keyed');
    assert.equal([overHttp.shardKey, overHttp.backend], ['bob', chooseByShardKey(policy, 'bob')]);
  }),
);

test(
  'it tells each shadow with its draw, and where the copies that were drawn went',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'own', () => 'own');
    await client.createBackend('always', () => 'copy');
    await client.createBackend('broken', () => {
      throw new Error('broken');
    });
    await client.createBackend('rare', () => 'rare');
    await client.shadowTraffic('own', 'always', 1);
    await client.shadowTraffic('own', 'broken', 1);
    await client.shadowTraffic('own', 'rare', 1e-9);
    const ref = handle.remote();
    await ref;
    const outcomes = async (): Promise<unknown[]> =>
      (await only(client, ref.requestId)).shadows.map(({ copy }) => copy?.outcome ?? null);
    await until(async () => !(await outcomes()).includes('pending'), 'the copies to have ended');
    const { shadows, outcome } = await only(client, ref.requestId);
    assert.is(outcome, 'ok');
    assert.equal(
      shadows.map(({ backend, proportion, copy }) => [backend, proportion, copy?.replica, copy?.outcome]),
      [
        ['always', 1, 'always#1', 'ok'],
        ['broken', 1, 'broken#1', 'BACKEND_ERROR'],
        ['rare', 1e-9, undefined, undefined],
      ],
    );
    for (const { draw, proportion, copy } of shadows) assert.is(copy !== null, (draw ?? 1) < (proportion ?? 0));
  }),
);

test(
  'failures, deadlines and cancelled calls are told, and one that waits is pending',
  withInstance(async (client, url) => {
    const handle = await handleOf(client, 'x', (request) => {
      if (request.data === 'wait') return new Promise(() => {});
      throw new TypeError('no');
    });
    await client.updateBackendConfig('x', { maxConcurrentQueries: 1, maxQueuedQueries: 1 });
    const failed = handle.remote();
    await fails(failed, 'BACKEND_ERROR');
    assert.is((await only(client, failed.requestId)).outcome, 'BACKEND_ERROR');
    const missing = await fetch(`${url}/x`, { headers: { 'X-SERVE-CALL-METHOD': 'none', 'X-Request-Id': 'm' } });
    assert.is(missing.status, 404);
    assert.is((await only(client, 'm')).outcome, 'METHOD_NOT_FOUND');
    assert.is((await only(client, 'm')).processingMs, null);

    const started = handle.remote('wait');
    await until(async () => (await client.status()).replicas[0]?.ongoing === 1, 'it to have started');
    const waiting = handle.options({ timeoutMs: 60_000 }).remote('wait');
    await until(async () => (await client.status()).backends.x?.queued === 1, 'one to wait');
    const tooMany = handle.remote('wait');
    await fails(tooMany, 'QUEUE_FULL');
    assert.equal((await only(client, tooMany.requestId)).outcome, 'QUEUE_FULL');
    assert.is((await only(client, tooMany.requestId)).replica, null);
    const pending = await only(client, started.requestId);
    assert.equal([pending.outcome, pending.replica, pending.totalMs], ['pending', 'x#1', null]);
    const queued = await only(client, waiting.requestId);
    assert.equal([queued.outcome, queued.replica, queued.queuedAtRouterMs], ['pending', null, null]);
    waiting.cancel();
    started.cancel();
    await until(async () => (await only(client, started.requestId)).outcome !== 'pending', 'they end');
    for (const { requestId } of [started, waiting]) {
      assert.is((await only(client, requestId)).outcome, 'CANCELLED');
    }
    const late = handle.options({ timeoutMs: 20 }).remote('wait');
    await fails(late, 'TIMEOUT');
    const timedOut = await only(client, late.requestId);
    assert.is(timedOut.outcome, 'TIMEOUT');
    assert.ok((timedOut.totalMs ?? 0) >= 19, `${timedOut.totalMs}`);
  }),
);

test(
  'a replica that was full gave it back',
  withInstance(async (client) => {
    // Two routers, each of which believes that there is room: the instance's, and that of a backend that calls.
    const handle = await handleOf(client, 'one', () => new Promise(() => {}), { config: { maxConcurrentQueries: 1 } });
    await client.createBackend('caller', async () => (await (await serve.connect()).getHandle('one')).remote());
    await client.createEndpoint('caller', { backend: 'caller' });
    (await client.getHandle('caller')).remote();
    await until(async () => (await client.status()).replicas.find(({ tag }) => tag === 'one#1')?.ongoing === 1, 'one');
    const ref = handle.remote();
    // A client elsewhere may ask before the query is there.
    const traces = () => client.trace(ref.requestId ?? '').catch(() => []);
    await until(async () => (await traces())[0]?.givenBack.length === 1, 'it is given back');
    const { givenBack, replica, outcome } = await only(client, ref.requestId);
    assert.equal(givenBack, [{ replica: 'one#1', because: 'full' }]);
    assert.equal([replica, outcome], [null, 'pending']);
    ref.cancel();
  }),
);

inlineOnly(test)(
  'a replica that died gave it back, where it may be run again',
  withInstance(async (client) => {
    const board = new Int32Array(new SharedArrayBuffer(4));
    await client.createBackend('mortal', () => {
      if (Atomics.add(board, 0, 1) === 0) process.exit(3);
      return 'alive';
    });
    await client.createEndpoint('mortal', { backend: 'mortal', idempotent: true });
    const ref = (await client.getHandle('mortal')).remote();
    const write = process.stderr.write;
    process.stderr.write = () => true;
    try {
      assert.is(await ref, 'alive');
    } finally {
      process.stderr.write = write;
    }
    const { givenBack, outcome, replica, queuedAtRouterMs } = await only(client, ref.requestId);
    assert.equal(givenBack, [{ replica: 'mortal#1', because: 'died' }]);
    assert.equal([outcome, replica], ['ok', 'mortal#1']);
    assert.ok((queuedAtRouterMs ?? 0) > 0);
  }),
);

test(
  'calls that a request made of other backends are told with it, and theirs',
  withInstance(async (client) => {
    await handleOf(client, 'last', () => 'last');
    await handleOf(client, 'middle', async () => (await (await serve.connect()).getHandle('last')).remote());
    const handle = await handleOf(client, 'first', async () => {
      const middle = await (await serve.connect()).getHandle('middle');
      return (await serve.get([middle.remote(), middle.remote()])).join();
    });
    const ref = handle.remote();
    assert.is(await ref, 'last,last');
    const other = handle.remote();
    await other;
    const traces = await client.trace(ref.requestId ?? '');
    const told = traces.map(({ endpoint, router, lineage, outcome }) => [endpoint, router, lineage.join(' '), outcome]);
    assert.equal(told, [
      ['first', 'instance', '', 'ok'],
      ['middle', 'first#1', 'first#1', 'ok'],
      ['middle', 'first#1', 'first#1', 'ok'],
      ['last', 'middle#1', 'first#1 middle#1', 'ok'],
      ['last', 'middle#1', 'first#1 middle#1', 'ok'],
    ]);
    const ids = traces.map(({ requestId }) => requestId);
    assert.is(new Set(ids).size, 5);
    assert.equal(traces[1]?.calledBy, [ref.requestId]);
    assert.ok(ids.slice(1, 3).includes(traces[3]?.calledBy[0] ?? ''));
    assert.equal(await client.trace(ids[3] ?? ''), [traces[3]], 'a call is known by its own id, too');
  }),
);

test(
  'one batch makes calls for all of its requests',
  withInstance(async (client) => {
    await handleOf(client, 'inner', () => 1);
    const Batched = serve.acceptBatch(async (requests: serve.ServeRequest[]) => {
      await (await (await serve.connect()).getHandle('inner')).remote();
      return requests.map(() => requests.length);
    });
    const handle = await handleOf(client, 'outer', Batched, {
      config: { maxBatchSize: 3, batchWaitTimeoutMs: 10_000 },
    });
    const refs = [handle.remote(), handle.remote(), handle.remote()];
    assert.equal(await serve.get(refs), [3, 3, 3]);
    for (const { requestId } of refs) {
      const [own, call] = await client.trace(requestId ?? '');
      assert.is(own?.endpoint, 'outer');
      assert.is(call?.endpoint, 'inner');
      assert.equal([...(call?.calledBy ?? [])].sort(), refs.map((ref) => ref.requestId).sort());
    }
  }),
);

test(
  'what is not known, or no longer, is refused with what to do',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'x', () => 1);
    await fails(client.trace('never'), 'INVALID_ARGUMENT', "'never'", 'X-Request-Id');
    await fails(client.trace(5 as never), 'INVALID_ARGUMENT', 'requestId');
    const first = handle.remote();
    await first;
    assert.is((await only(client, first.requestId)).outcome, 'ok');
    const second = handle.remote();
    await second;
    for (let left = 2 ** 14 - 2; left > 0; left -= 1000) {
      await serve.get(Array.from({ length: Math.min(left, 1000) }, () => handle.remote()));
    }
    assert.is((await only(client, first.requestId)).outcome, 'ok', 'the oldest that is kept');
    await handle.remote();
    await fails(client.trace(first.requestId ?? ''), 'INVALID_ARGUMENT', 'nothing is known');
    assert.is((await only(client, second.requestId)).outcome, 'ok');
  }),
);

test.run();
