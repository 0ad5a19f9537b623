/** A closed loop of calls by handle: each caller makes its next call when it has the answer to the last. */
import type * as serve from 'servelab';
import type { LoadAnswer } from './load.ts';

export interface HandleAnswer extends LoadAnswer {
  /** What was in force when the call was made. */
  readonly inForce: number;
}

export interface HandleLoadOptions {
  /** Of an endpoint whose backend knows its queries by the argument `id`. */
  readonly handle: serve.Handle;
  /** Starts each id. */
  readonly name: string;
  readonly callers: number;
}

export class HandleLoad {
  readonly answers: HandleAnswer[] = [];
  readonly #options: HandleLoadOptions;
  readonly #done: Promise<unknown>;
  /** Called besides the loop. */
  readonly #single: Promise<unknown>[] = [];
  #milestones: { readonly at: number; readonly resolve: () => void }[] = [];
  #inForce = 0;
  #sent = 0;
  #isStopping = false;

  constructor(options: HandleLoadOptions) {
    this.#options = options;
    this.#done = Promise.all(Array.from({ length: options.callers }, () => this.#loop()));
  }

  /** Calls from now on are marked with this. */
  mark(inForce: number): void {
    this.#inForce = inForce;
  }

  /** One call besides the loop. A streamed answer ends the call when it ends. */
  call(id: string, args: Readonly<Record<string, string>> = {}): void {
    this.#single.push(this.#call(id, args));
  }

  /** Resolves when so many more calls were made and answered. */
  more(count: number): Promise<void> {
    // Those under way were made before.
    const at = this.answers.length + this.#options.callers + count;
    return new Promise((resolve) => this.#milestones.push({ at, resolve }));
  }

  /** Calls nothing more. */
  end(): void {
    this.#isStopping = true;
  }

  /** Calls nothing more and resolves with every answer. */
  async stop(): Promise<readonly HandleAnswer[]> {
    this.end();
    await Promise.all([this.#done, ...this.#single]);
    return this.answers;
  }

  async #loop(): Promise<void> {
    while (!this.#isStopping) await this.#call(`${this.#options.name}-${this.#sent++}`, {});
  }

  async #call(id: string, args: Readonly<Record<string, string>>): Promise<void> {
    const inForce = this.#inForce;
    const sentAt = performance.now();
    const [status, body] = await this.#outcome({ ...args, id });
    this.answers.push({ id, status, body, hasRetryAfter: false, sentAt, endedAt: performance.now(), inForce });
    const isReached = ({ at }: { readonly at: number }): boolean => at <= this.answers.length;
    for (const { resolve } of this.#milestones.filter(isReached)) resolve();
    this.#milestones = this.#milestones.filter((milestone) => !isReached(milestone));
  }

  /** As over HTTP; status 0 with the error itself. */
  async #outcome(args: Readonly<Record<string, string>>): Promise<[status: number, body: string]> {
    try {
      const value = await this.#options.handle.remote(null, args);
      return [200, value instanceof ReadableStream ? await textOf(value) : JSON.stringify(value)];
    } catch (error) {
      return [0, String(error)];
    }
  }
}

async function textOf(stream: ReadableStream<string>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}
