import { spawn } from 'node:child_process';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, until, withInstance } from '../support/instance.ts';

const test = suite('client.trial()');

/** Calls until it is told to stop, so that a trial has something to see. */
async function whileCalling<T>(call: (n: number) => PromiseLike<unknown>, work: PromiseLike<T>): Promise<T> {
  let isOver = false;
  const calling = (async () => {
    for (let n = 0; !isOver; n++) await call(n);
  })();
  try {
    return await work;
  } finally {
    isOver = true;
    await calling;
  }
}

/** The trial has begun: its copies are made from now on. */
const begun = (client: serve.Client): Promise<void> =>
  until(async () => (await client.events()).some(({ type }) => type === 'trial.started'), 'the trial to begin');

const old = (request: serve.ServeRequest) => ({
  label: 'cat',
  boxes: [{ x: 1, score: 0.5 }],
  n: request.data ?? Number(request.queryParams.get('n')),
});

test(
  'equal answers are equal, by handle and over HTTP, and nothing else is changed',
  withInstance(async (client, url) => {
    const handle = await handleOf(client, 'v1', old);
    await client.createBackend('v2', old);
    const before = [await client.listEndpoints(), (await client.history()).length];
    for (const call of [
      (n: number) => handle.remote(n),
      (n: number) => fetch(`${url}/v1?n=${n}`).then((r) => r.text()),
    ]) {
      const result = await whileCalling(call, client.trial('v1', 'v2', { count: 20 }));
      assert.equal([result.endpoint, result.backend, result.endedBy], ['v1', 'v2', 'count']);
      assert.equal([result.compared, result.equal, result.different, result.streams], [20, 20, 0, 0]);
      assert.equal([result.fields, result.errors], [[], { old: {}, new: {} }]);
      for (const { p50Ms, p95Ms, p99Ms } of [result.latency.old, result.latency.new]) {
        assert.ok(p50Ms !== null && p95Ms !== null && p99Ms !== null && p50Ms <= p95Ms && p95Ms <= p99Ms);
      }
      assert.equal(structuredClone(result), result, 'plain data');
    }
    assert.equal([await client.listEndpoints(), (await client.history()).length], before);
    const told = (await client.events()).filter(({ type }) => type.startsWith('trial'));
    assert.equal(
      told.map(({ type }) => type),
      ['trial.started', 'trial.ended', 'trial.started', 'trial.ended'],
    );
  }),
);

test(
  'the fields that differ are told with how often, and an example that trace() knows',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'v1', old);
    await client.createBackend('v2', (request: serve.ServeRequest) => ({
      label: request.data % 2 === 0 ? 'cat' : 'dog',
      boxes: [{ x: 1, score: 0.5004 }],
      n: request.data,
      extra: true,
    }));
    const trial = client.trial('v1', 'v2', { count: 40 });
    await begun(client);
    for (let n = 0; n < 40; n++)
      assert.equal(await handle.remote(n), { label: 'cat', boxes: [{ x: 1, score: 0.5 }], n });
    const { fields, different, compared } = await trial;
    assert.equal([compared, different], [40, 40]);
    assert.equal(
      fields.map(({ requestId, ...field }) => field),
      [
        { field: 'boxes[].score', count: 40, path: 'boxes[0].score', old: 0.5, new: 0.5004 },
        { field: 'extra', count: 40, path: 'extra', old: undefined, new: true },
        { field: 'label', count: 20, path: 'label', old: 'cat', new: 'dog' },
      ],
    );
    const [trace] = await client.trace(fields[2]?.requestId ?? '');
    assert.is(trace?.backend, 'v1');
    assert.equal(
      trace?.shadows.map(({ backend, proportion, copy }) => [backend, proportion, copy?.outcome]),
      [['v2', null, 'ok']],
    );
    const within = (tolerance: serve.TrialGiven['tolerance']) =>
      whileCalling(
        () => handle.remote(0),
        client.trial('v1', 'v2', { count: 5, ...(tolerance !== undefined && { tolerance }) }),
      );
    for (const tolerance of [0.001, { relative: 0.001 }, { absolute: 0.0005 }]) {
      assert.equal(
        (await within(tolerance)).fields.map(({ field }) => field),
        ['extra'],
      );
    }
    assert.is((await within({ absolute: 0.0001 })).fields.length, 2);
  }),
);

test(
  'a function of the user compares instead, here, with the request',
  withInstance(async (client, url) => {
    const handle = await handleOf(client, 'v1', async (request) => ({
      at: 1,
      n: request.data ?? (await request.text()),
    }));
    await client.createBackend('v2', async (request) => ({ at: 2, n: request.data ?? (await request.text()) }));
    const seen: serve.TriedRequest[] = [];
    const compare: serve.CompareAnswers = async (a, b, request) => {
      seen.push(request);
      return a.at === 1 && b.at === 2 && a.n === b.n && a.n !== 3;
    };
    const trial = client.trial('v1', 'v2', { count: 11, compare });
    await begun(client);
    for (let n = 0; n < 10; n++) await handle.remote(n, { n });
    await (await fetch(`${url}/v1?x=1`, { method: 'POST', body: 'posted' })).text();
    const { equal, different, fields } = await trial;
    assert.equal([equal, different], [10, 1]);
    assert.equal(
      fields.map((found) => [found.field, found.old, found.new]),
      [['(answer)', { at: 1, n: 3 }, { at: 2, n: 3 }]],
    );
    const byHandle = seen.find(({ data }) => data === 4);
    assert.equal([byHandle?.source, byHandle?.queryParams, byHandle?.url], ['handle', { n: 4 }, 'serve://v1']);
    const overHttp = seen.find(({ source }) => source === 'http');
    assert.equal([overHttp?.method, overHttp?.url], ['POST', '/v1?x=1']);
    assert.is(new TextDecoder().decode(overHttp?.body ?? undefined), 'posted');
    const thrown = whileCalling(
      () => handle.remote(1),
      client.trial('v1', 'v2', {
        compare: () => {
          throw new TypeError('my own mistake');
        },
      }),
    );
    const error = await thrown.then(
      () => null,
      (reason) => reason,
    );
    assert.instance(error, TypeError);
    const vague = client.trial('v1', 'v2', { compare: (() => 'yes') as never });
    await fails(
      whileCalling(() => handle.remote(1), vague),
      'INVALID_ARGUMENT',
      'true or false',
    );
  }),
);

test(
  'errors on either side, statuses, types and streams',
  withInstance(async (client, url) => {
    const handle = await handleOf(client, 'v1', (request) => {
      switch (request.data ?? request.queryParams.get('case')) {
        case 'both':
          throw new TypeError('both');
        case 'old':
          throw new RangeError('old');
        case 'status':
          return new Response('x', { status: 201, headers: { 'X-Model': 'v1' } });
        case 'text':
          return 'plain';
        case 'stream':
          return new Blob(['in motion']).stream();
        default:
          return 'ok';
      }
    });
    await client.createBackend('v2', (request: serve.ServeRequest) => {
      switch (request.data ?? request.queryParams.get('case')) {
        case 'both':
          throw new TypeError('in other words');
        case 'new':
          throw new RangeError('new');
        case 'status':
          return new Response('x', { status: 202, headers: { 'X-Model': 'v2' } });
        case 'text':
          return { json: true };
        case 'stream':
          return new Blob(['in motion']).stream();
        default:
          return 'ok';
      }
    });
    const trial = client.trial('v1', 'v2', { count: 8 });
    await begun(client);
    for (const data of ['both', 'old', 'new', 'fine']) await handle.remote(data).catch(() => {});
    for (const name of ['both', 'status', 'text', 'stream']) await (await fetch(`${url}/v1?case=${name}`)).text();
    const { fields, errors, equal, different, streams } = await trial;
    assert.equal([equal, different, streams], [4, 4, 2]);
    assert.equal(errors, { old: { BACKEND_ERROR: 3 }, new: { BACKEND_ERROR: 3 } });
    const told = Object.fromEntries(fields.map((found) => [found.field, [found.count, found.old, found.new]]));
    assert.is(told['(outcome)']?.[0], 2);
    assert.equal(told['(status)'], [1, 201, 202]);
    assert.equal(told['(header x-model)'], [1, 'v1', 'v2']);
    assert.is(told['(content type)']?.[0], 1);
    assert.is(fields.length, 4, JSON.stringify(fields));
  }),
);

test(
  'callers get their own answers at once, whatever the other backend does; what has not come is counted',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'v1', (request) => request.data);
    await client.createBackend('v2', () => new Promise(() => {}));
    const progress: serve.TrialResult[] = [];
    const trial = client.trial('v1', 'v2', { count: 30, timeoutMs: 1000, onProgress: (so) => void progress.push(so) });
    await begun(client);
    for (let n = 0; n < 50; n++) assert.is(await handle.remote(n), n);
    const result = await trial;
    assert.equal([result.endedBy, result.compared, result.leftOut.unanswered], ['timeout', 0, 30]);
    assert.equal(result.latency.new, { p50Ms: null, p95Ms: null, p99Ms: null });
    assert.ok(progress.length >= 2 && progress[0]?.endedBy === null && progress.at(-1)?.endedBy === 'timeout');
    assert.is((await client.status()).endpoints.v1?.stats.errorRate, 0);
  }),
);

test(
  'a caller who gives up, and answers that are too large, are left out and counted',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'v1', (request) => {
      if (request.data === 'wait') return new Promise(() => {});
      return request.data === 'large' ? 'x'.repeat(2 ** 21) : 'small';
    });
    await client.createBackend('v2', () => 'small');
    const trial = client.trial('v1', 'v2', { count: 1 });
    await begun(client);
    const waiting = handle.remote('wait');
    const isThere = async () => (await client.status()).replicas.some(({ ongoing }) => ongoing > 0);
    await until(isThere, 'it to be there');
    waiting.cancel();
    await fails(waiting, 'CANCELLED');
    await until(async () => !(await isThere()), 'it to be given up');
    assert.is((await handle.remote('large')).length, 2 ** 21);
    const result = await whileCalling(() => handle.remote('small'), trial);
    assert.equal([result.compared, result.equal], [1, 1]);
    assert.equal([result.leftOut.cancelled, result.leftOut.tooLarge], [1, 1]);
  }),
);

test(
  'a signal ends it with what there is, and copies are made no more',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'v1', () => 1);
    await client.createBackend('v2', () => 1);
    await client.shadowTraffic('v1', 'v2', 0.25);
    const stop = new AbortController();
    const onProgress = ({ compared }: serve.TrialResult): void => {
      if (compared >= 10) stop.abort();
    };
    const trial = client.trial('v1', 'v2', { signal: stop.signal, onProgress });
    const result = await whileCalling(() => handle.remote(), trial);
    assert.is(result.endedBy, 'signal');
    assert.ok(result.compared >= 10 && result.equal === result.compared);
    assert.equal((await client.listEndpoints()).v1?.shadows, { v2: 0.25 }, 'the shadow is as it was');
    await client.shadowTraffic('v1', 'v2', 0);
    const ref = handle.remote();
    await ref;
    assert.equal((await client.trace(ref.requestId ?? ''))[0]?.shadows, []);
  }),
);

test(
  'only the proportion asked for is copied, and not what the split gives to the backend itself',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'v1', () => 'v1');
    await client.createBackend('v2', () => 'v2');
    await client.createBackend('v3', () => 'v3');
    await client.setTraffic('v1', { v1: 0.5, v2: 0.5 });
    await client.shadowTraffic('v1', 'v3', 1);
    const stop = new AbortController();
    const trial = client.trial('v1', 'v2', { shadow: 0.5, signal: stop.signal });
    await begun(client);
    const refs = Array.from({ length: 1000 }, () => handle.remote());
    await serve.get(refs);
    stop.abort();
    const { compared, fields } = await trial;
    // A quarter of them; five standard deviations around it.
    assert.ok(Math.abs(compared - 250) < 5 * Math.sqrt((1000 * 3) / 16), `${compared} were compared`);
    assert.equal(
      fields.map((found) => [found.field, found.count, found.old, found.new]),
      [['(answer)', compared, 'v1', 'v2']],
    );
  }),
);

test(
  'it ends with its client, with another instance going on for the others, and with the backend',
  withInstance(
    async (client) => {
      const handle = await handleOf(client, 'v1', () => 1);
      await client.createBackend('v2', () => 1);
      const other = await serve.connect({ name: 'tried' });
      const closed = fails(other.trial('v1', 'v2'), 'CLIENT_CLOSED', 'nothing was changed');
      await begun(client);
      await other.close();
      await closed;
      await until(async () => (await client.events()).at(-1)?.type === 'trial.ended', 'it ends');
      const trial = client.trial('v1', 'v2');
      await until(async () => (await client.events()).at(-1)?.type === 'trial.started', 'the next begins');
      await fails(client.trial('v1', 'v2'), 'INVALID_ARGUMENT', 'on trial', 'already');
      await client.deleteBackend('v2');
      assert.is((await trial).endedBy, 'gone');
      assert.is(await handle.remote(), 1);
    },
    { name: 'tried' },
  ),
);

test(
  'it ends when the process of its client is killed',
  withInstance(
    async (client) => {
      await handleOf(client, 'v1', () => 1);
      await client.createBackend('v2', () => 1);
      const script = `
        import * as serve from 'servelab';
        const client = await serve.connect({ name: 'orphaned' });
        await client.trial('v1', 'v2');
      `;
      const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' });
      try {
        await begun(client);
      } finally {
        child.kill('SIGKILL');
      }
      await until(async () => (await client.events()).at(-1)?.type === 'trial.ended', 'it to end');
    },
    { name: 'orphaned' },
  ),
);

test(
  'nonsense is refused before anything begins',
  withInstance(async (client) => {
    await handleOf(client, 'v1', () => 1);
    await client.createBackend('v2', () => 1);
    await fails(client.trial('none', 'v2'), 'ENDPOINT_NOT_FOUND', 'none');
    await fails(client.trial('v1', 'v3'), 'BACKEND_NOT_FOUND', 'v3');
    await fails(client.trial('v1', 'v1'), 'INVALID_ARGUMENT', 'nothing to compare');
    await fails(client.trial('v1', 'v2', { shadow: 0 }), 'INVALID_ARGUMENT', 'shadow');
    await fails(client.trial('v1', 'v2', { shadow: 1.5 }), 'INVALID_ARGUMENT', '1.5');
    await fails(client.trial('v1', 'v2', { count: 0 }), 'INVALID_ARGUMENT', 'count');
    await fails(client.trial('v1', 'v2', { tolerance: -1 }), 'INVALID_ARGUMENT', 'tolerance');
    await fails(client.trial('v1', 'v2', { tolerance: { relativ: 1 } as object }), 'INVALID_ARGUMENT', 'relative');
    await fails(client.trial('v1', 'v2', { compare: 1 as never }), 'INVALID_ARGUMENT', 'compare');
    await fails(client.trial('v1', 'v2', { onProgres: 1 } as object), 'INVALID_ARGUMENT', 'onProgress');
    assert.not((await client.events()).some(({ type }) => type === 'trial.started'));
  }),
);

test.run();
