/** What a backend returned, sent in the form its caller asked for. Encoding happens here, in the replica's thread. */
import type { AsyncLocalStorage } from 'node:async_hooks';
import type { HttpAnswer } from '../domain/query.ts';
import { ServeRequest } from '../domain/request.ts';
import { ServeError } from '../errors.ts';
import { headOfResponse } from '../wire/answered-response.ts';
import type { IncomingQuery } from '../wire/query-receiver.ts';
import type { Caller } from './caller.ts';
import { encodeJson } from './json.ts';

const TEXT = 'text/plain; charset=utf-8';
const BYTES = 'application/octet-stream';
const JSON_TYPE = 'application/json; charset=utf-8';
const JSON_LINES = 'application/x-ndjson';

type Chunks = AsyncIterator<unknown> | Iterator<unknown>;

/**
 * Sends `value` as the query's answer; null, or a promise of a stream's first chunk, after which the head has been sent.
 * Throws NOT_SERIALIZABLE, with the query still open, when the value has no form to travel in.
 * The body of a generator runs as part of the query, by `lineage`, however late.
 */
export function sendAnswer(
  query: IncomingQuery,
  value: unknown,
  lineage: AsyncLocalStorage<Caller>,
): Promise<void> | null {
  if (query.answerAs === 'value') return sendValue(query, value, lineage);
  if (value === undefined || value === null) query.answerHttp(EMPTY);
  else if (typeof value === 'string') query.answerHttp({ status: 200, headers: null, contentType: TEXT, body: value });
  else if (typeof value !== 'object') query.answerHttp(jsonAnswer(value));
  else if (isBytes(value)) query.answerHttp({ status: 200, headers: null, contentType: BYTES, body: bytesOf(value) });
  else if (isResponse(value)) return sendResponse(query, value);
  else {
    const chunks = chunksOf(value);
    if (chunks) return sendChunks(query, partOf(query, chunks, lineage));
    query.answerHttp(jsonAnswer(value));
  }
  return null;
}

const EMPTY: HttpAnswer = Object.freeze({ status: 200, headers: null, contentType: null, body: null });

const jsonAnswer = (value: unknown): HttpAnswer => ({
  status: 200,
  headers: null,
  contentType: JSON_TYPE,
  body: encodeJson(value),
});

function sendValue(query: IncomingQuery, value: unknown, lineage: AsyncLocalStorage<Caller>): Promise<void> | null {
  if (typeof value === 'object' && value !== null) {
    if (isResponse(value)) return sendResponse(query, value);
    const chunks = value instanceof ServeRequest ? null : chunksOf(value);
    if (chunks) {
      query.answerStream(streamOf(partOf(query, chunks, lineage)));
      return null;
    }
  }
  query.answerValue(value);
  return null;
}

/** By its tag: naming the class itself would load Node's whole fetch, 30 ms, into each replica. */
const isResponse = (value: object): value is Response => Object.prototype.toString.call(value) === '[object Response]';

const isBytes = (value: object): value is Uint8Array | ArrayBuffer =>
  value instanceof Uint8Array || value instanceof ArrayBuffer;

const bytesOf = (value: Uint8Array | ArrayBuffer): Uint8Array =>
  value instanceof ArrayBuffer ? new Uint8Array(value) : value;

/** The chunks of what is streamed: a ReadableStream, an async iterable or a generator; null for any other value. */
function chunksOf(value: object): Chunks | null {
  if (Symbol.asyncIterator in value) return (value as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  if (Symbol.iterator in value && typeof (value as { next?: unknown }).next === 'function') {
    return (value as Iterable<unknown>)[Symbol.iterator]();
  }
  return null;
}

/** A generator's body runs within `next` and `return`, which the stream calls when it likes: outside of the query. */
function partOf(query: IncomingQuery, chunks: Chunks, lineage: AsyncLocalStorage<Caller>): Chunks {
  return {
    next: () => lineage.run(query, () => chunks.next()),
    return: () => lineage.run(query, () => chunks.return?.() ?? ENDED),
  } as Chunks;
}

const ENDED: IteratorResult<unknown> = Object.freeze({ done: true, value: undefined });

/** Waits for the first chunk: its kind decides the content type, and a failure before it is still a clean 500. */
async function sendChunks(query: IncomingQuery, chunks: Chunks): Promise<void> {
  const ended = new Promise<null>((resolve) => {
    query.onAborted(() => resolve(null));
  });
  const first = await Promise.race([chunks.next(), ended]);
  if (!first) {
    // A generator that is running ends at its next yield; one that waits for ever cannot be ended by anybody.
    giveUp(chunks);
    return;
  }
  if (first.done) return query.answerHttp(EMPTY);
  const opening = { chunk: converted(chunks, first.value, toBytes) };
  query.answerHttp({
    status: 200,
    headers: null,
    contentType: contentTypeOf(first.value),
    body: streamOf(chunks, toBytes, opening) as ReadableStream<Uint8Array>,
  });
}

function contentTypeOf(chunk: unknown): string {
  if (typeof chunk === 'string') return TEXT;
  return ArrayBuffer.isView(chunk) || chunk instanceof ArrayBuffer ? BYTES : JSON_LINES;
}

const encoder = new TextEncoder();

function toBytes(chunk: unknown): unknown {
  if (typeof chunk === 'string') return encoder.encode(chunk);
  if (chunk instanceof Uint8Array) return chunk;
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return encoder.encode(`${encodeJson(chunk)}\n`);
}

/** Lets the source's `finally` run, with nobody to wait for it. */
function giveUp(chunks: Chunks): void {
  void (async () => chunks.return?.())().catch(() => {});
}

/** Throws what `convert` throws, with the source given up. */
function converted(chunks: Chunks, chunk: unknown, convert: (chunk: unknown) => unknown): unknown {
  try {
    return convert(chunk);
  } catch (error) {
    giveUp(chunks);
    throw error;
  }
}

/**
 * A stream that asks its source for one chunk at a time, and lets the source's `finally` run when nobody reads on.
 * `opening`: what goes before them, converted.
 */
function streamOf(
  chunks: Chunks,
  convert: (chunk: unknown) => unknown = (chunk) => chunk,
  opening: { readonly chunk: unknown } | null = null,
): ReadableStream<unknown> {
  let waiting = opening;
  return new ReadableStream<unknown>(
    {
      async pull(controller) {
        if (waiting) {
          controller.enqueue(waiting.chunk);
          waiting = null;
          return;
        }
        const next = await chunks.next();
        if (next.done) controller.close();
        else controller.enqueue(converted(chunks, next.value, convert));
      },
      async cancel() {
        await chunks.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

async function sendResponse(query: IncomingQuery, response: Response): Promise<void> {
  if (response.bodyUsed) {
    throw new ServeError('NOT_SERIALIZABLE', 'the returned Response has been read already; return response.clone()');
  }
  const answer = headOfResponse(response);
  if (query.answerAs === 'http') query.answerHttp(answer);
  else query.answerResponse(answer);
}
