/** What the instance's grips on threads and on processes have in common: they talk to the replica over a port. */
import type { MessagePort, Transferable } from 'node:worker_threads';
import type { ReplicaUsage } from '../domain/performance.ts';
import type {
  Isolation,
  ReplicaHooks,
  ReplicaHost,
  ReplicaSpec,
  ReplicaTraits,
  ServingConfig,
} from '../domain/replica.ts';
import { LOAD } from '../domain/replica.ts';
import type { TableChange } from '../domain/routing-table.ts';
import type { QueryTrace } from '../domain/trace.ts';
import { ServeError } from '../errors.ts';
import { packError, unpackError } from '../wire/error-envelope.ts';
import type { Port } from '../wire/port.ts';
import type { FromReplica, ToReplica } from './control.ts';
import { UsageMeter, type UsageSample } from './usage-meter.ts';

/** How long a replica may take to say what it has recorded before others go without it, in ms. */
const RECORDS_TIMEOUT_MS = 1000;

/** A start that failed; `isFinal`: it would fail again. */
export class StartFailure extends Error {
  readonly isFinal: boolean;

  constructor(cause: Error, isFinal: boolean) {
    super(cause.message, { cause });
    this.isFinal = isFinal;
  }
}

export abstract class ControlledReplica implements ReplicaHost {
  abstract readonly isolation: Isolation;
  abstract readonly address: string | null;
  abstract readonly load: SharedArrayBuffer;
  protected readonly spec: ReplicaSpec;
  protected readonly hooks: ReplicaHooks;
  protected readonly started = Promise.withResolvers<ReplicaTraits>();
  protected isFollowing = false;
  readonly #usage = new UsageMeter(() => this.sampleUsage());
  readonly #requests = new Map<number, PromiseWithResolvers<unknown>>();
  #nextId = 1;
  /** Set when the end was asked for: it is then no death. */
  #isEnding = false;

  constructor(spec: ReplicaSpec, hooks: ReplicaHooks) {
    this.spec = spec;
    this.hooks = hooks;
    this.started.promise.catch(() => {});
  }

  abstract start(): Promise<ReplicaTraits>;
  abstract accept(port: MessagePort, page: SharedArrayBuffer): void;
  abstract listen(address: string): Promise<string>;
  abstract publish(change: TableChange): void;
  protected abstract readonly control: Port;
  /** Never rejects. */
  protected abstract sampleUsage(): Promise<UsageSample>;
  /** Ends what it runs in; resolves when that is gone. */
  protected abstract end(): Promise<void>;
  /** Messages that only this kind of replica sends. */
  protected abstract receiveOwn(message: FromReplica): void;

  configure(serving: ServingConfig): void {
    this.post({ type: 'configure', serving });
  }

  async reconfigure(userConfig: unknown, graceMs: number): Promise<void> {
    await this.request((id) => ({ type: 'reconfigure', id, userConfig, graceMs }));
  }

  resume(): void {
    this.post({ type: 'resume' });
  }

  async checkHealth(): Promise<void> {
    if (Atomics.load(new Int32Array(this.load), LOAD.isBlockedInGet) === 1) return; // it waits for a result, as it may
    await this.request((id) => ({ type: 'check', id }));
  }

  usage(): Promise<ReplicaUsage> {
    return this.#usage.read();
  }

  async drain(): Promise<void> {
    this.#isEnding = true;
    await this.request((id) => ({ type: 'drain', id }));
  }

  async shutDown(): Promise<void> {
    this.#isEnding = true;
    await this.request((id) => ({ type: 'shutdown', id }));
  }

  async kill(): Promise<void> {
    this.#isEnding = true;
    this.#rejectRequests(new ServeError('REPLICA_DIED', `replica '${this.spec.replica}' was stopped`));
    this.control.close();
    await this.end();
  }

  metrics(): Promise<readonly unknown[]> {
    return this.#records((id) => ({ type: 'metrics', id }));
  }

  async traces(requestId: string): Promise<readonly QueryTrace[]> {
    if (!this.isFollowing) return []; // it has no router
    return (await this.#records((id) => ({ type: 'trace', id, requestId }))) as readonly QueryTrace[];
  }

  protected receive(message: FromReplica): void {
    switch (message.type) {
      case 'ready':
        // From now on the replica alone does not keep the process alive.
        this.control.unref();
        this.started.resolve(message.traits);
        break;
      case 'start-failed':
        this.started.reject(new StartFailure(unpackError(message.error), message.isFinal));
        break;
      case 'done':
        this.#take(message.id)?.resolve(message.value);
        break;
      case 'failed':
        this.#take(message.id)?.reject(unpackError(message.error));
        break;
      case 'meters':
        this.hooks.measured(message.delta, message.queued);
        break;
      case 'ask':
        this.#reply(message.id, this.hooks.asks(message.method, message.args));
        break;
      case 'locate':
        this.#reply(message.id, this.hooks.locates(message.replicaId));
        break;
      default:
        this.receiveOwn(message);
    }
  }

  /** It is over: asked for, by a crash, or by `process.exit` in user code. */
  protected ended(reason: Error): void {
    this.started.reject(new StartFailure(reason, false));
    this.#rejectRequests(new ServeError('REPLICA_DIED', `replica '${this.spec.replica}' died: ${reason.message}`));
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.hooks.died(reason);
  }

  protected request(make: (id: number) => ToReplica): Promise<unknown> {
    const id = this.#nextId++;
    const request = Promise.withResolvers<unknown>();
    request.promise.catch(() => {});
    this.#requests.set(id, request);
    this.post(make(id));
    return request.promise;
  }

  protected post(message: ToReplica, transfer: Transferable[] = []): void {
    this.control.postMessage(message, transfer);
  }

  /** None where it dies or does not answer in time. */
  async #records(make: (id: number) => ToReplica): Promise<readonly unknown[]> {
    const late = Promise.withResolvers<readonly unknown[]>();
    const timer = setTimeout(() => late.resolve([]), RECORDS_TIMEOUT_MS);
    try {
      const asked = this.request(make) as Promise<readonly unknown[]>;
      return await Promise.race([asked.catch(() => []), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #reply(id: number, work: Promise<unknown>): void {
    work
      .then((value) => this.post({ type: 'replied', id, value, error: null }))
      .catch((error) => this.post({ type: 'replied', id, value: null, error: packError(error) }));
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
}
