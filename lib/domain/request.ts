/** What a backend is called with: one request, from HTTP or from a handle, with the same members either way. */
import { ServeError } from '../errors.ts';
import { bytesOfData, collect, formOf, isBytes, isRecord } from './body-forms.ts';
import { type Part, TO_WIRE } from './part.ts';
import type { QueryRequest } from './query.ts';

/** Query values: from the url over HTTP (strings), as they were given by handle (any value). */
export class QueryParams implements Iterable<[string, unknown]> {
  readonly #entries: readonly (readonly [string, unknown])[];

  constructor(entries: Iterable<readonly [string, unknown]>) {
    this.#entries = [...entries];
  }

  /** The first value of that name, or null. */
  // biome-ignore lint/suspicious/noExplicitAny: by handle a value is whatever was given, as in Ray Serve
  get(name: string): any {
    const found = this.#entries.find(([key]) => key === name);
    return found ? found[1] : null;
  }

  getAll(name: string): unknown[] {
    return this.#entries.filter(([key]) => key === name).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.#entries.some(([key]) => key === name);
  }

  *[Symbol.iterator](): Iterator<[string, unknown]> {
    for (const [key, value] of this.#entries) yield [key, value];
  }
}

/** Rebuilt over there by `reviveRequest`. */
export const REQUEST_PART = 'request';

/**
 * One request. Over HTTP `data` is undefined and the body is what the caller sent; by handle `data` is the value sent
 * and the body methods give it in the form they are named after.
 *
 * `body`, `text`, `json` and `form` may be called more than once; after `stream` they may not (BAD_REQUEST).
 * Source: Ray Serve 1.x, which hands a Starlette request or a `ServeRequest` of the same shape.
 */
export class ServeRequest {
  readonly #request: QueryRequest;
  readonly #signal: (() => AbortSignal) | null;
  #headers: Headers | null = null;
  #queryParams: QueryParams | null = null;
  #path: string | null = null;
  #bytes: Promise<Uint8Array> | null = null;
  /** A body that came in motion and has been read. */
  #wholeBody: Uint8Array | null = null;
  #isStreamed = false;

  constructor(request: QueryRequest, signal: (() => AbortSignal) | null = null) {
    this.#request = request;
    this.#signal = signal;
  }

  get source(): 'http' | 'handle' {
    return this.#request.source;
  }

  /** HTTP method, upper-case; HEAD says HEAD. */
  get method(): string {
    return this.#request.method;
  }

  /** Path and query as received, or `serve://<endpoint>` by handle. */
  get url(): string {
    return this.#request.url;
  }

  get path(): string {
    this.#path ??= this.#request.source === 'handle' ? '' : beforeQuery(this.#request.url);
    return this.#path;
  }

  get headers(): Headers {
    this.#headers ??= parseHeaders(this.#request.headers);
    return this.#headers;
  }

  /** The route's variables, converted: `{id:int}` is a number. */
  get pathParams(): Readonly<Record<string, string | number>> {
    return this.#request.pathParams ?? {};
  }

  get queryParams(): QueryParams {
    this.#queryParams ??= new QueryParams(queryEntries(this.#request));
    return this.#queryParams;
  }

  /** By handle: the value sent. Undefined over HTTP. */
  // biome-ignore lint/suspicious/noExplicitAny: it is whatever the caller sent
  get data(): any {
    return this.#request.data;
  }

  get id(): string {
    return this.#request.id;
  }

  /** Aborted when the caller goes away or the deadline passes; its reason is a ServeError (CANCELLED or TIMEOUT). */
  get signal(): AbortSignal {
    return this.#signal?.() ?? NEVER_ABORTED;
  }

  /** The whole body. By handle: the bytes of a string or of bytes, else of the JSON. Throws BODY_TOO_LARGE over HTTP. */
  body(): Promise<Uint8Array> {
    this.#bytes ??= this.#readBytes();
    return this.#bytes;
  }

  /** The body as UTF-8 text. */
  async text(): Promise<string> {
    if (this.#isByHandle && typeof this.data === 'string') return this.data;
    return new TextDecoder().decode(await this.body());
  }

  /** The body parsed as JSON. By handle: an object as it is, a string parsed. Throws BAD_REQUEST when malformed. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the caller's
  async json(): Promise<any> {
    if (this.#isByHandle && typeof this.data !== 'string' && !isBytes(this.data)) return this.data;
    const text = await this.text();
    try {
      return JSON.parse(text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ServeError('BAD_REQUEST', `the request body is not valid JSON: ${reason}; send JSON`, { cause: error });
    }
  }

  /** The body as a form (urlencoded or multipart). By handle: an object's entries. Throws BAD_REQUEST when malformed. */
  async form(): Promise<FormData> {
    if (this.#isByHandle && isRecord(this.data)) return formOf(this.data);
    const type = this.headers.get('content-type') ?? 'application/x-www-form-urlencoded';
    try {
      const bytes = await this.body();
      return await new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { 'content-type': type } }).formData();
    } catch (error) {
      if (error instanceof ServeError) throw error;
      const message = `the request body is not a form of type '${type}'; send urlencoded or multipart data`;
      throw new ServeError('BAD_REQUEST', message, { cause: error });
    }
  }

  /** The body as it arrives, with back-pressure. */
  stream(): ReadableStream<Uint8Array> {
    if (this.#isStreamed) throw new ServeError('BAD_REQUEST', 'the request body is already being read as a stream');
    const { body } = this.#request;
    if (body instanceof ReadableStream) {
      if (this.#bytes) throw new ServeError('BAD_REQUEST', 'the request body has already been read as a whole');
      this.#isStreamed = true;
      return body;
    }
    const pending = this.body();
    return new ReadableStream({
      async start(controller) {
        const bytes = await pending;
        if (bytes.byteLength > 0) controller.enqueue(bytes);
        controller.close();
      },
    });
  }

  /** Inside other data a request travels with everything it holds. Throws NOT_SERIALIZABLE while its body is in motion. */
  [TO_WIRE](): Part {
    const body = this.#wholeBody ?? this.#request.body;
    if (body instanceof ReadableStream) {
      const next = 'send the request alone, as the data itself, or await request.body() first';
      throw new ServeError(
        'NOT_SERIALIZABLE',
        `a request whose body is still arriving cannot travel inside other data; ${next}`,
      );
    }
    return { kind: REQUEST_PART, state: { ...this.#request, body } };
  }

  /** The request as it came, for a handle that passes it through; its body is what `bodyOf` gives. */
  static rawOf(request: ServeRequest): QueryRequest {
    return request.#request;
  }

  /** The body to pass on: one in motion moves along, or what has been read of it. Throws BAD_REQUEST once it was streamed. */
  static bodyOf(request: ServeRequest): QueryRequest['body'] | Promise<Uint8Array> {
    const { body } = request.#request;
    if (!(body instanceof ReadableStream)) return body;
    return request.#wholeBody ?? request.#bytes ?? request.stream();
  }

  get #isByHandle(): boolean {
    return this.#request.source === 'handle';
  }

  async #readBytes(): Promise<Uint8Array> {
    if (this.#isByHandle) return bytesOfData(this.data);
    const { body } = this.#request;
    if (body === null) return new Uint8Array(0);
    if (!(body instanceof ReadableStream)) return body;
    if (this.#isStreamed) throw new ServeError('BAD_REQUEST', 'the request body is already being read as a stream');
    this.#isStreamed = true;
    this.#wholeBody = await collect(body);
    return this.#wholeBody;
  }
}

/** The request inside a received value. */
export const reviveRequest = (part: Part): ServeRequest => new ServeRequest(part.state as QueryRequest);

const NEVER_ABORTED = new AbortController().signal;

const beforeQuery = (url: string): string => {
  const mark = url.indexOf('?');
  return mark < 0 ? url : url.slice(0, mark);
};

function queryEntries({ source, url, queryParams }: QueryRequest): Iterable<readonly [string, unknown]> {
  if (source === 'handle') return Object.entries(queryParams ?? {});
  const mark = url.indexOf('?');
  return mark < 0 ? [] : new URLSearchParams(url.slice(mark + 1));
}

function parseHeaders(flat: string): Headers {
  const headers = new Headers();
  if (flat === '') return headers;
  const parts = flat.split('\n');
  for (let i = 0; i + 1 < parts.length; i += 2) headers.append(parts[i] ?? '', parts[i + 1] ?? '');
  return headers;
}
