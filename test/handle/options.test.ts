import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, withInstance } from '../support/instance.ts';
import { inThreadsAndProcesses } from '../support/isolations.ts';

const test = inThreadsAndProcesses(suite('handle options'));

class Model {
  call(request: serve.ServeRequest): unknown {
    return { method: request.method, headers: [...request.headers], data: request.data };
  }
  add(data: number, request: serve.ServeRequest): unknown {
    return [data, request.data, request.source, request.queryParams.get('by')];
  }
}

test(
  'options give a new handle and leave the old one as it was',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'm', Model);
    const post = handle.options({ httpMethod: 'post' });
    const more = post.options({ httpHeaders: { 'X-A': '1' } });
    const named = more.options({ methodName: 'add' });
    assert.is.not(post, handle);
    assert.equal(await handle.remote(1), { method: 'GET', headers: [], data: 1 });
    assert.equal(await post.remote(1), { method: 'POST', headers: [], data: 1 });
    assert.equal(await more.remote(1), { method: 'POST', headers: [['x-a', '1']], data: 1 });
    assert.equal(await named.remote(5, { by: 2 }), [5, 5, 'handle', 2]);
    assert.equal(await named.options({ methodName: null, httpHeaders: null }).remote(1), {
      method: 'POST',
      headers: [],
      data: 1,
    });
  }),
);

test(
  'headers may be given as Headers, a record or pairs, and what is changed later changes nothing',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'm', Model);
    const headers = new Headers({ 'X-A': '1' });
    headers.append('X-A', '2');
    const byHeaders = handle.options({ httpHeaders: headers });
    headers.set('X-A', 'changed');
    assert.equal((await byHeaders.remote()).headers, [['x-a', '1, 2']]);
    const pairs: [string, string][] = [
      ['X-B', 'ü'],
      ['x-b', ''],
    ];
    assert.equal((await handle.options({ httpHeaders: pairs }).remote()).headers, [['x-b', 'ü, ']]);
  }),
);

test(
  'what an option cannot be is refused at once',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'm', Model);
    const cases: [unknown, ...string[]][] = [
      [{ method: 'add' }, "unknown handle option 'method'"],
      [{ timeout: 5 }, "did you mean 'timeoutMs'?"],
      [{ method_name: 'add' }, "did you mean 'methodName'?"],
      [{ methodName: '' }, 'methodName', 'non-empty'],
      [{ methodName: 5 }, 'methodName', '5'],
      [{ shardKey: 5 }, 'shardKey', 'string', '5'],
      [{ httpMethod: 'G T' }, 'httpMethod', "'G T'"],
      [{ timeoutMs: 0 }, 'timeoutMs', '> 0', '0'],
      [{ timeoutMs: Number.NaN }, 'timeoutMs', 'NaN'],
      [{ timeoutMs: '5' }, 'timeoutMs', "'5'"],
      [{ timeoutMs: 2 ** 31 }, 'timeoutMs', '2147483647'],
      [{ httpHeaders: 'X: 1' }, 'httpHeaders'],
      [{ httpHeaders: { 'X A': '1' } }, 'httpHeaders', 'X A'],
      [{ httpHeaders: { 'X-A': 'a\r\nSet-Cookie: b' } }, "'X-A'", 'CR'],
      [{ httpHeaders: { 'X-A': 1 } }, "'X-A'", '1'],
      [null, 'plain object', 'null'],
      ['add', 'plain object', "'add'"],
    ];
    for (const [given, ...parts] of cases)
      await fails(() => handle.options(given as never).remote(), 'INVALID_ARGUMENT', ...parts);
  }),
);

test(
  'timeoutMs ends the query with TIMEOUT, aborts its signal with that reason and frees its place once',
  withInstance(async (client) => {
    class Watcher {
      begun = 0;
      reasons: unknown[] = [];
      call(request: serve.ServeRequest): unknown {
        if (request.data === 'look') return { begun: this.begun, reasons: this.reasons };
        this.begun += 1;
        return new Promise((resolve) => {
          request.signal.addEventListener('abort', () => {
            const { name, code, message } = request.signal.reason as serve.ServeError;
            this.reasons.push([name, code, message]);
            resolve('a late answer');
          });
        });
      }
    }
    const handle = await handleOf(client, 'w', Watcher, { config: { maxConcurrentQueries: 1 } });
    const look = () => handle.remote('look') as PromiseLike<Pick<Watcher, 'begun' | 'reasons'>>;
    let seen = await look();
    // A busy machine may pass the deadline before the query reaches its replica: such a query never begins.
    while (seen.begun < 3) {
      await fails(handle.options({ timeoutMs: 30 }).remote('wait'), 'TIMEOUT', '30 ms', 'requestTimeoutMs');
      seen = await look();
    }
    const told = ['ServeError', 'TIMEOUT', 'the deadline of this request has passed'];
    assert.equal(seen, { begun: 3, reasons: Array(3).fill(told) });
    const { ongoing, queued } = (await client.status()).replicas[0] ?? {};
    assert.equal([ongoing, queued], [0, 0]);
  }),
);

test(
  'the shorter of the deadlines of handle and backend counts, from arrival, also while waiting for a replica',
  withInstance(async (client, url) => {
    const config = { maxConcurrentQueries: 1, requestTimeoutMs: 60 };
    const handle = await handleOf(client, 'w', () => new Promise(() => {}), { config });
    const both = [handle.remote(), handle.options({ timeoutMs: 25 }).remote()];
    await fails(both[1] as PromiseLike<unknown>, 'TIMEOUT', '25 ms', 'waiting for a replica');
    await fails(both[0] as PromiseLike<unknown>, 'TIMEOUT', '60 ms', 'being answered');
    const answer = await fetch(`${url}/w`);
    assert.is(answer.status, 504);
    assert.is(((await answer.json()) as { error: { code: string } }).error.code, 'TIMEOUT');
  }),
);

test(
  'http.requestTimeoutMs is a deadline of every request over HTTP alone',
  withInstance(
    async (client, url) => {
      const handle = await handleOf(client, 'w', (request) =>
        request.source === 'http' ? new Promise(() => {}) : 'fine',
      );
      assert.is((await fetch(`${url}/w`)).status, 504);
      assert.is(await handle.remote(), 'fine');
    },
    { http: { requestTimeoutMs: 40 } },
  ),
);

test.run();
