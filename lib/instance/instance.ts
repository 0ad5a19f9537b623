/** An instance in this process. Its parts are introduced to each other here and nowhere else. */
import { dirname } from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Client, type ClientRoads } from '../client.ts';
import { Controller } from '../controller/controller.ts';
import { requireEndpoint } from '../controller/operations.ts';
import type { ReplicaSlot } from '../controller/replica-slot.ts';
import { CONTROL_NAMES, type Controls } from '../controls.ts';
import { hostedHere } from '../current.ts';
import type { Part } from '../domain/part.ts';
import { escapeControls } from '../domain/printable.ts';
import type { AnswerSink, Query, QueryTicket } from '../domain/query.ts';
import type { ReplicaHooks, ReplicaHost, ReplicaSpec } from '../domain/replica.ts';
import { REQUEST_PART, reviveRequest } from '../domain/request.ts';
import { newIdSource } from '../domain/request-id.ts';
import { differenceOf, EMPTY_TABLE, type ReplicaEntry, type TableChange } from '../domain/routing-table.ts';
import { ServeError } from '../errors.ts';
import { HANDLE_PART, type HandleRoad, reviveHandle } from '../handle.ts';
import { LocalNode } from '../node/node.ts';
import type { StartOptions } from '../options.ts';
import { type HttpProxy, startHttpProxy } from '../proxy/http-proxy.ts';
import { ProcessReplica } from '../replica/process-host.ts';
import { ThreadReplica } from '../replica/thread-host.ts';
import { Router } from '../router/router.ts';
import { EventLog, formatEvent } from '../telemetry/event-log.ts';
import { Meters, type MetersDelta } from '../telemetry/meters.ts';
import { renderMetrics } from '../telemetry/prometheus.ts';
import { type ReceiverClaims, SharedClaims } from '../wire/claims.ts';
import { SLOTS_PER_PAGE } from '../wire/frames.ts';
import type { Port } from '../wire/port.ts';
import { QuerySender } from '../wire/query-sender.ts';
import { connectTo } from '../wire/socket-connection.ts';
import { openGateway } from './gateway.ts';
import { InstanceControls } from './instance-controls.ts';
import { InstanceStatus } from './instance-status.ts';
import { ProcessQuarters } from './process-quarters.ts';
import { RouteTables } from './route-tables.ts';

/** Rejects with INVALID_ARGUMENT, INSTANCE_EXISTS, PORT_IN_USE, LISTEN_FAILED; then nothing is left running. */
export async function startInstance(options: StartOptions): Promise<Client> {
  if (hostedHere.has(options.name)) {
    throw new ServeError(
      'INSTANCE_EXISTS',
      `instance '${options.name}' runs already; get a client with serve.connect({ name: '${options.name}' }), or choose another name`,
    );
  }
  const instance = new Instance(options);
  hostedHere.set(options.name, instance.newClient);
  try {
    await instance.open();
  } catch (error) {
    hostedHere.delete(options.name);
    throw error;
  }
  return instance.newClient();
}

class Instance {
  readonly #options: StartOptions;
  readonly #meters = new Meters({ keep: 'declared' });
  readonly #events = new EventLog();
  readonly #tableVersion = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  readonly #newRequestId = newIdSource(Math.random);
  readonly #router: Router;
  readonly #node: LocalNode;
  readonly #controller: Controller;
  readonly #routes: RouteTables;
  readonly #status: InstanceStatus;
  readonly #controls: Controls;
  readonly #roads: ClientRoads;
  #proxy: HttpProxy | null = null;
  /** Made for the first replica in a process. */
  #quarters: ProcessQuarters | null = null;
  #stopped: Promise<void> | null = null;

  constructor(options: StartOptions) {
    this.#options = options;
    this.#node = new LocalNode({
      declared: options.resources,
      env: process.env,
      changed: () => this.#status.touched(),
    });
    this.#router = new Router({
      connect: (entry, onRoom) => this.#connect(entry, onRoom),
      endpointMeter: (name) => this.#meters.endpoint(name),
      backendMeter: (tag) => this.#meters.backend(tag),
      random: Math.random,
    });
    this.#controller = new Controller({
      launch: (spec, slot, hooks) => this.#launch(spec, slot, hooks),
      environment: (source, gpus) => this.#node.environment(source, gpus),
      ledger: this.#node.ledger,
      publish: (change) => this.#publish(change),
      touched: () => this.#status.touched(),
      report: (backend, replica, what, message, retryInMs) => this.#report(backend, replica, what, message, retryInMs),
      now: () => performance.now(),
    });
    this.#routes = new RouteTables(() => this.#controller.table.endpoints);
    this.#status = new InstanceStatus({
      name: options.name,
      node: this.#node,
      controller: this.#controller,
      meters: this.#meters,
      queued: (tag) => this.#router.queued(tag),
      httpUrl: () => this.#proxy?.url ?? null,
    });
    this.#controls = new InstanceControls({
      controller: this.#controller,
      meters: this.#meters,
      status: this.#status,
      events: this.#events,
      stop: () => this.#stop(),
    });
    const road: HandleRoad = { submit: this.#submit, newRequestId: this.#newRequestId, block: null };
    this.#roads = {
      routed: road,
      sync: road,
      requireEndpoint: async (name) => {
        if (this.#stopped) throw this.#closed();
        requireEndpoint(this.#controller.state, name);
      },
    };
  }

  newClient = (): Client => new Client(this.#controls, this.#roads, this.#proxy?.url ?? null);

  /** Rejects with nothing left running. */
  async open(): Promise<void> {
    try {
      await this.#node.open();
      await this.#listen();
    } catch (error) {
      this.#node.stop();
      throw error;
    }
  }

  async #listen(): Promise<void> {
    const { http } = this.#options;
    if (http === null) return;
    this.#proxy = await startHttpProxy(http, {
      submit: this.#submit,
      routes: () => this.#routes.index,
      listRoutes: () => this.#routes.listed,
      isReady: () => this.#stopped === null,
      metricsText: () => this.#metricsText(),
      newRequestId: this.#newRequestId,
      observe: (route, method, status, elapsedMs) => this.#meters.httpFinished(route, method, status, elapsedMs),
      onMiddlewareError: (thrown, requestId) => this.#unhandled('http middleware', `request ${requestId}`, thrown),
    });
  }

  #submit = (query: Query, sink: AnswerSink, lineage = ''): QueryTicket => {
    if (this.#stopped) {
      sink.failed(this.#closed());
      return { cancel() {} };
    }
    this.#status.used();
    return this.#router.submit(query, sink, lineage);
  };

  #closed(): ServeError {
    const { name } = this.#options;
    return new ServeError('CLIENT_CLOSED', `instance '${name}' has been shut down; start one with serve.start()`);
  }

  #launch(
    spec: Omit<ReplicaSpec, 'instanceName' | 'httpUrl'>,
    slot: ReplicaSlot,
    hooks: Pick<ReplicaHooks, 'died'>,
  ): ReplicaHost {
    this.#meters.replicaStarted(spec.backend, spec.replica);
    const whole = { ...spec, instanceName: this.#options.name, httpUrl: this.#proxy?.url ?? null };
    const all: ReplicaHooks = {
      died: hooks.died,
      follows: () => {
        const { table } = this.#controller;
        if (whole.isolation === 'process') this.#quarters?.table.follow(table);
        return differenceOf(EMPTY_TABLE, table, []);
      },
      locates: (replicaId) => this.#locate(replicaId),
      connects: (replicaId, port, page) => this.#introduce(replicaId, port, page),
      opensGateway: (port, page, wake) => this.#openGateway(port, new SharedClaims(page), wake),
      measured: (delta, queued) => {
        if (delta) this.#meters.merge(delta as MetersDelta, performance.now());
        this.#status.measured(slot.tag, queued);
      },
      asks: (method, args) => this.#asked(method, args),
    };
    if (whole.isolation === 'thread') return new ThreadReplica(whole, this.#tableVersion, all);
    this.#quarters ??= new ProcessQuarters((port, claims) => this.#openGateway(port, claims, null));
    return new ProcessReplica(whole, this.#quarters.newAddresses(), all);
  }

  #openGateway(port: Port, claims: ReceiverClaims, wake: Int32Array | null): void {
    openGateway({ port, claims, wake, submit: this.#submit, revive: this.#revive });
  }

  /** Where a replica takes connections from other processes; a thread begins to when it is first asked for. */
  async #locate(replicaId: string): Promise<string> {
    const host = this.#hostOf(replicaId);
    const address = host?.address ?? this.#quarters?.directory.newPath('thread');
    if (!host || address === undefined) throw new ServeError('REPLICA_DIED', `replica '${replicaId}' is gone`);
    return host.listen(address);
  }

  /** Hands a router's connection to the replica it is for; a port to one that is gone is closed, and its router told so. */
  #introduce(replicaId: string, port: MessagePort, page: SharedArrayBuffer): void {
    const host = this.#hostOf(replicaId);
    if (host) host.accept(port, page);
    else port.close();
  }

  #hostOf(replicaId: string): ReplicaHost | null {
    for (const supervisor of this.#controller.supervisors) {
      for (const slot of supervisor.slots) if (slot.id === replicaId) return slot.host;
    }
    return null;
  }

  #connect(entry: ReplicaEntry, onRoom: () => void): QuerySender {
    const options = { revive: this.#revive, onRoom };
    if (entry.address !== null) return connectTo(entry.address, dirname(entry.address), options);
    const { port1, port2 } = new MessageChannel();
    const page = new SharedArrayBuffer(SLOTS_PER_PAGE);
    this.#introduce(entry.id, port2, page);
    return new QuerySender(port1, new SharedClaims(page), options);
  }

  /** The version is counted up last: a router that sees it finds the change in its port. */
  #publish(change: TableChange): void {
    this.#router.apply(change);
    this.#quarters?.table.publish(this.#controller.table);
    for (const supervisor of this.#controller.supervisors) {
      for (const slot of supervisor.slots) slot.host?.publish(change);
    }
    Atomics.store(new Int32Array(this.#tableVersion), 0, change.version);
  }

  #asked(method: string, args: readonly unknown[]): Promise<unknown> {
    const name = CONTROL_NAMES.find((known) => known === method);
    if (!name) return Promise.reject(new ServeError('INVALID_ARGUMENT', `there is no control '${method}'`));
    const control = this.#controls[name] as (...given: readonly unknown[]) => Promise<unknown>;
    return control.apply(this.#controls, [...args]);
  }

  #revive = (part: Part): unknown => {
    if (part.kind === HANDLE_PART) return reviveHandle(part, this.#roads);
    if (part.kind === REQUEST_PART) return reviveRequest(part);
    throw new Error(`unknown part '${part.kind}' in a received value`);
  };

  async #metricsText(): Promise<{ contentType: string; text: string }> {
    const slots = this.#controller.supervisors.flatMap((supervisor) =>
      supervisor.slots.filter((slot) => slot.isServing),
    );
    const users = await Promise.all(slots.map((slot) => slot.host?.metrics() ?? []));
    return renderMetrics(this.#meters, this.#status.gauges(), users);
  }

  #report(
    backend: string,
    replica: string,
    what: 'started' | 'died' | 'failed' | 'stopped' | 'unhealthy',
    message: string,
    retryInMs: number | null,
  ): void {
    const at = new Date().toISOString();
    if (what !== 'started' && what !== 'unhealthy') this.#status.replicaEnded(replica);
    switch (what) {
      case 'died':
      case 'failed':
        this.#events.append({ type: `replica.${what}`, at, backend, replica, message, retryInMs });
        // A failure to start that is not tried again rejects a call, whose caller is told.
        if (retryInMs !== null)
          process.stderr.write(`servelab: ${message.split('\n').map(escapeControls).join('\n  ')}\n`);
        break;
      case 'unhealthy':
        this.#events.append({ type: 'replica.unhealthy', at, backend, replica, message, failures: 0 });
        break;
      default:
        this.#events.append({ type: `replica.${what}`, at, backend, replica, message });
    }
    this.#status.touched();
  }

  #unhandled(source: string, what: string, thrown: unknown): void {
    const stack = thrown instanceof Error ? (thrown.stack ?? null) : null;
    const message = `${what}: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
    const event = { type: 'error.unhandled', at: new Date().toISOString(), source, message, stack } as const;
    this.#events.append(event);
    process.stderr.write(`servelab: ${formatEvent(event)}\n`);
  }

  #stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  /** Start reversed: no more requests, then the replicas. */
  async #stopAll(): Promise<void> {
    hostedHere.delete(this.#options.name);
    this.#status.stop();
    this.#node.stop();
    await this.#proxy?.close(0);
    await this.#controller.shutDown();
    this.#router.close();
    await this.#quarters?.close();
  }
}
