/**
 * Runs queries on the callable: enforces the replica's limit, says "started" just before user code, batches what takes
 * arrays, and frees each query's place exactly once, whatever ends it.
 */
import type { AsyncLocalStorage } from 'node:async_hooks';
import type { ServingConfig } from '../domain/replica.ts';
import { ServeRequest } from '../domain/request.ts';
import { ServeError } from '../errors.ts';
import { packBackendFailure } from '../wire/error-envelope.ts';
import type { AbortCode, IncomingQuery, QueryReceiver } from '../wire/query-receiver.ts';
import { sendAnswer } from './answer.ts';
import { BatchQueue } from './batch-queue.ts';
import { batchResults } from './batch-results.ts';
import type { Callable } from './callable.ts';
import { type Caller, callerOf } from './caller.ts';
import { RunQueue } from './run-queue.ts';

type Method = ReturnType<Callable['method']>;

/** A query that has a place in this replica. */
interface Job {
  readonly query: IncomingQuery;
  readonly request: ServeRequest;
  readonly method: Method;
  group: BatchQueue<Job> | null;
  isProcessing: boolean;
  abort: AbortController | null;
  aborted: AbortCode | null;
}

export class Executor {
  readonly #backend: string;
  readonly #callable: Callable;
  readonly #holds: (processing: number, waiting: number) => void;
  readonly #lineage: AsyncLocalStorage<Caller>;
  readonly #groups = new Map<string, BatchQueue<Job>>();
  readonly #refused = new Set<QueryReceiver>();
  #serving: ServingConfig;
  readonly #singles = new RunQueue<Job>((job) => this.#runOne(job));
  #isHeld = false;
  #places = 0;
  #processing = 0;
  #whenIdle: (() => void)[] = [];

  constructor(options: {
    backend: string;
    callable: Callable;
    /** Told how many queries are here, whenever that changes. */
    holds(processing: number, waiting: number): void;
    serving: ServingConfig;
    /** Where a composed call finds the query it is part of. */
    lineage: AsyncLocalStorage<Caller>;
  }) {
    this.#backend = options.backend;
    this.#callable = options.callable;
    this.#holds = options.holds;
    this.#serving = options.serving;
    this.#lineage = options.lineage;
  }

  accept(query: IncomingQuery, receiver: QueryReceiver): void {
    if (this.#places >= this.#serving.maxConcurrentQueries) {
      this.#refused.add(receiver);
      query.refuse();
      return;
    }
    let method: Method;
    try {
      method = this.#callable.method(query.callMethod);
    } catch (error) {
      query.fail(packBackendFailure(this.#backend, error));
      return;
    }
    const job = this.#job(query, method);
    if (method.takesArrays) {
      job.group = this.#group(query.callMethod, query.answerAs, method);
      job.group.push(job);
    } else this.#singles.push(job);
  }

  configure(serving: ServingConfig): void {
    this.#serving = serving;
    for (const group of this.#groups.values()) group.configure(serving.maxBatchSize, serving.batchWaitTimeoutMs);
    this.#announceRoom();
  }

  /**
   * Runs `change` while no user code runs for a query. Queries that come wait until `resume`, so that none meets a
   * change that failed half-way or that other replicas refused.
   */
  async exclusively<T>(change: () => Promise<T>, graceMs: number): Promise<T> {
    this.#isHeld = true;
    this.#singles.hold();
    for (const group of this.#groups.values()) group.hold();
    await this.#settled(() => this.#processing === 0, graceMs);
    return change();
  }

  /** Runs the queries that waited for a change, and those to come. */
  resume(): void {
    this.#isHeld = false;
    for (const group of this.#groups.values()) group.release();
    this.#singles.release();
  }

  /**
   * Resolves when the queries it has have ended. No router sends it more by then, but what was sent just before may
   * still stand in a port: it has two turns to arrive.
   */
  async drain(): Promise<void> {
    for (let turns = 0; turns < 2; turns++) await new Promise((resolve) => setImmediate(resolve));
    await this.#settled(() => this.#places === 0, null);
  }

  #job(query: IncomingQuery, method: Method): Job {
    const job: Job = {
      query,
      request: new ServeRequest(query.request, () => this.#signalOf(job)),
      method,
      group: null,
      isProcessing: false,
      abort: null,
      aborted: null,
    };
    this.#places++;
    this.#publishLoad();
    query.onAborted((code) => this.#abort(job, code));
    query.onEnd = () => this.#leave(job);
    return job;
  }

  #leave(job: Job): void {
    this.#places--;
    if (job.isProcessing) this.#processing--;
    job.isProcessing = false;
    this.#publishLoad();
    if (this.#refused.size > 0) this.#announceRoom();
    if (this.#whenIdle.length > 0) for (const check of this.#whenIdle) check();
  }

  #announceRoom(): void {
    for (const receiver of this.#refused) receiver.announceRoom();
    this.#refused.clear();
  }

  #publishLoad(): void {
    this.#holds(this.#processing, this.#places - this.#processing);
  }

  #signalOf(job: Job): AbortSignal {
    job.abort ??= new AbortController();
    if (job.aborted && !job.abort.signal.aborted) job.abort.abort(reasonOf(job.aborted));
    return job.abort.signal;
  }

  #abort(job: Job, code: AbortCode): void {
    job.aborted = code;
    job.group?.remove(job);
    job.abort?.abort(reasonOf(code));
  }

  /** False: the query is over, or its router took it back. */
  #start(job: Job): boolean {
    if (!job.query.start()) {
      job.query.refuse();
      return false;
    }
    this.#processing++;
    job.isProcessing = true;
    this.#publishLoad();
    return true;
  }

  #runOne(job: Job): void {
    if (!this.#start(job)) return;
    const { query, request, method } = job;
    try {
      const result = this.#lineage.run(query, () =>
        this.#callable.call(method, query.callMethod, request, query.answerAs === 'value', dataOf(job)),
      );
      if (isThenable(result)) {
        Promise.resolve(result).then(
          (value) => this.#answer(query, value),
          (error) => this.#fail(query, error),
        );
      } else this.#answer(query, result);
    } catch (error) {
      this.#fail(query, error);
    }
  }

  #answer(query: IncomingQuery, value: unknown): void {
    if (query.isOver) return;
    try {
      query.onUnsent = (error) => this.#fail(query, error);
      sendAnswer(query, value, this.#lineage)?.catch((error) => this.#fail(query, error));
    } catch (error) {
      this.#fail(query, error);
    }
  }

  #fail(query: IncomingQuery, error: unknown): void {
    query.fail(packBackendFailure(this.#backend, error));
  }

  /** Batches are of one method, and of one kind of caller, since a named method by handle gets other arguments. */
  #group(name: string | null, answerAs: 'http' | 'value', method: Method): BatchQueue<Job> {
    const key = `${answerAs} ${name ?? 'call'}`;
    let group = this.#groups.get(key);
    if (!group) {
      group = new BatchQueue<Job>((batch) => void this.#runBatch(batch, name, method, answerAs === 'value'));
      if (this.#isHeld) group.hold();
      group.configure(this.#serving.maxBatchSize, this.#serving.batchWaitTimeoutMs);
      this.#groups.set(key, group);
    }
    return group;
  }

  async #runBatch(batch: readonly Job[], name: string | null, method: Method, isByHandle: boolean): Promise<void> {
    const jobs = batch.filter((job) => this.#start(job));
    const [first] = jobs;
    if (first === undefined) return;
    first.query.tellBatch(jobs.length);
    const requests = jobs.map((job) => job.request);
    const data = jobs.map(dataOf);
    try {
      const caller = callerOf(jobs.map((job) => job.query));
      const returned = this.#lineage.run(caller, () =>
        this.#callable.callBatch(method, name, requests, isByHandle, data),
      );
      const results = batchResults(this.#backend, isThenable(returned) ? await returned : returned, jobs.length);
      for (const [i, job] of jobs.entries()) {
        const result = results[i];
        if (isError(result)) this.#fail(job.query, result);
        else this.#answer(job.query, result);
      }
    } catch (error) {
      for (const job of jobs) this.#fail(job.query, error);
    }
  }

  #settled(isSettled: () => boolean, withinMs: number | null): Promise<void> {
    if (isSettled()) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = withinMs === null ? null : setTimeout(done, withinMs);
      const self = this;
      function check(): void {
        if (isSettled()) done();
      }
      function done(): void {
        if (timer) clearTimeout(timer);
        self.#whenIdle = self.#whenIdle.filter((other) => other !== check);
        resolve();
      }
      this.#whenIdle.push(check);
    });
  }
}

/** What was sent; of a request that came over HTTP and was passed on, the request itself. */
const dataOf = ({ query, request }: Job): unknown => (query.request.source === 'http' ? request : query.request.data);

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';

const reasonOf = (code: AbortCode): ServeError =>
  new ServeError(code, code === 'TIMEOUT' ? 'the deadline of this request has passed' : 'the caller has gone away');

function isError(value: unknown): boolean {
  try {
    return value instanceof Error;
  } catch {
    return false; // a proxy that refuses to be looked at: whether it can be sent is that one query's matter
  }
}
