/** HTTP from the prompt: `await http.get('/echo?x=1')`. */
import { inspect } from 'node:util';
import { ServeError } from '../../lib/index.ts';

export type HttpInit = Omit<RequestInit, 'method' | 'body'>;

export class HttpCaller {
  readonly #base: () => string | null;

  constructor(base: () => string | null) {
    this.#base = base;
  }

  get(path: string, init?: HttpInit): Promise<HttpAnswer> {
    return this.request('GET', path, undefined, init);
  }

  /** A string or bytes go as they are, all else as JSON. */
  post(path: string, body?: unknown, init?: HttpInit): Promise<HttpAnswer> {
    return this.request('POST', path, body, init);
  }

  /** Rejects with INVALID_ARGUMENT when the instance has no HTTP, or the path is another server's. */
  async request(method: string, path: string, body?: unknown, init: HttpInit = {}): Promise<HttpAnswer> {
    const url = this.#url(path);
    const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
    const headers = new Headers(init.headers);
    if (!isRaw && !headers.has('content-type')) headers.set('content-type', 'application/json');
    const startedAt = performance.now();
    const sent = isRaw ? body : JSON.stringify(body);
    const response = await fetch(url, { ...init, method, headers, ...(sent === undefined ? {} : { body: sent }) });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return new HttpAnswer(response, bytes, performance.now() - startedAt);
  }

  #url(path: string): URL {
    const base = this.#base();
    if (base === null) {
      throw new ServeError('INVALID_ARGUMENT', 'the instance has no HTTP; call its endpoints: await endpoints.name()');
    }
    const url = new URL(path, base);
    if (url.origin === new URL(base).origin) return url;
    throw new ServeError('INVALID_ARGUMENT', `http calls the instance at ${base}, got '${path}'; use fetch for others`);
  }
}

export class HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** From the call to the last byte. */
  readonly ms: number;
  readonly #statusText: string;

  constructor({ status, statusText, headers }: Response, bytes: Uint8Array, ms: number) {
    this.status = status;
    this.headers = headers;
    this.bytes = bytes;
    this.ms = ms;
    this.#statusText = statusText;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  /** Throws a SyntaxError when it is no JSON. */
  get json(): unknown {
    return JSON.parse(this.text);
  }

  [inspect.custom](_depth: number, options: import('node:util').InspectOptionsStylized): string {
    const type = this.headers.get('content-type') ?? '';
    const head = `${this.status} ${this.#statusText}  ${this.ms.toFixed(1)} ms  ${type}`.trimEnd();
    const styled = options.stylize(head, this.ok ? 'number' : 'regexp');
    const body = this.#shownBody(type, options);
    return body === '' ? styled : `${styled}\n${body}`;
  }

  #shownBody(type: string, options: import('node:util').InspectOptions): string {
    if (this.bytes.length === 0) return '';
    if (/\bjson\b/.test(type)) {
      try {
        return inspect(this.json, options);
      } catch {
        return this.text; // it only says that it is JSON
      }
    }
    return /^text\/|xml|javascript|^$/.test(type) ? this.text.trimEnd() : `${this.bytes.length} bytes`;
  }
}
