import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isOwnHost } from '../../lib/proxy/own-host.ts';
import { always, answerOf, codeOf, parseReply, talk, withProxy } from './proxy-fixture.ts';

const test = suite('own host');

const OWN = [
  '127.0.0.1', '127.0.0.1:8000', '127.8.8.8:1', 'localhost', 'localhost:8000', 'LOCALHOST', 'localhost.', 'app.localhost:1', 'my-box:8000',
  '[::1]', '[::1]:8000', '192.168.0.7:8000', '', undefined,
]; // biome-ignore format: a table
const FOREIGN = [
  'evil.test', 'evil.test:8000', 'localhost.evil.test', 'evil.test.', '127.0.0.1.evil.test', '127.0.0.1evil',
  '[evil.test]', '[::1].evil.test', 'localhost:8000.evil.test', '0x7f.1', '127.1', 'not.localhost.x', '@127.0.0.1', 'é', 'a/b',
]; // biome-ignore format: a table

test('a server for this machine alone knows its names', () => {
  for (const listensAt of ['127.0.0.1', '127.0.0.2', '::1', 'localhost']) {
    for (const host of OWN) assert.ok(isOwnHost(host, listensAt), `${host} at ${listensAt}`);
    for (const host of FOREIGN) assert.not(isOwnHost(host, listensAt), `${host} at ${listensAt}`);
  }
  assert.ok(isOwnHost('app.localhost', 'app.localhost'));
});

test('a server that others reach may be called anything', () => {
  for (const listensAt of ['0.0.0.0', '::', '192.168.0.7', 'example.com']) {
    for (const host of [...OWN, ...FOREIGN]) assert.ok(isOwnHost(host, listensAt), `${host} at ${listensAt}`);
  }
});

const asked = (path: string, host: string, method = 'GET'): string =>
  `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

test('routes and metrics are for this machine’s own names; health and endpoints are for all', () =>
  withProxy(always(answerOf('hello')), async ({ proxy: { port } }) => {
    for (const path of ['/-/routes', '/-/metrics', '/-/metrics?x']) {
      for (const method of ['GET', 'HEAD']) {
        assert.is(parseReply(await talk(port, asked(path, `127.0.0.1:${port}`, method))).status, 200, path);
        const refused = parseReply(await talk(port, asked(path, `evil.test:${port}`, method)));
        assert.is(refused.status, 403, path);
        if (method === 'GET') assert.is(codeOf(refused), 'HOST_NOT_ALLOWED');
      }
    }
    for (const path of ['/-/healthz', '/echo']) {
      assert.is(parseReply(await talk(port, asked(path, 'evil.test'))).status, 200, path);
    }
  }));

test.run();
