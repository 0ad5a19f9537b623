/** Two ways out for an answer: straight to the response, or through Koa when middlewares may still change it. */
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import type Koa from 'koa';
import type { HttpAnswer } from '../domain/query.ts';
import { ServeError } from '../errors.ts';
import { AnswerBody, discardBody } from './answer-body.ts';
import { type FramedAnswer, frameAnswer } from './answer-headers.ts';
import { errorAnswer } from './http-errors.ts';

/** Writes the answer: one head, one end. An answer that HTTP cannot carry becomes 500 NOT_SERIALIZABLE. */
export function writeAnswer(res: ServerResponse, answer: HttpAnswer, requestId: string): void {
  const framed = framedOrError(answer, res.req.method ?? '', requestId);
  try {
    res.writeHead(framed.status, framed.headers);
  } catch (cause) {
    // A content type alone is not checked beforehand: Node does it, and has written nothing when it refuses.
    discardBody(framed.body);
    const refused = new ServeError('NOT_SERIALIZABLE', 'the answer has a header that HTTP cannot carry', { cause });
    writeAnswer(res, errorAnswer(refused, requestId, 'fixed'), requestId);
    return;
  }
  const { body } = framed;
  if (body === null) res.end();
  else if (!(body instanceof ReadableStream)) res.end(body);
  else {
    res.flushHeaders();
    // A broken source or a caller gone: pipeline destroys both ends, so the body never ends cleanly by mistake.
    pipeline(answerBody(body, res), res, () => undefined);
  }
}

/** Puts the answer on the context; Koa writes it after the last middleware. */
export function putAnswer(ctx: Koa.Context, answer: HttpAnswer, requestId: string): void {
  // With headers, if only none, all of them are checked: Koa would throw into the user's middlewares.
  const checked = { ...answer, headers: answer.headers ?? '' };
  const { status, headers, body } = framedOrError(checked, ctx.method, requestId);
  if (ctx.body !== null && ctx.body !== undefined) ctx.body = null;
  const hasType = putHeaders(ctx, headers);
  if (body instanceof ReadableStream) {
    ctx.body = answerBody(body, ctx.res);
    ctx.res.once('pipe', flushHead);
  } else if (body instanceof Uint8Array) ctx.body = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  else if (body !== null) ctx.body = body;
  // Without a body Koa would write the status's name as one.
  else if (ctx.method !== 'HEAD' && status !== 204 && status !== 304) ctx.body = '';
  // Koa guesses a type from the body; the backend named none.
  if (!hasType) ctx.remove('Content-Type');
  ctx.status = status;
}

function flushHead(this: ServerResponse): void {
  this.flushHeaders();
}

/** True when a content type is among them. Cookies and Vary of the middlewares before stay; other names are replaced. */
function putHeaders(ctx: Koa.Context, headers: readonly string[]): boolean {
  const seen = new Set(['set-cookie', 'vary']);
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const value = headers[at + 1] ?? '';
    const lower = name.toLowerCase();
    if (seen.has(lower)) ctx.append(name, value);
    else ctx.set(name, value);
    seen.add(lower);
  }
  return seen.has('content-type');
}

function framedOrError(answer: HttpAnswer, method: string, requestId: string): FramedAnswer {
  try {
    if (answer.body instanceof ReadableStream && answer.body.locked) {
      throw new ServeError('NOT_SERIALIZABLE', 'the answer is a stream that something else already reads');
    }
    const framed = frameAnswer(answer, method, requestId);
    if (framed.body === null) discardBody(answer.body);
    return framed;
  } catch (error) {
    discardBody(answer.body);
    const refused = error instanceof ServeError ? error : new ServeError('NOT_SERIALIZABLE', 'the answer is malformed');
    return frameAnswer(errorAnswer(refused, requestId, 'fixed'), method, requestId);
  }
}

function answerBody(body: ReadableStream<Uint8Array>, res: ServerResponse): AnswerBody {
  return new AnswerBody(body, res.req.httpVersionMinor === 0 ? res.req.socket : null);
}
