import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { handleOf, withInstance } from '../support/instance.ts';
import { inThreadsAndProcesses } from '../support/isolations.ts';

const test = inThreadsAndProcesses(suite('handles and requests that travel'));

test(
  'handles arrive as handles in constructor arguments, userConfig, data and arguments, with their options',
  withInstance(async (client) => {
    const leaf = await handleOf(
      client,
      'leaf',
      class {
        call(request: serve.ServeRequest): string {
          return `${request.method} ${request.data}`;
        }
        shout(word: string): string {
          return word.toUpperCase();
        }
      },
    );
    class Composer {
      readonly #handles: serve.Handle[] = [];
      constructor(first: serve.Handle, nested: { list: serve.Handle[]; map: Map<string, serve.Handle> }) {
        this.#handles.push(first, ...nested.list, ...nested.map.values());
      }
      reconfigure({ leaf }: { leaf: serve.Handle }): void {
        this.#handles.push(leaf);
      }
      call(request: serve.ServeRequest): Promise<unknown[]> {
        const given = [request.data.leaf, request.queryParams.get('leaf')];
        return Promise.all([...this.#handles, ...given].map((handle) => handle.remote('a')));
      }
    }
    const shout = leaf.options({ methodName: 'shout' });
    const post = leaf.options({ httpMethod: 'POST' });
    const composer = await handleOf(client, 'composer', Composer, {
      initArgs: [leaf, { list: [shout], map: new Map([['post', post]]) }],
      config: { userConfig: { leaf: post } },
    });
    const answers = await composer.remote({ leaf: shout }, { leaf: post });
    assert.equal(answers, ['GET a', 'A', 'POST a', 'POST a', 'A', 'POST a']);
  }),
);

test(
  'a handle comes back from a backend and calls',
  withInstance(async (client) => {
    await handleOf(client, 'leaf', (request) => request.data + 1);
    const finder = await handleOf(client, 'finder', async () => ({
      found: await (await serve.connect()).getHandle('leaf'),
    }));
    const { found } = await finder.remote();
    assert.instance(found, serve.Handle);
    assert.is(await found.remote(1), 2);
  }),
);

async function describe(request: serve.ServeRequest): Promise<unknown> {
  return {
    source: request.source,
    method: request.method,
    url: request.url,
    path: request.path,
    id: request.id,
    header: request.headers.get('x-mine'),
    params: request.pathParams,
    query: [...request.queryParams],
    text: await request.text(),
  };
}

async function passOn(client: serve.Client, target: serve.BackendTarget): Promise<void> {
  await handleOf(client, 'inner', describe);
  await client.createBackend('outer', target);
  await client.createEndpoint('outer', { backend: 'outer', route: '/outer/{id:int}', methods: ['POST'] });
}

const forward = async (request: serve.ServeRequest) =>
  (await (await serve.connect()).getHandle('inner')).remote(request);

function wanted(text: string): object {
  return {
    source: 'http',
    method: 'POST',
    url: '/outer/7?q=1',
    path: '/outer/7',
    id: 'mine',
    header: 'yes',
    params: { id: 7 },
    query: [['q', '1']],
    text,
  };
}

function post(url: string, body: RequestInit['body']): Promise<Response> {
  const headers = { 'X-Mine': 'yes', 'X-Request-Id': 'mine' };
  const init = { method: 'POST', body: body ?? null, headers, duplex: 'half', signal: AbortSignal.timeout(10_000) };
  return fetch(`${url}/outer/7?q=1`, init as RequestInit);
}

test(
  'a request from HTTP passes through another backend as it is: headers, variables, a small body',
  withInstance(async (client, url) => {
    await passOn(client, forward);
    assert.equal(await (await post(url, 'small')).json(), wanted('small'));
    assert.equal(await (await post(url, null)).json(), wanted(''));
  }),
);

test(
  'a body in motion passes through as well',
  withInstance(async (client, url) => {
    await passOn(client, forward);
    const big = 'abc'.repeat(200_000);
    assert.equal(await (await post(url, big)).json(), wanted(big));
    const stream = new ReadableStream({
      start(controller) {
        for (const part of ['a', 'b', 'c']) controller.enqueue(new TextEncoder().encode(part));
        controller.close();
      },
    });
    assert.equal(await (await post(url, stream)).json(), wanted('abc'));
  }),
);

test(
  'a request whose body has been read whole passes through with what was read',
  withInstance(async (client, url) => {
    await passOn(client, async (request) => {
      await request.text();
      return (await (await serve.connect()).getHandle('inner')).remote(request);
    });
    for (const body of ['small', 'abc'.repeat(200_000)])
      assert.equal(await (await post(url, body)).json(), wanted(body));
  }),
);

test(
  'a request by handle passes through with its data, and the data may hold handles',
  withInstance(async (client) => {
    const leaf = await handleOf(client, 'leaf', () => 'leaf');
    await handleOf(client, 'inner', async (request) => [
      request.source,
      request.data.n,
      await request.data.leaf.remote(),
      request.queryParams.get('q'),
    ]);
    const outer = await handleOf(client, 'outer', forward);
    assert.equal(await outer.remote({ n: 1, leaf }, { q: [2] }), ['handle', 1, 'leaf', [2]]);
  }),
);

test(
  'a request inside data travels with everything it holds; one whose body is in motion is refused',
  withInstance(async (client, url) => {
    await handleOf(client, 'inner', async (request) => [
      request.data.request.method,
      await request.data.request.text(),
    ]);
    await client.createBackend('outer', async (request) =>
      (await (await serve.connect()).getHandle('inner')).remote({ request }),
    );
    await client.createEndpoint('outer', { backend: 'outer', route: '/outer/{id:int}', methods: ['POST'] });
    assert.equal(await (await post(url, 'small')).json(), ['POST', 'small']);
    const refused = await post(url, 'abc'.repeat(200_000));
    assert.equal(
      [refused.status, ((await refused.json()) as { error: { code: string } }).error.code],
      [500, 'NOT_SERIALIZABLE'],
    );
    const nested = await handleOf(client, 'nested', async (request) =>
      (await (await serve.connect()).getHandle('inner')).remote({ request }),
    );
    assert.equal(await nested.remote('text'), ['GET', 'text']);
  }),
);

test(
  'a request inside data may itself hold handles',
  withInstance(async (client) => {
    const leaf = await handleOf(client, 'leaf', () => 'leaf');
    await handleOf(client, 'inner', (request) => request.data.request.data.leaf.remote());
    const outer = await handleOf(client, 'outer', async (request) =>
      (await (await serve.connect()).getHandle('inner')).remote({ request }),
    );
    assert.is(await outer.options({ timeoutMs: 5000 }).remote({ leaf }), 'leaf');
  }),
);

test.run();
