// Calls that a backend makes for its caller: they end with the caller, and leave nothing behind.
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, withInstance } from '../support/instance.ts';
import { inThreadsAndProcesses } from '../support/isolations.ts';
import { Signals } from '../support/signals.ts';

const test = inThreadsAndProcesses(suite('composed calls'));

function withSignals(run: (client: serve.Client, url: string, signals: Signals) => Promise<void>) {
  return withInstance(async (client, url) => {
    const signals = new Signals();
    try {
      await run(client, url, signals);
    } finally {
      signals.close();
    }
  });
}

test(
  'a call made after its caller has gone is cancelled at once',
  withSignals(async (client, _url, signals) => {
    await handleOf(client, 'inner', async ({ data }) => {
      const { ReplicaSignals } = await import('../support/signals.ts');
      new ReplicaSignals(data).say('inner has run');
    });
    const outer = await handleOf(client, 'outer', async (request) => {
      const { ReplicaSignals } = await import('../support/signals.ts');
      const signals = new ReplicaSignals(request.data);
      const inner = await (await serve.connect()).getHandle('inner');
      const gone = new Promise((resolve) => request.signal.addEventListener('abort', resolve));
      signals.say('outer has begun');
      await gone;
      const outcome = await inner.remote(request.data).then(
        () => 'answered',
        (error) => (error as serve.ServeError).code,
      );
      signals.say(`late call: ${outcome}`);
      signals.say('outer has ended');
    });
    const call = outer.remote(signals.name);
    await signals.heard('outer has begun');
    call.cancel();
    await fails(call, 'CANCELLED');
    await signals.heard('outer has ended');
    assert.is(signals.count('late call: CANCELLED'), 1);
    assert.is(signals.count('inner has run'), 0);
  }),
);

const hold = async (request: serve.ServeRequest) => {
  const { ReplicaSignals } = await import('../support/signals.ts');
  const signals = new ReplicaSignals(request.data);
  const gone = new Promise((resolve) => request.signal.addEventListener('abort', resolve));
  signals.say('inner has begun');
  await gone;
  signals.say('inner is aborted');
};

const CALLERS: Readonly<Record<string, serve.BackendTarget>> = {
  'a function': async (request: serve.ServeRequest) =>
    (await (await serve.connect()).getHandle('inner')).remote(request.queryParams.get('signals')),
  'a generator': async function* (request: serve.ServeRequest) {
    yield await (await (await serve.connect()).getHandle('inner')).remote(request.queryParams.get('signals'));
  },
};

for (const [kind, target] of Object.entries(CALLERS)) {
  test(
    `a call that runs is aborted when the HTTP caller of ${kind} leaves`,
    withSignals(async (client, url, signals) => {
      await handleOf(client, 'inner', hold);
      await handleOf(client, 'outer', target);
      const leaving = new AbortController();
      const call = fetch(`${url}/outer?signals=${signals.name}`, { signal: leaving.signal });
      const ended = call.then(
        () => 'answered',
        (error) => error.name,
      );
      await signals.heard('inner has begun');
      leaving.abort();
      assert.is(await ended, 'AbortError');
      const bound = AbortSignal.timeout(10_000);
      await Promise.race([
        signals.heard('inner is aborted'),
        new Promise((_, reject) => bound.addEventListener('abort', () => reject(new Error('the inner call goes on')))),
      ]);
    }),
  );
}

test(
  'ten thousand calls made within one query leave nothing behind while it goes on',
  withInstance(
    async (client) => {
      await handleOf(client, 'inner', () => 'x');
      const outer = await handleOf(client, 'outer', async (request) => {
        const { reachableBytes } = await import('../support/heap.ts');
        const inner = await (await serve.connect()).getHandle('inner');
        const { warmUp, calls } = request.data;
        for (let i = 0; i < warmUp; i++) await inner.remote({ i });
        const before = reachableBytes();
        for (let i = 0; i < calls; i++) await inner.remote({ i });
        return reachableBytes() - before;
      });
      const grown = await outer.remote({ warmUp: 2000, calls: 10_000 });
      assert.ok(grown < 1_000_000, `${grown} bytes more are reachable`);
    },
    { http: null },
  ),
);

test.run();
