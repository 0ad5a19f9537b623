import { deepStrictEqual } from 'node:assert/strict';
import { createContext, runInContext } from 'node:vm';
import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, withInstance } from '../support/instance.ts';
import { inThreadsAndProcesses } from '../support/isolations.ts';

const test = inThreadsAndProcesses(suite('data by handle'));

const echo = (client: serve.Client) => handleOf(client, 'echo', (request) => request.data);

test(
  'any structured-clonable value goes there and back',
  withInstance(async (client) => {
    const handle = await echo(client);
    const shared = { n: 1 };
    const values: unknown[] = [
      undefined,
      null,
      true,
      0,
      -0,
      Number.NaN,
      1n,
      'text',
      '',
      'ä\u0000\ud83d\ude00',
      [],
      {},
      [1, [2]],
      { a: { b: [null, undefined] } },
      new Date(5),
      /a+/gi,
      new Map<unknown, unknown>([
        ['a', new Set([1])],
        [{ k: 1 }, 2],
      ]),
      new Set([[1], 'x']),
      new Uint8Array([1, 2, 3]),
      new Float64Array([0.1, Number.NaN]),
      new Int16Array([-1]),
      new BigInt64Array([5n]),
      new Uint8Array([9, 8]).buffer,
      [shared, shared],
      new Error('an error as data'),
    ];
    for (const value of values) deepStrictEqual(await handle.remote(value), value);
    const sparse = new Array(3);
    sparse[1] = 'x';
    assert.equal(Object.keys((await handle.remote(sparse)) as object), ['1']);
    const [a, b] = (await handle.remote([shared, shared])) as [object, object];
    assert.is(a, b, 'what was one object is one object');
    const dataView = (await handle.remote(new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2))) as DataView;
    assert.equal([dataView.byteLength, dataView.getUint8(0)], [2, 2]);
  }),
);

test(
  'cycles survive by handle',
  withInstance(async (client) => {
    const handle = await echo(client);
    const node: { self?: unknown; children: unknown[]; map: Map<string, unknown> } = { children: [], map: new Map() };
    node.self = node;
    node.children.push({ parent: node }, { parent: node });
    node.map.set('me', node);
    const back = (await handle.remote(node)) as typeof node;
    assert.is(back.self, back);
    assert.is((back.children[1] as { parent: unknown }).parent, back);
    assert.is(back.map.get('me'), back);
  }),
);

test(
  'the data is what it was at the call, whatever the caller does to it next',
  withInstance(async (client) => {
    const handle = await echo(client);
    const bytes = new Uint8Array([1, 2, 3]);
    const data = { list: [1], map: new Map([['a', 1]]), bytes, buffer: bytes.buffer };
    const args = { n: [1] };
    const params = await handleOf(client, 'params', (request) => request.queryParams.get('n'));
    const refs = [handle.remote(data), params.remote(null, args)] as const;
    data.list.push(2);
    data.map.set('a', 2);
    bytes.fill(9);
    args.n.push(2);
    const seen = (await refs[0]) as typeof data;
    assert.equal(
      [seen.list, seen.map.get('a'), [...seen.bytes], [...new Uint8Array(seen.buffer)]],
      [[1], 1, [1, 2, 3], [1, 2, 3]],
    );
    assert.equal(await refs[1], [1]);
    assert.is(bytes.byteLength, 3, 'and nothing was taken from the caller');
  }),
);

test(
  'a small pooled Buffer carries its own bytes and no others, wherever it stands, in both directions',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'b', (request) => {
      const { data } = request;
      const view = data instanceof Map ? data.get('b') : (data.b ?? data);
      const mine = Buffer.from('abc');
      return {
        sizes: [view.byteLength, view.buffer.byteLength],
        text: Buffer.from(view).toString(),
        back: mine,
        nested: { list: [mine] },
      };
    });
    const canary = Buffer.from('the-secret-of-somebody-else');
    const small = Buffer.from('abc');
    assert.is(small.buffer, canary.buffer, 'the two share a pool, so the test can fail');
    const inVm = runInContext('(b) => ({ b })', createContext()) as (b: unknown) => unknown;
    class Holder {
      b = small;
    }
    const cases = [small, { b: small }, new Map([['b', small]]), new Holder(), inVm(small)];
    for (const data of cases) {
      const { sizes, text, back, nested } = (await handle.remote(data)) as {
        sizes: number[];
        text: string;
        back: Uint8Array;
        nested: { list: Uint8Array[] };
      };
      assert.equal([sizes, text], [[3, 3], 'abc']);
      for (const view of [back, nested.list[0]]) assert.equal([view?.byteLength, view?.buffer.byteLength], [3, 3]);
    }
  }),
);

test(
  'instances of classes go as their fields; one with #private state is refused',
  withInstance(async (client) => {
    const handle = await echo(client);
    class Point {
      x = 1;
      get sum(): number {
        return this.x;
      }
    }
    class Note {
      // see the bug #abc, where '{ #x }' was shown
      colour = ' #fff';
    }
    class Secret {
      #x = 1;
      y = 2;
      get x(): number {
        return this.#x;
      }
    }
    class Child extends Secret {}
    assert.equal(await handle.remote(new Point()), { x: 1 });
    assert.equal(await handle.remote(new Note()), { colour: ' #fff' });
    await fails(() => handle.remote({ a: [new Secret()] }), 'NOT_SERIALIZABLE', '$.a[0]', 'Secret', '#private');
    await fails(() => handle.remote(new Child()), 'NOT_SERIALIZABLE', '#private');
  }),
);

test(
  'what cannot be cloned is NOT_SERIALIZABLE at the call, with its path',
  withInstance(async (client) => {
    const handle = await echo(client);
    const deep: unknown[] = [];
    let inner = deep;
    for (let i = 0; i < 100_000; i++) {
      const next: unknown[] = [];
      inner.push(next);
      inner = next;
    }
    const cases: [unknown, string, string][] = [
      [() => 1, '$ ', 'function'],
      [{ a: [1, { 'b-c': () => 1 }] }, '$.a[1]["b-c"]', 'function'],
      [[Symbol('s')], '$[0]', 'symbol'],
      [{ p: Promise.resolve(1) }, '$.p', 'Promise'],
      [new Map([['k', () => 1]]), "$.get('k')", 'function'],
      [new Set([() => 1]), '$.values()', 'function'],
      [{ w: new WeakMap() }, '$.w', 'WeakMap'],
      [{ r: new Response('x') }, '$.r', 'Response'],
      [{ h: new Headers() }, '$.h', 'Headers'],
      [{ u: new URL('http://a') }, '$.u', 'URL'],
      [{ s: new ReadableStream() }, '$.s', 'ReadableStream'],
      [deep, '$', 'deep'],
    ];
    for (const [data, path, found] of cases) await fails(() => handle.remote(data), 'NOT_SERIALIZABLE', path, found);
    assert.is(await handle.remote('still fine'), 'still fine');
  }),
);

test(
  'objects of another realm, as a prompt makes them, may hold references and handles',
  withInstance(async (client) => {
    const handle = await echo(client);
    const build = runInContext('(a, b) => ({ a, list: [b], map: new Map([["a", a]]) })', createContext()) as (
      ...args: unknown[]
    ) => unknown;
    const back = (await handle.remote(build(handle.remote(1), handle.remote(2)))) as {
      a: number;
      list: number[];
      map: Map<string, number>;
    };
    assert.equal([back.a, back.list, back.map.get('a')], [1, [2], 1]);
  }),
);

test(
  'a throwing getter in the data is the caller’s own error, and nothing is sent',
  withInstance(async (client) => {
    const handle = await echo(client);
    const data = {
      get broken(): never {
        throw new RangeError('my getter');
      },
    };
    assert.throws(
      () => handle.remote(data),
      (error: Error) => error.message.includes('my getter'),
    );
    assert.is((await client.status()).endpoints.echo?.stats.rate, 0);
  }),
);

test(
  '100 MB and a million objects arrive',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'size', (request) => request.data.byteLength ?? request.data.length);
    assert.is(await handle.remote(new Uint8Array(100 * 1024 * 1024)), 100 * 1024 * 1024);
    assert.is(await handle.remote(Array.from({ length: 1e6 }, (_, i) => ({ i }))), 1e6);
  }),
);

test.run();
