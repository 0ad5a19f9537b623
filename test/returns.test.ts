import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, withInstance } from './support/instance.ts';
import { inThreadsAndProcesses } from './support/isolations.ts';

const test = inThreadsAndProcesses(suite('returned values'));

/** One method for each kind of value. */
class Kinds {
  undefined(): undefined {}
  null(): null {
    return null;
  }
  text(): string {
    return 'ä';
  }
  empty(): string {
    return '';
  }
  number(): number {
    return 4.5;
  }
  zero(): number {
    return 0;
  }
  boolean(): boolean {
    return false;
  }
  object(): object {
    return { a: [1, null, 'x'] };
  }
  date(): object {
    return { at: new Date(0) };
  }
  views(): object {
    return { floats: new Float32Array([0.5, 1]), deep: [new Uint8Array([1, 2])] };
  }
  floats(): Float64Array {
    return new Float64Array([0.5, 2]);
  }
  bytes(): Uint8Array {
    return new Uint8Array([0, 255]);
  }
  buffer(): Buffer {
    return Buffer.from('abc');
  }
  arrayBuffer(): ArrayBuffer {
    return new Uint8Array([7]).buffer;
  }
  async later(): Promise<string> {
    return 'later';
  }
  response(): Response {
    return new Response('made', { status: 201, headers: { 'X-A': '1', 'Content-Type': 'text/csv' } });
  }
  gone(): Response {
    return new Response(null, { status: 204, headers: { 'X-A': '2' } });
  }
  redirect(): Response {
    return new Response(null, { status: 302, headers: { Location: '/elsewhere' } });
  }
  cookies(): Response {
    const headers = new Headers();
    headers.append('Set-Cookie', 'a=1');
    headers.append('Set-Cookie', 'b=2');
    return new Response('x', { headers });
  }
  json(): Response {
    return Response.json({ a: 1 }, { status: 418 });
  }
  stream(): ReadableStream {
    return new ReadableStream({
      start(controller) {
        for (const part of ['a', 'b']) controller.enqueue(new TextEncoder().encode(part));
        controller.close();
      },
    });
  }
  async *generator(): AsyncGenerator<string> {
    yield 'one ';
    yield 'two';
  }
  async *objects(): AsyncGenerator<object> {
    yield { n: 1 };
    yield { n: 2 };
  }
  async *nothing(): AsyncGenerator<never> {}
}

type Kind = keyof Kinds;

const JSON_TYPE = 'application/json; charset=utf-8';
const TEXT_TYPE = 'text/plain; charset=utf-8';

test(
  'each kind of value has its form over HTTP',
  withInstance(async (client, url) => {
    const wanted: Record<Kind, [number, string | null, string]> = {
      undefined: [200, null, ''],
      null: [200, null, ''],
      text: [200, TEXT_TYPE, 'ä'],
      empty: [200, TEXT_TYPE, ''],
      number: [200, JSON_TYPE, '4.5'],
      zero: [200, JSON_TYPE, '0'],
      boolean: [200, JSON_TYPE, 'false'],
      object: [200, JSON_TYPE, '{"a":[1,null,"x"]}'],
      date: [200, JSON_TYPE, '{"at":"1970-01-01T00:00:00.000Z"}'],
      views: [200, JSON_TYPE, '{"floats":[0.5,1],"deep":[[1,2]]}'],
      floats: [200, JSON_TYPE, '[0.5,2]'],
      bytes: [200, 'application/octet-stream', '\u0000\ufffd'],
      buffer: [200, 'application/octet-stream', 'abc'],
      arrayBuffer: [200, 'application/octet-stream', '\u0007'],
      later: [200, TEXT_TYPE, 'later'],
      response: [201, 'text/csv', 'made'],
      gone: [204, null, ''],
      redirect: [302, null, ''],
      cookies: [200, 'text/plain;charset=UTF-8', 'x'],
      json: [418, 'application/json', '{"a":1}'],
      stream: [200, 'application/octet-stream', 'ab'],
      generator: [200, TEXT_TYPE, 'one two'],
      objects: [200, 'application/x-ndjson', '{"n":1}\n{"n":2}\n'],
      nothing: [200, null, ''],
    };
    await handleOf(client, 'kinds', Kinds);
    for (const [kind, expected] of Object.entries(wanted)) {
      const headers = { 'X-SERVE-CALL-METHOD': kind };
      const answer = await fetch(`${url}/kinds`, { redirect: 'manual', headers });
      assert.equal([answer.status, answer.headers.get('content-type'), await answer.text()], expected, kind);
      assert.ok(answer.headers.get('x-request-id'), kind);
      if (kind === 'response') assert.is(answer.headers.get('x-a'), '1');
      if (kind === 'cookies') assert.equal(answer.headers.getSetCookie(), ['a=1', 'b=2']);
    }
  }),
);

test(
  'by handle a value comes as it is, a Response as a Response, a stream as a ReadableStream',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'kinds', Kinds);
    const take = async (kind: Kind): Promise<unknown> => handle.options({ methodName: kind }).remote();
    for (const kind of [
      'undefined',
      'null',
      'text',
      'number',
      'object',
      'date',
      'views',
      'floats',
      'bytes',
      'arrayBuffer',
      'later',
    ] as const) {
      assert.equal(await take(kind), await new Kinds()[kind](), kind);
    }
    assert.equal([...((await take('buffer')) as Uint8Array)], [97, 98, 99]);
    const made = (await take('response')) as Response;
    assert.instance(made, Response);
    assert.equal([made.status, made.headers.get('x-a'), await made.text()], [201, '1', 'made']);
    const gone = (await take('gone')) as Response;
    assert.equal([gone.status, await gone.text()], [204, '']);
    assert.equal(((await take('cookies')) as Response).headers.getSetCookie(), ['a=1', 'b=2']);
    const stream = (await take('stream')) as ReadableStream<Uint8Array>;
    assert.instance(stream, ReadableStream);
    assert.is(await new Response(stream).text(), 'ab');
    const chunks: unknown[] = [];
    for await (const chunk of (await take('objects')) as ReadableStream) chunks.push(chunk);
    assert.equal(chunks, [{ n: 1 }, { n: 2 }]);
  }),
);

const UNSENDABLE: Record<string, [(request: serve.ServeRequest) => unknown, string]> = {
  function: [() => ({ a: [() => 1] }), '$.a[0]'],
  alone: [() => () => 1, '$'],
  symbol: [() => [Symbol('s')], '$[0]'],
  promise: [() => ({ p: { q: Promise.resolve(1) } }), '$.p.q'],
  deep: [
    () => {
      let deep: unknown[] = [];
      for (let i = 0; i < 100_000; i++) deep = [deep];
      return deep;
    },
    '',
  ],
};

test(
  'what cannot travel is NOT_SERIALIZABLE with its path, by handle and over HTTP; the replica lives on',
  withInstance(async (client, url) => {
    for (const [name, [target, path]] of Object.entries(UNSENDABLE)) {
      const handle = await handleOf(client, name, target);
      await fails(handle.remote(), 'NOT_SERIALIZABLE', path);
      const answer = await fetch(`${url}/${name}`);
      const { error } = (await answer.json()) as { error: { code: string; message: string; requestId: string } };
      assert.equal([answer.status, error.code], [500, 'NOT_SERIALIZABLE'], name);
      assert.ok(error.message.includes(path), error.message);
      assert.is(error.requestId, answer.headers.get('x-request-id'));
    }
    const { replicas } = await client.status();
    assert.ok(replicas.every(({ state, restarts }) => state === 'RUNNING' && restarts === 0));
  }),
);

test(
  'what has a form by handle alone is NOT_SERIALIZABLE over HTTP',
  withInstance(async (client, url) => {
    const cases: Record<string, [() => unknown, string]> = {
      bigint: [() => ({ n: 1n }), '$.n'],
      map: [() => ({ m: new Map([['a', 1]]) }), '$.m'],
      set: [() => [new Set([1])], '$[0]'],
      cycle: [
        () => {
          const self: { self?: unknown } = {};
          self.self = self;
          return self;
        },
        'circular',
      ],
    };
    for (const [name, [target, part]] of Object.entries(cases)) {
      const handle = await handleOf(client, name, target);
      await handle.remote();
      const answer = await fetch(`${url}/${name}`);
      const { error } = (await answer.json()) as { error: { code: string; message: string } };
      assert.equal([answer.status, error.code], [500, 'NOT_SERIALIZABLE'], name);
      assert.ok(error.message.includes(part), error.message);
    }
  }),
);

test(
  'a tree whose nodes know their parents is refused over HTTP at once',
  withInstance(async (client, url) => {
    await handleOf(client, 'tree', () => {
      const root: { children: unknown[] } = { children: [] };
      for (let i = 0; i < 8; i++) root.children.push({ parent: root, i });
      return root;
    });
    const answer = await fetch(`${url}/tree`, { signal: AbortSignal.timeout(5000) });
    assert.is(answer.status, 500);
    assert.is(((await answer.json()) as { error: { code: string } }).error.code, 'NOT_SERIALIZABLE');
  }),
);

test(
  'a class with private state cannot be returned by handle, and is named',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'secret', () => {
      class Secret {
        #x = 1;
        get x(): number {
          return this.#x;
        }
      }
      return { list: [new Secret()] };
    });
    await fails(handle.remote(), 'NOT_SERIALIZABLE', '$.list[0]', 'Secret');
  }),
);

test(
  'a backend that returns its request, or a handle, gives the driver one it can use',
  withInstance(async (client) => {
    const same = await handleOf(client, 'same', (request) => request);
    const back = (await same.remote({ n: 1 })) as serve.ServeRequest;
    assert.instance(back, serve.ServeRequest);
    assert.equal([back.source, back.data], ['handle', { n: 1 }]);
    const other = await handleOf(client, 'other', async () => (await serve.connect()).getHandle('same'));
    const handle = (await other.remote()) as serve.Handle;
    assert.is((await handle.remote(5)).data, 5);
  }),
);

test(
  'a Response that has been read already is NOT_SERIALIZABLE',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'read', async () => {
      const response = new Response('x');
      await response.text();
      return response;
    });
    await fails(handle.remote(), 'NOT_SERIALIZABLE', 'clone()');
  }),
);

test.run();
