/**
 * The instance's grip on a replica in a thread. The thread belongs to a Piscina pool of its own with one long task:
 * so each replica has fresh globals and its own heap limit, and a killed one takes nobody along.
 */
import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import {
  LOAD,
  type ReplicaHooks,
  type ReplicaHost,
  type ReplicaSpec,
  type ReplicaTraits,
  type ServingConfig,
} from '../domain/replica.ts';
import type { TableChange } from '../domain/routing-table.ts';
import { ServeError } from '../errors.ts';
import { packError, unpackError } from '../wire/error-envelope.ts';
import type { FromReplica, ReplicaTask, ToReplica } from './control.ts';

/** The thread's file, in which the thread's own parts are put together. */
const THREAD_FILE = fileURLToPath(new URL('../thread/thread.js', import.meta.url));
/** How long a replica may take to hand over its metrics before the page goes without them, in ms. */
const METRICS_TIMEOUT_MS = 1000;
/** Node's own flags that make sense once only, for the main program. */
const ONCE_ONLY = /^(?:-[epic]|--(?:eval|print|interactive|check|input-type|test|watch)\b)/;

/** Those that a replica's own imports depend on. Written with `=`, as their values stand alone otherwise. */
const FOR_WORKERS = /^--(?:import|require|loader|conditions|experimental-[\w-]+|enable-source-maps|no-warnings)(?:=|$)/;

/** A start that failed; `isFinal`: it would fail again. */
class StartFailure extends Error {
  readonly isFinal: boolean;

  constructor(cause: Error, isFinal: boolean) {
    super(cause.message, { cause });
    this.isFinal = isFinal;
  }
}

export class ThreadReplica implements ReplicaHost {
  readonly load = new SharedArrayBuffer(LOAD.length * Int32Array.BYTES_PER_ELEMENT);
  readonly #spec: ReplicaSpec;
  readonly #hooks: ReplicaHooks;
  readonly #tableVersion: SharedArrayBuffer;
  readonly #pool: Piscina;
  readonly #control: MessagePort;
  readonly #taskEnd: MessagePort;
  readonly #requests = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #started = Promise.withResolvers<ReplicaTraits>();
  #exited: Promise<void> = Promise.resolve();
  #nextId = 1;
  #isFollowing = false;
  /** Set when the end was asked for: it is then no death. */
  #isEnding = false;

  constructor(spec: ReplicaSpec, tableVersion: SharedArrayBuffer, hooks: ReplicaHooks) {
    this.#spec = spec;
    this.#hooks = hooks;
    this.#tableVersion = tableVersion;
    const { port1, port2 } = new MessageChannel();
    this.#control = port1;
    this.#taskEnd = port2;
    this.#pool = new Piscina({
      filename: THREAD_FILE,
      minThreads: 0,
      maxThreads: 1,
      // Between tasks an idle worker would block in Atomics.wait; ours has timers and streams of the user's to run.
      atomics: 'disabled',
      recordTiming: false,
      // A worker that is given flags refuses those for the whole process or V8; given none, it takes what it may.
      ...(process.execArgv.some((flag) => ONCE_ONLY.test(flag)) && {
        execArgv: process.execArgv.filter((flag) => FOR_WORKERS.test(flag)),
      }),
      ...(spec.maxMemoryBytes === null ? {} : { resourceLimits: heapLimits(spec.maxMemoryBytes) }),
    });
    // A worker that fails without a task: the task's own end has been told already.
    this.#pool.on('error', () => {});
    this.#started.promise.catch(() => {});
  }

  start(): Promise<ReplicaTraits> {
    this.#control.on('message', (message: FromReplica) => this.#receive(message));
    const task: ReplicaTask = {
      control: this.#taskEnd,
      spec: this.#spec,
      load: this.load,
      tableVersion: this.#tableVersion,
    };
    const ended = this.#pool.run(task, { transferList: [this.#taskEnd] });
    const worker = this.#pool.threads[0];
    if (worker) {
      this.#exited = new Promise((resolve) => worker.once('exit', () => resolve()));
      // Piscina takes an uncaught `throw null` for no error.
      worker.once('error', (error: unknown) => this.#ended(error));
    }
    ended.then(
      () => this.#ended(new Error('its task ended')),
      (error: unknown) => this.#ended(error),
    );
    return this.#started.promise;
  }

  configure(serving: ServingConfig): void {
    this.#post({ type: 'configure', serving });
  }

  async reconfigure(userConfig: unknown, graceMs: number): Promise<void> {
    await this.#request((id) => ({ type: 'reconfigure', id, userConfig, graceMs }));
  }

  resume(): void {
    this.#post({ type: 'resume' });
  }

  async checkHealth(): Promise<void> {
    if (Atomics.load(new Int32Array(this.load), LOAD.isBlockedInGet) === 1) return; // it waits for a result, as it may
    await this.#request((id) => ({ type: 'check', id }));
  }

  accept(port: MessagePort, page: SharedArrayBuffer): void {
    this.#post({ type: 'accept', port, page }, [port]);
  }

  publish(change: TableChange): void {
    if (this.#isFollowing) this.#post({ type: 'table', change });
  }

  async drain(): Promise<void> {
    this.#isEnding = true;
    await this.#request((id) => ({ type: 'drain', id }));
  }

  async shutDown(): Promise<void> {
    this.#isEnding = true;
    await this.#request((id) => ({ type: 'shutdown', id }));
  }

  async kill(): Promise<void> {
    this.#isEnding = true;
    this.#rejectRequests(new ServeError('REPLICA_DIED', `replica '${this.#spec.replica}' was stopped`));
    this.#control.close();
    await Promise.all([this.#pool.destroy(), this.#exited]);
  }

  async metrics(): Promise<readonly unknown[]> {
    const late = Promise.withResolvers<readonly unknown[]>();
    const timer = setTimeout(() => late.resolve([]), METRICS_TIMEOUT_MS);
    try {
      const asked = this.#request((id) => ({ type: 'metrics', id })) as Promise<readonly unknown[]>;
      return await Promise.race([asked.catch(() => []), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #receive(message: FromReplica): void {
    switch (message.type) {
      case 'ready':
        // From now on the thread alone does not keep the process alive.
        this.#control.unref();
        this.#started.resolve(message.traits);
        break;
      case 'start-failed':
        this.#started.reject(new StartFailure(unpackError(message.error), message.isFinal));
        break;
      case 'done':
        this.#take(message.id)?.resolve(message.value);
        break;
      case 'failed':
        this.#take(message.id)?.reject(unpackError(message.error));
        break;
      case 'subscribe':
        this.#isFollowing = true;
        this.#post({ type: 'table', change: this.#hooks.follows() });
        break;
      case 'connect':
        this.#hooks.connects(message.replicaId, message.port, message.page);
        break;
      case 'gateway':
        this.#hooks.opensGateway(message.port, message.page, new Int32Array(message.wake));
        break;
      case 'meters':
        this.#hooks.measured(message.delta, message.queued);
        break;
      case 'ask':
        this.#hooks.asks(message.method, message.args).then(
          (value) => this.#post({ type: 'replied', id: message.id, value, error: null }),
          (error) => this.#post({ type: 'replied', id: message.id, value: null, error: packError(error) }),
        );
        break;
    }
  }

  /** The thread's task is over: asked for, by a crash, or by `process.exit` in user code. */
  #ended(cause: unknown): void {
    const reason = deathOf(cause);
    this.#started.reject(new StartFailure(reason, false));
    this.#rejectRequests(new ServeError('REPLICA_DIED', `replica '${this.#spec.replica}' died: ${reason.message}`));
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#hooks.died(reason);
  }

  #rejectRequests(error: ServeError): void {
    for (const request of this.#requests.values()) request.reject(error);
    this.#requests.clear();
  }

  #take(id: number): PromiseWithResolvers<unknown> | undefined {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    return request;
  }

  #request(make: (id: number) => ToReplica): Promise<unknown> {
    const id = this.#nextId++;
    const request = Promise.withResolvers<unknown>();
    request.promise.catch(() => {});
    this.#requests.set(id, request);
    this.#post(make(id));
    return request.promise;
  }

  #post(message: ToReplica, transfer: MessagePort[] = []): void {
    this.#control.postMessage(message, transfer);
  }
}

/** Node's limits are of the old generation; the young one comes on top. */
function heapLimits(bytes: number): { maxOldGenerationSizeMb: number } {
  return { maxOldGenerationSizeMb: Math.max(8, Math.floor(bytes / 1024 / 1024)) };
}

function deathOf(cause: unknown): Error {
  if (!(cause instanceof Error)) return new Error(`it threw ${String(cause)}`);
  const exit = /^worker exited with code: (-?\d+)$/.exec(cause.message);
  if (exit) return new Error(`its code called process.exit(${exit[1]})`);
  if ((cause as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new Error(`out of memory: ${cause.message}`, { cause });
  }
  return cause;
}
