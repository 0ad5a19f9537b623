import { once } from 'node:events';
import type { Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
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
  uploadOf,
  withProxy,
} from './proxy-fixture.ts';

const test = suite('request-body');
const hello = always(answerOf('hello'));
const HEAD = 'POST /echo HTTP/1.1\r\nHost: x\r\n';
const MIB = 1024 * 1024;

test('a small body comes whole, in memory of its own', () =>
  withProxy(hello, async ({ proxy, queries }) => {
    assert.is((await ask(proxy.port, 'POST /echo', ['Content-Length: 5'], 'abcde')).status, 200);
    const body = queries[0]?.request.body;
    assert.instance(body, Uint8Array);
    assert.is(new TextDecoder().decode(body instanceof Uint8Array ? body : undefined), 'abcde');
    assert.is(body instanceof Uint8Array ? body.buffer.byteLength : 0, 5);
    await ask(proxy.port, 'POST /echo', ['Content-Length: 0']);
    assert.is(queries[1]?.request.body, null);
  }));

test('a chunked or larger body comes in motion', () =>
  withProxy(
    ({ request: { body } }, sink) => {
      void new Response(body).text().then((text) => sink.answered(answerOf(`${text.length} ${text.slice(0, 6)}`)));
    },
    async ({ proxy }) => {
      const chunked = await ask(
        proxy.port,
        'POST /echo',
        ['Transfer-Encoding: Chunked'],
        '3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n',
      );
      assert.is(chunked.body, '6 abcdef');
      const declared = await ask(proxy.port, 'POST /echo', ['Content-Length: 200000'], 'x'.repeat(200_000));
      assert.is(declared.body, '200000 xxxxxx');
      const empty = await ask(proxy.port, 'POST /echo', ['Transfer-Encoding: chunked'], '0\r\n\r\n');
      assert.is(empty.body, '0 ');
    },
  ));

test('a compressed body is passed on as it is', () =>
  withProxy(hello, async ({ proxy, queries }) => {
    await ask(proxy.port, 'POST /echo', ['Content-Encoding: gzip', 'Content-Length: 3'], '\x1f\x8b\x08');
    assert.equal(queries[0]?.request.body, new Uint8Array([0x1f, 0x8b, 8]));
  }));

test('a declared length over the limit is 413 before anything is sent on', () =>
  withProxy(hello, async ({ proxy, queries, observed }) => {
    const reply = await ask(proxy.port, 'POST /echo', [`Content-Length: ${MIB + 1}`], 'begin');
    assert.is(reply.status, 413);
    assert.is(codeOf(reply), 'BODY_TOO_LARGE');
    assert.match(reply.head, /Connection: close/);
    assert.is(queries.length, 0);
    assert.equal(observed, [{ route: '/echo', method: 'POST', status: 413 }]);
  }));

async function pour(socket: Socket, chunk: string, times: number): Promise<void> {
  for (let i = 0; i < times && socket.writable; i += 1) {
    if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
  }
}

test('100 MB bodies of eight callers are 413 with flat memory, declared and chunked', () =>
  withProxy(
    ({ request: { body } }) => {
      if (body instanceof ReadableStream) body.pipeTo(new WritableStream()).catch(() => undefined);
    },
    async ({ proxy, numCancelled }) => {
      const before = process.memoryUsage().rss;
      const block = 'x'.repeat(64 * 1024);
      const chunk = `10000\r\n${block}\r\n`;
      const upload = async (head: string, piece: string): Promise<string> => {
        const socket = await open(proxy.port);
        const received = untilClosed(socket);
        socket.write(`${HEAD}${head}\r\n\r\n`);
        await pour(socket, piece, 1600);
        return received;
      };
      const texts = await Promise.all([
        ...Array.from({ length: 4 }, () => upload('Content-Length: 104857600', block)),
        ...Array.from({ length: 4 }, () => upload('Transfer-Encoding: chunked', chunk)),
      ]);
      for (const text of texts) assert.is(parseReply(text).status, 413);
      assert.is(numCancelled(), 4);
      assert.ok(process.memoryUsage().rss - before < 200 * MIB);
    },
  ));

test('a caller is held back while nobody reads its body', () =>
  withProxy(
    silent,
    async ({ proxy, queries, until }) => {
      const socket = await open(proxy.port);
      socket.write(`${HEAD}Content-Length: ${64 * MIB}\r\n\r\n`);
      await until(() => queries.length === 1);
      const block = Buffer.alloc(MIB);
      let sent = 0;
      while (socket.write(block)) sent += 1;
      // Kernel buffers take a few; then the socket stays full until somebody reads.
      const reader = uploadOf(queries[0]).getReader();
      const total = 64;
      void pourBlocks(socket, block, total - sent - 1);
      let received = 0;
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        received += next.value.byteLength;
        assert.is(next.value.buffer.byteLength, next.value.byteLength);
      }
      assert.is(received, 64 * MIB);
      socket.destroy();
    },
    { maxBodyBytes: 64 * MIB },
  ));

async function pourBlocks(socket: Socket, block: Buffer, times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) if (!socket.write(block)) await once(socket, 'drain');
}

test('a caller who goes away mid-body breaks the stream and cancels the query', () =>
  withProxy(silent, async ({ proxy, queries, until, numCancelled, observed }) => {
    const socket = await open(proxy.port);
    socket.write(`${HEAD}Content-Length: 100000\r\n\r\nbegin`);
    await until(() => queries.length === 1);
    const reader = uploadOf(queries[0]).getReader();
    assert.is((await reader.read()).value?.byteLength, 5);
    const broken = reader.read().then(
      () => 'read',
      (error: unknown) => String(error),
    );
    socket.destroy();
    assert.match(await broken, /went away|ended/);
    await until(() => observed.length === 1);
    assert.is(numCancelled(), 1);
    assert.equal(observed, [{ route: '/echo', method: 'POST', status: 499 }]);
  }));

test('a caller who goes away while its body is collected is never sent on', () =>
  withProxy(silent, async ({ proxy, queries, until, observed }) => {
    const socket = await open(proxy.port);
    socket.write(`${HEAD}Content-Length: 10\r\n\r\nbegin`, () => socket.destroy());
    await until(() => observed.length === 1);
    assert.is(queries.length, 0);
  }));

test('an answer before the body has come leaves the connection usable', () =>
  withProxy(hello, async ({ proxy }) => {
    const socket = await open(proxy.port);
    socket.write(`${HEAD}Content-Length: 100000\r\n\r\nbegin`);
    await readUntil(socket, 'hello');
    socket.write(`${'x'.repeat(99_995)}GET /echo HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.match(await readUntil(socket, 'hello'), /200 OK/);
    socket.destroy();
  }));

test('100 Continue comes after the length check', () =>
  withProxy(hello, async ({ proxy, queries }) => {
    const socket = await open(proxy.port);
    socket.write(`${HEAD}Expect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\n`);
    assert.match(await readUntil(socket, '100 Continue'), /^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    const received = untilClosed(socket);
    socket.write('abc');
    assert.is(parseReply(await received).status, 200);
    for (const [line, length, status] of [
      ['POST /echo', MIB + 1, 413],
      ['POST /nowhere', 3, 404],
    ] as const) {
      const head = `${line} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n`;
      assert.is(parseReply(await talk(proxy.port, head)).status, status);
    }
    assert.is(queries.length, 1);
  }));

test.run();
