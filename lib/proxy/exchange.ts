/** One HTTP request on its way to an endpoint and back: it is the sink of its own query. */
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AnswerSink, HttpAnswer, QueryTicket } from '../domain/query.ts';
import { ServeError } from '../errors.ts';
import { discardBody } from './answer-body.ts';
import { writeAnswer } from './answer-writing.ts';
import { closeAfterAnswer } from './connection-closing.ts';
import type { Refusal } from './hardening.ts';
import { disclosureOf, errorAnswer, errorReport } from './http-errors.ts';
import type { ProxyShell, RouteMatch } from './proxy-parts.ts';
import { bodyLength, collectBody, MAX_WHOLE_BYTES, Upload } from './request-body.ts';
import { makeQuery, methodLabel } from './request-decoding.ts';
import { routeLabel } from './route-facts.ts';

/** Node makes the responses; a field finds the exchange again without a map or a closure per request. */
export class ProxyResponse extends ServerResponse {
  exchange: Exchange | null = null;
  /** The caller sends its body only after a 100. */
  awaitsContinue = false;

  continueBody(): void {
    this.awaitsContinue = false;
    this.writeContinue();
  }
}

interface ProxySocket extends Duplex {
  lastExchange?: Exchange;
  /** Those behind an earlier answer of a pipelining caller: their responses never hear of a lost connection. */
  queuedExchanges?: Set<Exchange>;
}

/** The status under which a request is counted whose caller left before any answer (nginx's word for it). */
const CLIENT_CLOSED_REQUEST = 499;

export class Exchange implements AnswerSink {
  readonly req: IncomingMessage;
  readonly res: ProxyResponse;
  readonly id: string;
  /** Pattern of the route; null until one matched. */
  route: string | null = null;
  readonly #shell: ProxyShell;
  readonly #startedAt = performance.now();
  #ticket: QueryTicket | null = null;
  #upload: Upload | null = null;
  /** Where the answer goes when Koa writes it; null = straight to the response. */
  #toKoa: ((answer: HttpAnswer) => void) | null = null;
  #settled = false;
  #closed = false;

  constructor(shell: ProxyShell, req: IncomingMessage, res: ProxyResponse, id: string) {
    this.#shell = shell;
    this.req = req;
    this.res = res;
    this.id = id;
    res.exchange = this;
    res.on('close', onResponseClose);
    const socket: ProxySocket = req.socket;
    socket.lastExchange = this;
    if (res.socket === null) queueExchange(socket, this);
  }

  /** The answer will be given to `deliver` instead of being written. */
  answerTo(deliver: (answer: HttpAnswer) => void): void {
    this.#toKoa = deliver;
  }

  /** Sends the query, once its body is there or in motion. `taken`: the body, where a middleware has read it already. */
  start(match: RouteMatch, taken: Uint8Array | null): void {
    const { req } = this;
    const length = bodyLength(req);
    if (length === 0 || req.readableEnded) this.#submit(match, taken);
    else if (length !== null && length <= MAX_WHOLE_BYTES) {
      collectBody(req, length, (body) => this.#submit(match, body));
    } else {
      this.#upload = new Upload(req, this.#shell.options.maxBodyBytes, () => this.tooLarge());
      this.#submit(match, this.#upload.stream);
    }
  }

  #submit(match: RouteMatch, body: Uint8Array | ReadableStream<Uint8Array> | null): void {
    if (this.#settled) return;
    const { options, parts } = this.#shell;
    // Deadlines count from arrival, so what a body took that was waited for is gone.
    const spentMs = body instanceof Uint8Array ? performance.now() - this.#startedAt : 0;
    const query = makeQuery(this.req, match, body, this.id, { timeoutMs: options.requestTimeoutMs, spentMs });
    this.#ticket = parts.submit(query, this);
  }

  answered(answer: unknown): void {
    // The query asked for 'http'; AnswerSink promises an HttpAnswer for it.
    const given = answer as HttpAnswer;
    if (this.#settled) discardBody(given.body);
    else this.#settle(given);
  }

  failed(error: ServeError): void {
    if (!this.#settled) this.#settle(errorAnswer(error, this.id, disclosureOf(this.#shell.options)));
  }

  /** Ends the exchange with a refusal; the query, if there is one, is cancelled. */
  refuse(refusal: Refusal): void {
    if (this.#settled) return;
    if (refusal.connection === 'close') closeAfterAnswer(this.res);
    this.#settle(errorReport({ ...refusal, requestId: this.id }));
    this.#ticket?.cancel();
  }

  tooLarge(): void {
    const message = `the body is larger than the ${this.#shell.options.maxBodyBytes} bytes allowed`;
    this.refuse({ status: 413, code: 'BODY_TOO_LARGE', message, headers: [], connection: 'close' });
  }

  /** Nobody waits for the query's answer any more. */
  abandon(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#ticket?.cancel();
  }

  #settle(answer: HttpAnswer): void {
    this.#settled = true;
    if (this.#shell.closing) this.res.shouldKeepAlive = false;
    if (this.#toKoa === null) writeAnswer(this.res, answer, this.id);
    else this.#toKoa(answer);
  }

  /** The response is over: written to its end, or its caller gone. */
  closed(): void {
    if (this.#closed) return;
    this.#closed = true;
    const socket: ProxySocket = this.req.socket;
    socket.queuedExchanges?.delete(this);
    this.#upload?.release();
    if (!this.#settled) this.#leave();
    const { parts, closing } = this.#shell;
    const status = this.res.headersSent ? this.res.statusCode : CLIENT_CLOSED_REQUEST;
    const route = this.route ?? routeLabel(this.#shell, this.req.url ?? '');
    parts.observe(route, methodLabel(this.req.method), status, performance.now() - this.#startedAt);
    if (closing) this.#shell.closeIdleConnections();
  }

  #leave(): void {
    const deliver = this.#toKoa;
    this.abandon();
    // Middlewares that wait for `next()` must not wait for ever; what they get is not written to anybody.
    deliver?.(errorAnswer(new ServeError('CANCELLED', 'the caller went away'), this.id, 'fixed'));
  }
}

function queueExchange(socket: ProxySocket, exchange: Exchange): void {
  if (socket.queuedExchanges === undefined) {
    const queued = new Set<Exchange>();
    socket.queuedExchanges = queued;
    socket.once('close', () => {
      for (const one of queued) one.closed();
    });
  }
  socket.queuedExchanges.add(exchange);
}

function onResponseClose(this: ProxyResponse): void {
  this.exchange?.closed();
}

/** The exchange of a response that our server made. */
export function exchangeOf(res: ServerResponse): Exchange {
  if (res instanceof ProxyResponse && res.exchange !== null) return res.exchange;
  throw new Error('this response is not one of the proxy');
}

/** The newest request of a connection; null = none was ever read whole. */
export function lastExchangeOn(socket: Duplex): Exchange | null {
  const known: ProxySocket = socket;
  return known.lastExchange ?? null;
}
