/** A closed loop of HTTP load: each connection sends its next request when it has the answer to the last. */
import { Agent, type ClientRequest, get, type IncomingMessage } from 'node:http';

export interface LoadOptions {
  /** Loopback only: `http://127.0.0.1:…/path`. */
  readonly url: string;
  readonly connections: number;
  /** Requests per second, all connections together; 0 = as many as answers allow. Default 0. */
  readonly rate?: number;
  /** Stops by itself after so many requests. Default 1 000 000. */
  readonly maxRequests?: number;
  /** Stops by itself after so long, in ms. Default 120 000. */
  readonly maxMs?: number;
  /** The path of the n-th request, where it is not that of `url`. */
  readonly pathOf?: (n: number) => string;
  /** Starts each request id. Default `load`. */
  readonly name?: string;
}

export interface LoadAnswer {
  readonly id: string;
  /** 0: the connection failed. */
  readonly status: number;
  readonly body: string;
  readonly hasRetryAfter: boolean;
  /** By performance.now(), before the request was made and after its answer had come. */
  readonly sentAt: number;
  readonly endedAt: number;
}

const HOSTS = new Set(['127.0.0.1', 'localhost']);

export class Load {
  readonly answers: LoadAnswer[] = [];
  readonly #options: Required<Omit<LoadOptions, 'pathOf'>> & Pick<LoadOptions, 'pathOf'>;
  readonly #agent: Agent;
  readonly #startedAt = performance.now();
  readonly #done: Promise<unknown>;
  #milestones: { readonly at: number; readonly resolve: () => void }[] = [];
  #sent = 0;
  #isStopping = false;

  constructor(options: LoadOptions) {
    this.#options = { rate: 0, maxRequests: 1_000_000, maxMs: 120_000, name: 'load', ...options };
    if (!HOSTS.has(new URL(options.url).hostname)) throw new Error(`load is for loopback only, not for ${options.url}`);
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.connections });
    this.#done = Promise.all(Array.from({ length: options.connections }, () => this.#loop()));
  }

  /** Resolves when so many more answers have come, or the load has ended. */
  more(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#milestones.push({ at: this.answers.length + count, resolve });
      void this.#done.then(() => resolve());
    });
  }

  /** Resolves when the load has ended by itself. */
  async ended(): Promise<readonly LoadAnswer[]> {
    await this.#done;
    this.#agent.destroy();
    return this.answers;
  }

  /** Sends nothing more and resolves with every answer. */
  stop(): Promise<readonly LoadAnswer[]> {
    this.#isStopping = true;
    return this.ended();
  }

  async #loop(): Promise<void> {
    const { rate, maxRequests, maxMs, connections } = this.#options;
    const intervalMs = rate === 0 ? 0 : (1000 * connections) / rate;
    let next = this.#startedAt + Math.random() * intervalMs;
    while (!this.#isStopping && this.#sent < maxRequests && performance.now() - this.#startedAt < maxMs) {
      if (intervalMs > 0) {
        await until(next);
        next = Math.max(next + intervalMs, performance.now());
      }
      this.#took(await this.#send(this.#sent++));
    }
  }

  #send(n: number): Promise<LoadAnswer> {
    const { url, name, pathOf } = this.#options;
    const id = `${name}-${n}`;
    const target = pathOf ? new URL(pathOf(n), url) : url;
    return sendOne(() => get(target, { agent: this.#agent, headers: { 'x-request-id': id } }), id);
  }

  #took(answer: LoadAnswer): void {
    this.answers.push(answer);
    if (this.#milestones.length === 0) return;
    const reached = this.#milestones.filter(({ at }) => at <= this.answers.length);
    if (reached.length === 0) return;
    this.#milestones = this.#milestones.filter((milestone) => !reached.includes(milestone));
    for (const { resolve } of reached) resolve();
  }
}

/** One request outside the loop, on a connection of its own. */
export function request(url: string, id: string): Promise<LoadAnswer> {
  return sendOne(() => get(url, { agent: false, headers: { 'x-request-id': id } }), id);
}

/** The statuses of all answers and how often each came, for a message that says what went wrong. */
export function statuses(answers: readonly LoadAnswer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const key = status === 0 ? body : String(status);
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** The value below which this share of the values lies; NaN when there is none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function sendOne(open: () => ClientRequest, id: string): Promise<LoadAnswer> {
  const sentAt = performance.now();
  return new Promise((resolve) => {
    const end = (status: number, body: string, hasRetryAfter = false): void =>
      resolve({ id, status, body, hasRetryAfter, sentAt, endedAt: performance.now() });
    const sent = open();
    sent.on('error', (error: NodeJS.ErrnoException) => end(0, error.code ?? error.message));
    sent.on('response', (response: IncomingMessage) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('error', (error: NodeJS.ErrnoException) => end(0, error.code ?? error.message));
      response.on('end', () => end(response.statusCode ?? 0, body, response.headers['retry-after'] !== undefined));
    });
  });
}

const until = (time: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, time - performance.now())));
