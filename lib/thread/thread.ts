/** The inside of a replica thread: the one long Piscina task. Here the thread's parts are introduced to each other. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { threadId } from 'node:worker_threads';
import { Client } from '../client.ts';
import { enterReplica } from '../current.ts';
import type { Part } from '../domain/part.ts';
import type { ReplicaTraits } from '../domain/replica.ts';
import { REQUEST_PART, reviveRequest } from '../domain/request.ts';
import type { TableChange } from '../domain/routing-table.ts';
import { ServeError } from '../errors.ts';
import { HANDLE_PART, reviveHandle } from '../handle.ts';
import { Callable, type RevivedTarget } from '../replica/callable.ts';
import type { Caller } from '../replica/caller.ts';
import type { FromReplica, ReplicaTask, ToReplica } from '../replica/control.ts';
import { Executor } from '../replica/executor.ts';
import { revive } from '../shipping/revive.ts';
import type { Shipment } from '../shipping/shipment.ts';
import { createUserMetrics } from '../telemetry/user-metrics.ts';
import { packError } from '../wire/error-envelope.ts';
import { QueryReceiver } from '../wire/query-receiver.ts';
import { unpack } from '../wire/value.ts';
import { ThreadCalls } from './thread-calls.ts';

/** Serves one replica; resolves when it has drained. */
export default function serveReplica(task: ReplicaTask): Promise<void> {
  return new ReplicaThread(task).ended;
}

class ReplicaThread {
  readonly ended: Promise<void>;
  readonly #task: ReplicaTask;
  readonly #calls: ThreadCalls;
  readonly #lineage = new AsyncLocalStorage<Caller>();
  readonly #metrics: ReturnType<typeof createUserMetrics>;
  #end: () => void = () => {};
  #callable: Callable | null = null;
  #executor: Executor | null = null;
  readonly #receivers = new Set<QueryReceiver>();
  #shuttingDown: Promise<void> | null = null;

  constructor(task: ReplicaTask) {
    this.#task = task;
    const { control, spec } = task;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#metrics = createUserMetrics({ backend: spec.backend, replica: spec.replica });
    this.#calls = new ThreadCalls({
      replica: spec.replica,
      control,
      tableVersion: new Int32Array(task.tableVersion),
      load: new Int32Array(task.load),
      lineage: this.#lineage,
      revive: this.#revivePart,
      handleControl: (message) => this.#receive(message),
    });
    enterReplica({
      backend: spec.backend,
      replica: spec.replica,
      instanceName: spec.instanceName,
      metrics: this.#metrics,
      connect: () => new Client(this.#calls.controls, this.#calls.roads, spec.httpUrl),
    });
    control.on('message', (message: ToReplica) => this.#receive(message));
    // However the thread ends: answers that were given already still leave.
    process.once('exit', () => {
      for (const { channel } of this.#receivers) channel.flush();
    });
    void this.#start();
  }

  async #start(): Promise<void> {
    const { spec } = this.#task;
    let isFinal = true;
    try {
      const serve = await import('../index.ts');
      const revived = (await revive(spec.shipment as Shipment, { serve })) as RevivedTarget;
      const initArgs = unpack(spec.initArgs, this.#revivePart) as unknown[];
      if (!revived.isClass && initArgs.length > 0) throw functionWithInitArgs(spec.backend);
      isFinal = false;
      const callable = Callable.create(spec.backend, revived, initArgs);
      if (spec.userConfig !== undefined) {
        if (!callable.canReconfigure) {
          isFinal = true;
          throw cannotReconfigure(spec.backend);
        }
        await callable.reconfigure(unpack(spec.userConfig, this.#revivePart));
      }
      this.#callable = callable;
      this.#executor = this.#serve(callable);
      const traits: ReplicaTraits = {
        pid: process.pid,
        threadId,
        acceptsBatches: callable.acceptsBatches,
        canReconfigure: callable.canReconfigure,
      };
      this.#post({ type: 'ready', traits });
    } catch (error) {
      const envelope = packError(error);
      this.#post({ type: 'start-failed', error: envelope, isFinal: isFinal || envelope.code !== null });
    }
  }

  #serve(callable: Callable): Executor {
    const { spec, load } = this.#task;
    const options = { backend: spec.backend, callable, load: new Int32Array(load), serving: spec.serving };
    return new Executor({ ...options, lineage: this.#lineage });
  }

  #receive(message: ToReplica): void {
    switch (message.type) {
      case 'accept':
        this.#accept(message.port, message.page);
        break;
      case 'configure':
        this.#executor?.configure(message.serving);
        break;
      case 'reconfigure':
        this.#answer(message.id, () => this.#reconfigure(message.userConfig, message.graceMs));
        break;
      case 'resume':
        this.#executor?.resume();
        break;
      case 'check':
        this.#answer(message.id, async () => this.#callable?.checkHealth());
        break;
      case 'drain':
        this.#answer(message.id, () => this.#drain());
        break;
      case 'shutdown':
        this.#answer(message.id, () => this.#shutdown());
        break;
      case 'metrics':
        this.#answer(message.id, () => this.#metrics.toJSON());
        break;
      case 'table':
        this.#calls.follow(message.change as TableChange);
        break;
      case 'replied':
        this.#calls.replied(message.id, message.value, message.error);
        break;
    }
  }

  #accept(port: import('node:worker_threads').MessagePort, page: SharedArrayBuffer): void {
    const executor = this.#executor;
    if (!executor) {
      port.close();
      return;
    }
    const receiver: QueryReceiver = new QueryReceiver(port, page, {
      name: this.#task.spec.backend,
      revive: this.#revivePart,
      received: (query) => executor.accept(query, receiver),
      closed: () => void this.#receivers.delete(receiver),
    });
    this.#receivers.add(receiver);
  }

  async #reconfigure(userConfig: unknown, graceMs: number): Promise<void> {
    const callable = this.#callable;
    if (!callable?.canReconfigure) throw cannotReconfigure(this.#task.spec.backend);
    await this.#executor?.exclusively(() => callable.reconfigure(unpack(userConfig, this.#revivePart)), graceMs);
  }

  async #drain(): Promise<void> {
    await this.#executor?.drain();
    await new Promise((resolve) => setImmediate(resolve)); // the last answers leave first
    await this.#shutdown();
  }

  /** Once, also when the instance stops in the middle of a drain. */
  #shutdown(): Promise<void> {
    this.#shuttingDown ??= (async () => {
      this.#calls.handOverMeters();
      await this.#callable?.shutdown();
      // The reply leaves first.
      setImmediate(this.#end);
    })();
    return this.#shuttingDown;
  }

  #answer(id: number, work: () => Promise<unknown>): void {
    work().then(
      (value) => this.#post({ type: 'done', id, value }),
      (error) => this.#post({ type: 'failed', id, error: packError(error) }),
    );
  }

  #post(message: FromReplica): void {
    this.#task.control.postMessage(message);
  }

  #revivePart = (part: Part): unknown => {
    if (part.kind === HANDLE_PART) return reviveHandle(part, this.#calls.roads);
    if (part.kind === REQUEST_PART) return reviveRequest(part);
    throw new Error(`unknown part '${part.kind}' in a received value`);
  };
}

const functionWithInitArgs = (backend: string): ServeError =>
  new ServeError(
    'INVALID_ARGUMENT',
    `backend '${backend}' is a function, which takes no constructor arguments; leave initArgs out, or give a class`,
  );

const cannotReconfigure = (backend: string): ServeError =>
  new ServeError(
    'INVALID_ARGUMENT',
    `backend '${backend}' has no reconfigure(userConfig) method to give the userConfig to; add one, or leave userConfig out`,
  );
