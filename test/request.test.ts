import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, withInstance } from './support/instance.ts';
import { inThreadsAndProcesses } from './support/isolations.ts';

const test = inThreadsAndProcesses(suite('requests'));

async function describe(request: serve.ServeRequest): Promise<unknown> {
  return {
    source: request.source,
    method: request.method,
    url: request.url,
    path: request.path,
    header: request.headers.get('X-Mine'),
    pathParams: { ...request.pathParams },
    query: [...request.queryParams],
    data: request.data,
    id: request.id,
    aborted: request.signal.aborted,
    text: await request.text(),
  };
}

test(
  'a request over HTTP has what the caller sent',
  withInstance(async (client, url) => {
    await client.createBackend('d', describe);
    await client.createEndpoint('d', { backend: 'd', route: '/d/{id:int}/{name}', methods: ['GET', 'POST', 'PUT'] });
    const headers = { 'X-Mine': 'yes', 'X-Request-Id': 'my-id.1' };
    const answer = await fetch(`${url}/d/42/a%20b?x=1&y=%C3%A4&x=2`, { method: 'PUT', headers, body: 'böd' });
    assert.is(answer.headers.get('x-request-id'), 'my-id.1');
    assert.equal(await answer.json(), {
      source: 'http',
      method: 'PUT',
      url: '/d/42/a%20b?x=1&y=%C3%A4&x=2',
      path: '/d/42/a%20b',
      header: 'yes',
      pathParams: { id: 42, name: 'a b' },
      query: [
        ['x', '1'],
        ['y', 'ä'],
        ['x', '2'],
      ],
      id: 'my-id.1',
      aborted: false,
      text: 'böd',
    });
  }),
);

test(
  'a request by handle has what the handle was given',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'd', describe);
    const named = handle.options({ httpMethod: 'patch', httpHeaders: { 'X-Mine': 'yes' } });
    const { id, ...rest } = await named.remote({ a: [1] }, { n: 1, list: [1, 2] });
    assert.match(id, /^[A-Za-z0-9._:-]{1,128}$/);
    assert.equal(rest, {
      source: 'handle',
      method: 'PATCH',
      url: 'serve://d',
      path: '',
      header: 'yes',
      pathParams: {},
      query: [
        ['n', 1],
        ['list', [1, 2]],
      ],
      data: { a: [1] },
      aborted: false,
      text: '{"a":[1]}',
    });
  }),
);

test(
  'query values: get, getAll, has and iteration; by handle they stay as given',
  withInstance(async (client, url) => {
    const handle = await handleOf(client, 'q', ({ queryParams }) => ({
      get: [queryParams.get('a'), queryParams.get('none')],
      all: queryParams.getAll('a'),
      has: [queryParams.has('a'), queryParams.has('none'), queryParams.has('toString'), queryParams.has('__proto__')],
      entries: [...queryParams],
    }));
    assert.equal(await (await fetch(`${url}/q?a=1&a=2&b`)).json(), {
      get: ['1', null],
      all: ['1', '2'],
      has: [true, false, false, false],
      entries: [
        ['a', '1'],
        ['a', '2'],
        ['b', ''],
      ],
    });
    const given = { a: [1, 2], when: new Date(0), nested: { b: new Map([[1, 2]]) } };
    assert.equal(await handle.remote(null, given), {
      get: [[1, 2], null],
      all: [[1, 2]],
      has: [true, false, false, false],
      entries: Object.entries(given),
    });
    for (const bad of ['a=1', 5, [['a', 1]], new Map([['a', 1]]), () => 1]) {
      await fails(() => handle.remote(null, bad as never), 'INVALID_ARGUMENT', 'args', "{ name: 'Ada' }");
    }
  }),
);

test(
  'by handle the body methods give the data in the form they are named after',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'b', async (request) => ({
      body: [...(await request.body())],
      text: await request.text(),
      json: await request.json().catch((error: { code: string }) => error.code),
    }));
    const bytes = (text: string) => [...new TextEncoder().encode(text)];
    const cases: [unknown, string, unknown][] = [
      ['{"a":1}', '{"a":1}', { a: 1 }],
      ['ä', 'ä', 'BAD_REQUEST'],
      [new Uint8Array([91, 49, 93]), '[1]', [1]],
      [Buffer.from('[2]'), '[2]', [2]],
      [{ a: [1] }, '{"a":[1]}', { a: [1] }],
      [[1, 2], '[1,2]', [1, 2]],
      [5, '5', 5],
      [true, 'true', true],
    ];
    for (const [data, text, json] of cases) assert.equal(await handle.remote(data), { body: bytes(text), text, json });
  }),
);

test(
  'a body that cannot be JSON is refused by code, not by a TypeError of ours',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'b', (request) => request.body());
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    for (const data of [{ a: 1n }, cyclic]) await fails(handle.remote(data), 'NOT_SERIALIZABLE', 'JSON');
  }),
);

test(
  'form() reads urlencoded and multipart bodies, and an object by handle',
  withInstance(async (client, url) => {
    const handle = await handleOf(client, 'f', async (request) => [...(await request.form())].map(String));
    const urlencoded = await fetch(`${url}/f`, { method: 'POST', body: new URLSearchParams({ a: '1', b: 'x y' }) });
    assert.equal(await urlencoded.json(), ['a,1', 'b,x y']);
    const form = new FormData();
    form.append('a', 'ä');
    assert.equal(await (await fetch(`${url}/f`, { method: 'POST', body: form })).json(), ['a,ä']);
    assert.equal(await handle.remote({ a: 1, b: ['x', 'y'] }), ['a,1', 'b,x', 'b,y']);
    assert.equal(await handle.remote('a=1&b=2'), ['a,1', 'b,2']);
    const bad = await fetch(`${url}/f`, { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } });
    assert.is(bad.status, 400);
    assert.is(((await bad.json()) as { error: { code: string } }).error.code, 'BAD_REQUEST');
  }),
);

test(
  'malformed JSON asked for by the backend is 400, and the reading may be repeated',
  withInstance(async (client, url) => {
    await handleOf(client, 'j', async (request) => [await request.json(), await request.json(), await request.text()]);
    const post = (body: string) => fetch(`${url}/j`, { method: 'POST', body });
    assert.equal(await (await post('{"a":1}')).json(), [{ a: 1 }, { a: 1 }, '{"a":1}']);
    for (const body of ['{', '', 'nope', '{"a":1}}']) {
      const answer = await post(body);
      const { error } = (await answer.json()) as { error: { code: string; requestId: string } };
      assert.equal([answer.status, error.code], [400, 'BAD_REQUEST']);
      assert.is(error.requestId, answer.headers.get('x-request-id'));
    }
  }),
);

test(
  'prototype keys in JSON, query, headers and data are inert',
  withInstance(async (client, url) => {
    const handle = await handleOf(client, 'p', async (request) => {
      const body = request.source === 'http' ? await request.json() : request.data;
      return [
        Object.keys(body),
        ({} as { polluted?: unknown }).polluted ?? null,
        [...request.queryParams],
        body.polluted ?? null,
      ];
    });
    const hostile = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    const query = [
      ['__proto__', 'x'],
      ['__proto__[polluted]', '1'],
      ['constructor.prototype.polluted', '1'],
    ];
    const search = query.map(([key, value]) => `${encodeURIComponent(key ?? '')}=${value}`).join('&');
    const answer = await fetch(`${url}/p?${search}`, {
      method: 'POST',
      body: hostile,
      headers: { constructor: 'x', 'X-__proto__': 'y' },
    });
    assert.equal(await answer.json(), [['__proto__', 'constructor'], null, query, null]);
    const args = JSON.parse('{"__proto__":{"polluted":1}}');
    const byHandle = await handle.remote(JSON.parse(hostile), args);
    assert.equal(byHandle, [['__proto__', 'constructor'], null, [['__proto__', { polluted: 1 }]], null]);
    assert.is(({} as { polluted?: unknown }).polluted, undefined);
  }),
);

test(
  'a HEAD request says HEAD and gets no body',
  withInstance(async (client, url) => {
    await handleOf(client, 'h', (request) => new Response('text', { headers: { 'X-Method': request.method } }));
    const answer = await fetch(`${url}/h`, { method: 'HEAD' });
    assert.equal([answer.status, answer.headers.get('x-method'), await answer.text()], [200, 'HEAD', '']);
  }),
);

test.run();
