/** The result of a handle's call, on its way. */
import { readGivenOptions } from './domain/given-options.ts';
import { describeValue, invalidValue, MAX_TIMEOUT_MS } from './domain/given-value.ts';
import { IS_REF } from './domain/part.ts';
import type { AnswerSink, QueryTicket } from './domain/query.ts';
import { ServeError } from './errors.ts';

type State<T> =
  | { readonly is: 'pending' }
  | { readonly is: 'answered'; readonly value: T }
  | { readonly is: 'failed'; readonly error: unknown };

const PENDING = { is: 'pending' } as const;

/**
 * A `PromiseLike`: `await` it, or hand it to `serve.get`, `serve.wait`, or another call, which then waits for it.
 *
 * A failed reference that nobody awaits is no unhandled rejection. Source: Ray's ObjectRef.
 */
export class ObjectRef<T = unknown> implements PromiseLike<T>, AnswerSink {
  readonly [IS_REF] = true;
  #state: State<T> = PENDING;
  #promise: PromiseWithResolvers<T> | null = null;
  #ticket: QueryTicket | null = null;
  #isCancelled = false;
  #blockUntilSettled: (() => void) | null = null;

  /** The id of its request, by which `client.trace` knows it; null before it is sent, which waits for its arguments. */
  requestId: string | null = null;

  /** The query under way, by which `cancel` reaches it. */
  attach(ticket: QueryTicket, blockUntilSettled: (() => void) | null = null): void {
    this.#ticket = ticket;
    this.#blockUntilSettled = blockUntilSettled;
    if (this.#isCancelled) ticket.cancel();
  }

  answered(value: unknown): void {
    if (this.#state.is !== 'pending') return;
    this.#state = { is: 'answered', value: value as T };
    this.#promise?.resolve(value as T);
  }

  failed(error: unknown): void {
    if (this.#state.is !== 'pending') return;
    this.#state = { is: 'failed', error };
    this.#promise?.reject(error);
  }

  get isSettled(): boolean {
    return this.#state.is !== 'pending';
  }

  // biome-ignore lint/suspicious/noThenProperty: being awaitable is what it is for
  then<A = T, B = never>(
    onAnswer?: ((value: T) => A | PromiseLike<A>) | null,
    onFailure?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#asPromise().then(onAnswer, onFailure);
  }

  catch<B = never>(onFailure?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.#asPromise().catch(onFailure);
  }

  finally(onSettled?: (() => void) | null): Promise<T> {
    return this.#asPromise().finally(onSettled);
  }

  /** Gives the query up: the reference fails with CANCELLED unless it has its result; the backend's `signal` aborts. */
  cancel(): void {
    this.#isCancelled = true;
    this.#ticket?.cancel();
    this.failed(new ServeError('CANCELLED', 'the query was cancelled by its caller'));
  }

  /**
   * Blocks the thread until the result is there and returns it. Only of handles made with `sync: true`, in a replica;
   * else throws SYNC_NOT_POSSIBLE. Throws what awaiting would reject with.
   */
  get(): T {
    if (this.#state.is === 'pending') {
      if (!this.#blockUntilSettled) {
        throw new ServeError(
          'SYNC_NOT_POSSIBLE',
          'ref.get() cannot block here: it works in a replica, on a handle made with getHandle(endpoint, { sync: true }); ' +
            'await the reference instead',
        );
      }
      this.#blockUntilSettled();
    }
    if (this.#state.is === 'answered') return this.#state.value;
    throw this.#state.is === 'failed' ? this.#state.error : new Error('the query did not end');
  }

  #asPromise(): Promise<T> {
    if (!this.#promise) {
      this.#promise = Promise.withResolvers<T>();
      if (this.#state.is === 'answered') this.#promise.resolve(this.#state.value);
      else if (this.#state.is === 'failed') this.#promise.reject(this.#state.error);
    }
    return this.#promise.promise;
  }
}

type Result<Ref> = Ref extends PromiseLike<infer T> ? T : never;

export interface GetOptions {
  /** How long to wait, in ms, >= 0; then TIMEOUT. The queries go on. Default: for ever. */
  readonly timeoutMs?: number;
}

/** The result of one reference, or of several in their order. Rejects as soon as one fails. Source: Ray's `ray.get`. */
export function get<Ref extends PromiseLike<unknown>>(ref: Ref, options?: GetOptions): Promise<Result<Ref>>;
export function get<const Refs extends readonly PromiseLike<unknown>[]>(
  refs: Refs,
  options?: GetOptions,
): Promise<{ -readonly [I in keyof Refs]: Result<Refs[I]> }>;
export async function get(
  refs: PromiseLike<unknown> | readonly PromiseLike<unknown>[],
  options?: GetOptions,
): Promise<unknown> {
  const timeoutMs = readTimeout(readGivenOptions('get', options, ['timeoutMs']));
  const all = Array.isArray(refs) ? Promise.all(refs.map(requireRef)) : Promise.resolve(requireRef(refs));
  if (timeoutMs === undefined) return all;
  const late = new ServeError(
    'TIMEOUT',
    `no result within ${timeoutMs} ms; the query goes on: await it, or cancel() it`,
  );
  return within(all, timeoutMs, () => {
    throw late;
  });
}

export interface WaitOptions {
  /** How many results to wait for, an integer from 1 to the number of references. Default 1. */
  readonly numReturns?: number;
  /** How long to wait, in ms, >= 0. Default: for ever. */
  readonly timeoutMs?: number;
}

/**
 * Waits until `numReturns` references have their result (or failed) or the time is up; never rejects for either.
 * Both lists keep the order of `refs`. Throws INVALID_ARGUMENT. Source: Ray's `ray.wait`.
 */
export async function wait<Ref extends PromiseLike<unknown>>(
  refs: readonly Ref[],
  options?: WaitOptions,
): Promise<{ ready: Ref[]; pending: Ref[] }> {
  const given = readGivenOptions('wait', options, ['numReturns', 'timeoutMs']);
  const timeoutMs = readTimeout(given);
  if (!Array.isArray(refs)) throw invalidValue('what serve.wait waits for', 'an array of references', refs);
  for (const ref of refs) requireRef(ref);
  const numReturns = readNumReturns(given.get('numReturns'), refs.length);
  const settled = new Set<number>();
  const enough = new Promise<void>((resolve) => {
    for (const [i, ref] of refs.entries()) {
      const count = () => {
        settled.add(i);
        if (settled.size >= numReturns) resolve();
      };
      ref.then(count, count);
    }
  });
  if (timeoutMs === undefined) await enough;
  else await within(enough, timeoutMs, () => {});
  const isReady = new Set([...refs.keys()].filter((i) => settled.has(i)).slice(0, numReturns));
  return { ready: refs.filter((_, i) => isReady.has(i)), pending: refs.filter((_, i) => !isReady.has(i)) };
}

function requireRef(ref: unknown): PromiseLike<unknown> {
  if (typeof ref === 'object' && ref !== null && 'then' in ref) return ref as PromiseLike<unknown>;
  throw new ServeError(
    'INVALID_ARGUMENT',
    `a reference was wanted, as handle.remote() gives it, or an array of them; got ${describeValue(ref)}`,
  );
}

function readNumReturns(given: unknown, most: number): number {
  if (given === undefined) return readNumReturns(1, most);
  if (typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= most) return given;
  throw invalidValue('numReturns', `an integer from 1 to ${most}, the number of references`, given);
}

function readTimeout(options: ReadonlyMap<string, unknown>): number | undefined {
  const timeoutMs = options.get('timeoutMs');
  if (timeoutMs === undefined) return undefined;
  if (typeof timeoutMs === 'number' && timeoutMs >= 0 && timeoutMs <= MAX_TIMEOUT_MS) return timeoutMs;
  throw invalidValue('timeoutMs', `a number of ms >= 0 and <= ${MAX_TIMEOUT_MS}`, timeoutMs);
}

async function within<T>(work: Promise<T>, timeoutMs: number, onLate: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve, reject) => {
    timer = setTimeout(() => {
      try {
        resolve(onLate());
      } catch (error) {
        reject(error);
      }
    }, timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
