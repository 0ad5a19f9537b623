import { once } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { HttpAnswer } from '../../lib/domain/query.ts';
import type { HttpProxyOptions } from '../../lib/proxy/http-proxy.ts';
import {
  always,
  answerOf,
  ask,
  codeOf,
  open,
  parseReply,
  readUntil,
  silent,
  talk,
  untilClosed,
  withProxy,
} from './proxy-fixture.ts';

const test = suite('answers');
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const HOST = 'Host: x\r\n';

/** Both ways an answer takes: straight to the response, and through Koa behind a middleware. */
const WAYS: readonly [string, Partial<HttpProxyOptions>][] = [
  ['direct', {}],
  ['behind a middleware', { middlewares: [(_ctx, next) => next()] }],
];

function streamOf(chunks: readonly string[], end: 'close' | 'error' | 'open'): ReadableStream<Uint8Array> {
  const left = chunks.map(bytes);
  return new ReadableStream({
    pull(controller) {
      const next = left.shift();
      if (next !== undefined) controller.enqueue(next);
      else if (end === 'close') controller.close();
      else if (end === 'error') controller.error(new Error('broke'));
      else return new Promise(() => undefined);
      return undefined;
    },
  });
}

for (const [way, options] of WAYS) {
  const answers = async (answer: HttpAnswer, line = 'GET /echo'): Promise<ReturnType<typeof parseReply>> => {
    let reply = parseReply('');
    const run = async (port: number): Promise<void> => {
      reply = await ask(port, line);
    };
    await withProxy(always(answer), ({ proxy }) => run(proxy.port), options);
    return reply;
  };

  test(`${way}: text, bytes and nothing have their length and only the type given`, async () => {
    const text = await answers(answerOf('grüße'));
    assert.match(text.head, /Content-Length: 7(\r|$)/);
    assert.match(text.head, /Content-Type: text\/plain(\r|$)/);
    assert.is(text.body, Buffer.from('grüße').toString('latin1'));
    const binary = await answers(answerOf(bytes('abc').subarray(1)));
    assert.is(binary.body, 'bc');
    assert.not.match(binary.head, /Content-Type/);
    const empty = await answers(answerOf(null));
    assert.is(empty.status, 200);
    assert.match(empty.head, /Content-Length: 0/);
    assert.not.match(empty.head, /Content-Type/);
  });

  test(`${way}: HEAD, 204, 205 and 304 have no body`, async () => {
    const head = await answers(answerOf('hello'), 'HEAD /echo');
    assert.match(head.head, /Content-Length: 5/);
    assert.is(head.body, '');
    const own = await answers(answerOf(null, { headers: 'content-length\n77' }), 'HEAD /echo');
    assert.match(own.head, /Content-Length: 77/);
    for (const status of [204, 205, 304]) {
      const reply = await answers(answerOf('hello', { status }));
      assert.is(reply.status, status);
      assert.is(reply.body, '');
      assert.not.match(reply.head, /Transfer-Encoding|Content-Length: [1-9]/);
    }
  });

  test(`${way}: a stream nobody may have is cancelled`, async () => {
    for (const [line, status] of [
      ['HEAD /echo', 200],
      ['GET /echo', 204],
      ['GET /echo', 700],
    ] as const) {
      let cancelled = 0;
      const source = new ReadableStream<Uint8Array>({
        cancel: () => {
          cancelled += 1;
        },
      });
      await answers(answerOf(source, { status }), line);
      assert.is(cancelled, 1, `${line} ${status}`);
    }
  });

  test(`${way}: the backend's headers are kept, those of the connection are not`, async () => {
    const headers = [
      ...['Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'X-Own', 'yes', 'Connection', 'keep-alive, X-Own'],
      ...['Transfer-Encoding', 'chunked', 'Keep-Alive', 'timeout=9', 'Content-Length', '99', 'Upgrade', 'x'],
      ...['X-Request-Id', 'theirs', 'Content-Type', 'text/css'],
    ].join('\n');
    const { head, body } = await answers(answerOf('hello', { headers, status: 299 }));
    assert.is(body, 'hello');
    assert.match(head, /^HTTP\/1\.1 299 /);
    assert.match(head, /a=1[\s\S]*b=2/);
    assert.match(head, /x-own: yes/i);
    assert.match(head, /Content-Type: text\/css/);
    assert.match(head, /X-Request-Id: made-1/);
    assert.match(head, /Content-Length: 5/);
    assert.match(head, /Connection: close/);
    assert.not.match(head, /Transfer-Encoding|timeout=9|Upgrade|theirs|text\/plain/);
  });

  test(`${way}: what HTTP cannot carry is 500 NOT_SERIALIZABLE`, async () => {
    const bad: readonly Partial<HttpAnswer>[] = [
      { headers: 'X\na\rb' },
      { headers: 'bad name\nx' },
      { headers: '\nx' },
      { headers: 'X\na\0' },
      { headers: 'X\nĀ' },
      { contentType: 'a\r\nb: c' },
      { status: 100 },
      { status: 199 },
      { status: 600 },
      { status: 200.5 },
      { status: Number.NaN },
    ];
    for (const more of bad) {
      const reply = await answers(answerOf('hello', more));
      assert.is(reply.status, 500, JSON.stringify(more));
      assert.is(codeOf(reply), 'NOT_SERIALIZABLE');
    }
  });

  test(`${way}: a stream comes as it is made, head first`, () => {
    let feed = (_text: string): void => undefined;
    let end = (): void => undefined;
    const source = new ReadableStream<Uint8Array>({
      start(controller) {
        feed = (text) => controller.enqueue(bytes(text));
        end = () => controller.close();
      },
    });
    return withProxy(
      always(answerOf(source)),
      async ({ proxy }) => {
        const socket = await open(proxy.port);
        socket.write(`GET /echo HTTP/1.1\r\n${HOST}\r\n`);
        assert.match(await readUntil(socket, '\r\n\r\n'), /200 OK[\s\S]*Transfer-Encoding: chunked/);
        feed('one');
        await readUntil(socket, 'one');
        feed('');
        feed('two');
        await readUntil(socket, 'two');
        end();
        await readUntil(socket, '0\r\n\r\n');
        socket.destroy();
      },
      options,
    );
  });

  test(`${way}: a stream that breaks never ends cleanly`, () =>
    withProxy(
      (_query, sink) => sink.answered(answerOf(streamOf(['one'], 'error'))),
      async ({ proxy, observed, until }) => {
        const text = await talk(proxy.port, `GET /echo HTTP/1.1\r\n${HOST}\r\n`);
        assert.not.match(text, /0\r\n\r\n$/);
        const old = await open(proxy.port);
        const failed = once(old, 'error');
        const closed = untilClosed(old);
        old.write('GET /echo HTTP/1.0\r\n\r\n');
        assert.match(String(await failed), /ECONNRESET/);
        await closed;
        await until(() => observed.length === 2);
      },
      options,
    ));

  test(`${way}: a caller who leaves mid-stream cancels the source, also while it is being waited for`, () => {
    let finished = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      finished = resolve;
    });
    const source = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes('one')),
      cancel: () => finished(),
    });
    return withProxy(
      always(answerOf(source)),
      async ({ proxy, until, observed }) => {
        const socket = await open(proxy.port);
        socket.write(`GET /echo HTTP/1.1\r\n${HOST}\r\n`);
        await readUntil(socket, 'one');
        socket.destroy();
        await ended;
        await until(() => observed.length === 1);
        assert.is(observed[0]?.status, 200);
      },
      options,
    );
  });

  test(`${way}: a slow reader holds the source back`, () => {
    let made = 0;
    const block = new Uint8Array(256 * 1024);
    const total = 400;
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        made += 1;
        controller.enqueue(block.slice());
        if (made === total) controller.close();
      },
    });
    return withProxy(
      always(answerOf(source)),
      async ({ proxy }) => {
        const socket = await open(proxy.port);
        socket.pause();
        socket.write(`GET /echo HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
        // Another caller's round trips give the first all the turns it could use.
        for (let i = 0; i < 50; i += 1) await ask(proxy.port, 'GET /nowhere');
        assert.ok(made < 100, `made ${made} blocks for nobody`);
        let received = 0;
        socket.on('data', (chunk: Buffer) => {
          received += chunk.byteLength;
        });
        socket.resume();
        await once(socket, 'close');
        assert.ok(received > total * block.byteLength);
        assert.is(made, total);
      },
      options,
    );
  });

  test(`${way}: a caller who leaves before the answer cancels the query`, () =>
    withProxy(
      silent,
      async ({ proxy, until, numCancelled, observed, queries }) => {
        const socket = await open(proxy.port);
        socket.write(`GET /echo HTTP/1.1\r\n${HOST}\r\nGET /echo HTTP/1.1\r\n${HOST}\r\n`);
        await until(() => queries.length === 2);
        socket.destroy();
        await until(() => observed.length === 2);
        assert.is(numCancelled(), 2);
        assert.is(observed[0]?.status, 499);
      },
      options,
    ));

  test(`${way}: HTTP/1.0 gets its stream up to the end of the connection`, () =>
    withProxy(
      (_query, sink) => sink.answered(answerOf(streamOf(['one', 'two'], 'close'))),
      async ({ proxy }) => {
        const reply = parseReply(await talk(proxy.port, 'GET /echo HTTP/1.0\r\n\r\n'));
        assert.is(reply.body, 'onetwo');
        assert.not.match(reply.head, /chunked/);
      },
      options,
    ));
}

test('an answer that comes after its caller has left is let go', () => {
  let late = (): void => undefined;
  let cancelled = 0;
  const source = new ReadableStream<Uint8Array>({
    cancel: () => {
      cancelled += 1;
    },
  });
  return withProxy(
    (_query, sink) => {
      late = () => sink.answered(answerOf(source));
    },
    async ({ proxy, until, observed, queries }) => {
      const socket = await open(proxy.port);
      const closed = untilClosed(socket);
      socket.write(`GET /echo HTTP/1.1\r\n${HOST}\r\n`);
      await until(() => queries.length === 1);
      socket.destroy();
      await closed;
      await until(() => observed.length === 1);
      late();
      assert.is(cancelled, 1);
    },
  );
});

test.run();
