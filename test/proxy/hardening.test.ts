import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { originForm } from '../../lib/proxy/hardening.ts';
import {
  always,
  answerOf,
  codeOf,
  open,
  parseReply,
  readUntil,
  silent,
  talk,
  untilClosed,
  withProxy,
} from './proxy-fixture.ts';

const test = suite('hardening');
const hello = always(answerOf('hello'));
const HOST = 'Host: x\r\n';
const POST = `POST /echo HTTP/1.1\r\n${HOST}`;
const LATER = `GET /echo HTTP/1.1\r\n${HOST}\r\n`;

/** What is sent, and the status it gets; the connection ends, and the request sent after it is never served. */
const REFUSED: readonly [string, string, number][] = [
  ['no Host', 'GET /echo HTTP/1.1\r\n\r\n', 400],
  ['two Hosts', `GET /echo HTTP/1.1\r\n${HOST}host: y\r\n\r\n`, 400],
  ['HTTP/0.9', 'GET /echo\r\n', 400],
  ['HTTP/1.2', `GET /echo HTTP/1.2\r\n${HOST}\r\n`, 400],
  ['HTTP/2.0', `GET /echo HTTP/2.0\r\n${HOST}\r\n`, 400],
  ['no method', '\x01\x02 nonsense\r\n\r\n', 400],
  ['length and coding', `${POST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['coding and length', `${POST}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n`, 400],
  ['two lengths', `${POST}Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde`, 400],
  ['two equal lengths', `${POST}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`, 400],
  ['length list', `${POST}Content-Length: 3, 3\r\n\r\nabc`, 400],
  ['length +3', `${POST}Content-Length: +3\r\n\r\nabc`, 400],
  ['length 0x3', `${POST}Content-Length: 0x3\r\n\r\nabc`, 400],
  ['length -3', `${POST}Content-Length: -3\r\n\r\nabc`, 400],
  ['length overflow', `${POST}Content-Length: 99999999999999999999999\r\n\r\nabc`, 400],
  ['folded header', `GET /echo HTTP/1.1\r\n${HOST}X: a\r\n b\r\n\r\n`, 400],
  ['space before colon', `GET /echo HTTP/1.1\r\n${HOST}X : a\r\n\r\n`, 400],
  ['bare LF', 'GET /echo HTTP/1.1\nHost: x\n\n', 400],
  ['bare CR', `GET /echo HTTP/1.1\r\n${HOST}X: a\rb\r\n\r\n`, 400],
  ['NUL in a header', `GET /echo HTTP/1.1\r\n${HOST}X: a\0b\r\n\r\n`, 400],
  ['NUL in the path', `GET /ec\0ho HTTP/1.1\r\n${HOST}\r\n`, 400],
  ['coding in HTTP/1.0', `POST /echo HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['gzip, chunked', `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 501],
  ['chunked twice', `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['xchunked', `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 501],
  ['chunked, identity', `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`, 400],
  ['header of 20 KB', `GET /echo HTTP/1.1\r\n${HOST}X: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
  ['URL of 20 KB', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`, 431],
  ['1500 tiny headers', `GET /echo HTTP/1.1\r\n${HOST}${'abcdefg: 0\r\n'.repeat(1500)}\r\n`, 431],
  ['CONNECT', 'CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n', 405],
  ['other expectation', `${POST}Expect: a-pony\r\nContent-Length: 3\r\n\r\nabc`, 417],
];

const numAnswers = (text: string): number => [...text.matchAll(/HTTP\/1\.1 \d/g)].length;

test('what two parsers could read differently is refused, and ends the connection', () =>
  withProxy(hello, async ({ proxy, queries }) => {
    for (const [name, bytes, status] of REFUSED) {
      const text = await talk(proxy.port, bytes + LATER);
      const reply = parseReply(text);
      assert.is(reply.status, status, name);
      assert.match(reply.head, /Connection: close/, name);
      assert.match(reply.head, /X-Request-Id: made-\d+/, name);
      assert.type(codeOf(reply), 'string', name);
      assert.is(numAnswers(text), 1, name);
    }
    assert.is(queries.length, 0);
  }));

test('bad chunks are 400 for the request they belong to', () =>
  withProxy(silent, async ({ proxy, numCancelled }) => {
    for (const chunk of ['zz\r\nabc\r\n', '3\r\nabcd\r\n', '-1\r\n', '0x3\r\nabc\r\n', '3\nabc\n0\n\n']) {
      const text = await talk(proxy.port, `${POST}Transfer-Encoding: chunked\r\n\r\n${chunk}${LATER}`);
      assert.is(parseReply(text).status, 400, chunk);
      assert.is(numAnswers(text), 1);
    }
    assert.is(numCancelled(), 5);
  }));

test('a chunk extension of 20 KB is 413', () =>
  withProxy(silent, async ({ proxy }) => {
    const bytes = `${POST}Transfer-Encoding: chunked\r\n\r\n3;${'a'.repeat(20_000)}\r\nabc\r\n0\r\n\r\n`;
    assert.is(parseReply(await talk(proxy.port, bytes)).status, 413);
  }));

test('rubbish behind a request is refused after that request is answered', () =>
  withProxy(hello, async ({ proxy }) => {
    const text = await talk(proxy.port, `${LATER}rubbish\r\n\r\n`);
    assert.match(text, /^HTTP\/1\.1 200 [\s\S]*helloHTTP\/1\.1 400 /);
  }));

test('TRACE is 405, Upgrade is ignored, `*` is 400: none is a path', () =>
  withProxy(hello, async ({ proxy, queries }) => {
    assert.is(
      parseReply(await talk(proxy.port, `TRACE /echo HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`)).status,
      405,
    );
    assert.is(parseReply(await talk(proxy.port, `OPTIONS * HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`)).status, 400);
    assert.is(queries.length, 0);
    const socket = await open(proxy.port);
    socket.write(`GET /echo HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    assert.match(await readUntil(socket, 'hello'), /200 OK/);
    socket.destroy();
  }));

test('an absolute target is routed by its path', () =>
  withProxy(hello, async ({ proxy, queries }) => {
    const text = await talk(proxy.port, `GET http://x/echo?a HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
    assert.is(parseReply(text).status, 200);
    assert.is(queries[0]?.request.url, '/echo?a');
  }));

test('the origin form of a target', () => {
  const cases: readonly [string, string | null][] = [
    ['/a?b', '/a?b'],
    ['//a', '//a'],
    ['http://h/a', '/a'],
    ['HTTPS://h:1/a?b', '/a?b'],
    ['http://h', '/'],
    ['http://h?x', '/?x'],
    ['http:///a', null],
    ['ftp://h/a', null],
    ['*', null],
    ['h:443', null],
    ['', null],
  ];
  for (const [target, expected] of cases) assert.is(originForm(target), expected, target);
});

const QUICK = { headersTimeoutMs: 60, requestTimeoutMs: 120, checkIntervalMs: 20 };

test('headers that do not come in time are 408', () =>
  withProxy(
    hello,
    async ({ proxy }) => {
      const text = await talk(proxy.port, 'GET /echo HTTP/1.1\r\nHost');
      assert.is(parseReply(text).status, 408);
      assert.match(text, /X-Request-Id/);
    },
    { serverTimeouts: QUICK },
  ));

test('a body that does not come in time is 408, collected or in motion', () =>
  withProxy(
    silent,
    async ({ proxy, queries, observed, numCancelled }) => {
      assert.is(parseReply(await talk(proxy.port, `${POST}Content-Length: 9\r\n\r\na`)).status, 408);
      assert.is(queries.length, 0);
      assert.is(parseReply(await talk(proxy.port, `${POST}Content-Length: 90000\r\n\r\na`)).status, 408);
      assert.is(numCancelled(), 1);
      assert.equal(
        observed.map(({ status }) => status),
        [408, 408],
      );
    },
    { serverTimeouts: QUICK },
  ));

test('a silent connection is closed', () =>
  withProxy(
    hello,
    async ({ proxy }) => {
      await untilClosed(await open(proxy.port));
    },
    { serverTimeouts: QUICK },
  ));

test('an idle connection is closed after the keep-alive time', () =>
  withProxy(
    hello,
    async ({ proxy }) => {
      const socket = await open(proxy.port);
      socket.write(LATER);
      assert.match(await untilClosed(socket), /hello/);
    },
    { serverTimeouts: { keepAliveTimeoutMs: 1 } },
  ));

test('a shard key over 8 KB is 400', () =>
  withProxy(hello, async ({ proxy }) => {
    const head = `GET /echo HTTP/1.1\r\n${HOST}X-Serve-Shard-Key: ${'k'.repeat(8193)}\r\n\r\n`;
    assert.is(parseReply(await talk(proxy.port, head)).status, 400);
  }));

test.run();
