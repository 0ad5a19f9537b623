import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ServeError } from '../../lib/errors.ts';
import { errorAnswer, HTTP_STATUS } from '../../lib/proxy/http-errors.ts';
import { middlewareErrorAnswer } from '../../lib/proxy/middleware-errors.ts';

const test = suite('http-errors');

const bodyOf = ({ body }: { body: unknown }): { code: string; message: string; requestId: string; stack?: string } =>
  JSON.parse(String(body)).error;

test('every code has a status that tells of a failure', () => {
  for (const status of Object.values(HTTP_STATUS)) assert.ok(status >= 400 && status <= 599);
});

test('a backend error is told only when debugging', () => {
  const error = new ServeError('BACKEND_ERROR', 'outer', { cause: new Error('secret') });
  const fixed = bodyOf(errorAnswer(error, 'id', 'fixed'));
  assert.not.match(JSON.stringify(fixed), /secret|outer|stack/);
  const debug = bodyOf(errorAnswer(error, 'id', 'debug'));
  assert.is(debug.message, 'secret');
  assert.match(debug.stack ?? '', /secret/);
});

test('a backend error with any cause has an answer', () => {
  fc.assert(
    fc.property(fc.anything(), (cause) => {
      const answer = errorAnswer(new ServeError('BACKEND_ERROR', 'x', { cause }), 'id', 'debug');
      assert.is(answer.status, 500);
      assert.type(bodyOf(answer).message, 'string');
    }),
  );
});

test('http-errors keep their status, and their message where exposed', () => {
  const make = (status: unknown, expose: unknown): Error => Object.assign(new Error('shown'), { status, expose });
  const cases: readonly [unknown, number, string][] = [
    [make(401, true), 401, 'shown'],
    [make(503, false), 503, 'Service Unavailable'],
    [make(200, true), 500, 'a middleware of this service failed'],
    [make(600, true), 500, 'a middleware of this service failed'],
    [make('401', true), 500, 'a middleware of this service failed'],
    [make(401, undefined), 500, 'a middleware of this service failed'],
    [{ status: 401, expose: true, message: 'shown' }, 500, 'a middleware of this service failed'],
  ];
  for (const [thrown, status, message] of cases) {
    const answer = middlewareErrorAnswer(thrown, 'id', 'fixed');
    assert.is(answer.status, status);
    assert.is(bodyOf(answer).code, 'MIDDLEWARE_ERROR');
    assert.is(bodyOf(answer).message, message);
  }
});

test('the headers of an error are kept when they can be sent', () => {
  const headers = { 'WWW-Authenticate': 'Basic', 'Content-Length': '7', Connection: 'x', 'bad name': 'x', X: 'a\r\nb' };
  const answer = middlewareErrorAnswer(Object.assign(new Error('x'), { headers }), 'id', 'fixed');
  assert.is(answer.headers, 'WWW-Authenticate\nBasic');
});

test.run();
