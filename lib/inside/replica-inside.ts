/** The inside of a replica, wherever it runs. Its parts are introduced to each other here. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { threadId } from 'node:worker_threads';
import { Client } from '../client.ts';
import { CLIENT_PART } from '../client-roads.ts';
import { enterReplica } from '../current.ts';
import type { Part } from '../domain/part.ts';
import type { ReplicaSpec, ReplicaTraits } from '../domain/replica.ts';
import { REQUEST_PART, reviveRequest } from '../domain/request.ts';
import type { TableChange } from '../domain/routing-table.ts';
import { ServeError } from '../errors.ts';
import { HANDLE_PART, reviveHandle } from '../handle.ts';
import { Callable, type RevivedTarget } from '../replica/callable.ts';
import type { Caller } from '../replica/caller.ts';
import type { ToReplica } from '../replica/control.ts';
import { Executor } from '../replica/executor.ts';
import { limitOutput } from '../replica/output.ts';
import { resolveFrom } from '../shipping/module-directory.ts';
import { revive } from '../shipping/revive.ts';
import { homeOf, type Shipment } from '../shipping/shipment.ts';
import { createUserMetrics } from '../telemetry/user-metrics.ts';
import { packError } from '../wire/error-envelope.ts';
import { unpack } from '../wire/value.ts';
import { Calls } from './calls.ts';
import type { Premises } from './premises.ts';

export class ReplicaInside {
  readonly #spec: ReplicaSpec;
  readonly #premises: Premises;
  readonly #calls: Calls;
  readonly #lineage = new AsyncLocalStorage<Caller>();
  readonly #metrics: ReturnType<typeof createUserMetrics>;
  #callable: Callable | null = null;
  #executor: Executor | null = null;
  #shuttingDown: Promise<void> | null = null;

  constructor(spec: ReplicaSpec, premises: Premises) {
    this.#spec = spec;
    this.#premises = premises;
    Object.assign(process.env, spec.envVars);
    limitOutput(spec.replica);
    this.#metrics = createUserMetrics({ backend: spec.backend, replica: spec.replica });
    this.#calls = new Calls({ replica: spec.replica, premises, lineage: this.#lineage, revive: this.#revivePart });
    enterReplica({
      backend: spec.backend,
      replica: spec.replica,
      instanceName: spec.instanceName,
      metrics: this.#metrics,
      connect: this.#newClient,
    });
    premises.begin((message) => this.#receive(message));
    void this.#start();
  }

  async #start(): Promise<void> {
    const spec = this.#spec;
    let isFinal = true;
    try {
      const serve = await import('../index.ts');
      this.#premises.loaded();
      const shipment = spec.shipment as Shipment;
      if (spec.directory !== null) resolveFrom(spec.directory, homeOf(shipment));
      const revived = (await revive(shipment, { serve, part: this.#revivePart })) as RevivedTarget;
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
      await this.#serve(callable);
      const traits: ReplicaTraits = {
        pid: process.pid,
        threadId,
        acceptsBatches: callable.acceptsBatches,
        canReconfigure: callable.canReconfigure,
      };
      this.#premises.post({ type: 'ready', traits });
    } catch (error) {
      const envelope = packError(error);
      this.#premises.post({ type: 'start-failed', error: envelope, isFinal: isFinal || envelope.code !== null });
    }
  }

  async #serve(callable: Callable): Promise<void> {
    const { backend, serving } = this.#spec;
    const executor = new Executor({
      backend,
      callable,
      holds: (...counts) => this.#premises.holds(...counts),
      serving,
      lineage: this.#lineage,
    });
    this.#executor = executor;
    await this.#premises.serve({
      name: backend,
      revive: this.#revivePart,
      received: (query, receiver) => executor.accept(query, receiver),
    });
  }

  #receive(message: ToReplica): void {
    switch (message.type) {
      case 'accept':
        void this.#premises.receive(message);
        break;
      case 'listen':
        this.#answer(message.id, () => this.#premises.receive(message));
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
      case 'trace':
        this.#answer(message.id, async () => this.#calls.find(message.requestId));
        break;
      case 'table':
        this.#calls.follow(message.change as TableChange | null);
        break;
      case 'replied':
        this.#calls.replied(message.id, message.value, message.error);
        break;
    }
  }

  async #reconfigure(userConfig: unknown, graceMs: number): Promise<void> {
    const callable = this.#callable;
    if (!callable?.canReconfigure) throw cannotReconfigure(this.#spec.backend);
    await this.#executor?.exclusively(() => callable.reconfigure(unpack(userConfig, this.#revivePart)), graceMs);
  }

  async #drain(): Promise<void> {
    await this.#premises.routersLeft();
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
      setImmediate(() => this.#premises.end());
    })();
    return this.#shuttingDown;
  }

  #answer(id: number, work: () => Promise<unknown>): void {
    work().then(
      (value) => this.#premises.post({ type: 'done', id, value }),
      (error) => this.#premises.post({ type: 'failed', id, error: packError(error) }),
    );
  }

  #newClient = (): Client => new Client(this.#calls.controls, this.#calls.roads, () => this.#spec.httpUrl);

  #revivePart = (part: Part): unknown => {
    if (part.kind === HANDLE_PART) return reviveHandle(part, this.#calls.roads);
    if (part.kind === REQUEST_PART) return reviveRequest(part);
    if (part.kind === CLIENT_PART) return this.#newClient();
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
