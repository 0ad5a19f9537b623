/** An instance in this process. Its parts are introduced to each other here and nowhere else. */
import { Client, type ClientRoads } from '../client.ts';
import { Controller } from '../controller/controller.ts';
import { requireEndpoint } from '../controller/operations.ts';
import { CONTROL_NAMES, type Controls } from '../controls.ts';
import { hostedHere } from '../current.ts';
import type { Part } from '../domain/part.ts';
import { escapeControls } from '../domain/printable.ts';
import type { AnswerSink, Query, QueryTicket } from '../domain/query.ts';
import { REQUEST_PART, reviveRequest } from '../domain/request.ts';
import { newIdSource } from '../domain/request-id.ts';
import type { TableChange } from '../domain/routing-table.ts';
import { ServeError } from '../errors.ts';
import { HANDLE_PART, type HandleRoad, reviveHandle } from '../handle.ts';
import { LocalNode } from '../node/node.ts';
import type { StartOptions } from '../options.ts';
import { type HttpProxy, startHttpProxy } from '../proxy/http-proxy.ts';
import { Router } from '../router/router.ts';
import { EventLog, formatEvent } from '../telemetry/event-log.ts';
import { Meters, type MetersDelta } from '../telemetry/meters.ts';
import { renderMetrics } from '../telemetry/prometheus.ts';
import { FrontDoor, instanceExists } from './front-door.ts';
import { InstanceControls } from './instance-controls.ts';
import { InstanceStatus } from './instance-status.ts';
import { loadMiddlewares } from './middlewares.ts';
import { ReplicaHosts } from './replica-hosts.ts';
import { RouteTables } from './route-tables.ts';

/** Rejects with INVALID_ARGUMENT, INSTANCE_EXISTS, PORT_IN_USE, LISTEN_FAILED; then nothing is left running. */
export async function startInstance(options: StartOptions): Promise<Client> {
  return (await hostInstance(options)).client;
}

/** The same, and when it has ended: a client has shut it down, and whoever was connected has been let go. */
export async function hostInstance(options: StartOptions): Promise<{ client: Client; ended: Promise<void> }> {
  if (hostedHere.has(options.name)) throw instanceExists(options.name, 'in this process');
  const instance = new Instance(options);
  hostedHere.set(options.name, instance.newClient);
  try {
    await instance.open();
  } catch (error) {
    hostedHere.delete(options.name);
    throw error;
  }
  return { client: instance.newClient(), ended: instance.ended };
}

class Instance {
  readonly #options: StartOptions;
  readonly #meters = new Meters({ keep: 'declared' });
  readonly #events = new EventLog();
  readonly #newRequestId = newIdSource(Math.random);
  readonly #hosts: ReplicaHosts;
  readonly #router: Router;
  readonly #node: LocalNode;
  readonly #controller: Controller;
  readonly #routes: RouteTables;
  readonly #status: InstanceStatus;
  readonly #controls: Controls;
  readonly #roads: ClientRoads;
  #proxy: HttpProxy | null = null;
  #stopped: Promise<void> | null = null;
  #door: FrontDoor | null = null;
  #end: () => void = () => {};
  readonly ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  constructor(options: StartOptions) {
    this.#options = options;
    this.#node = new LocalNode({
      declared: options.resources,
      env: process.env,
      changed: () => this.#status.touched(),
    });
    this.#hosts = new ReplicaHosts({
      instanceName: options.name,
      httpUrl: () => this.#proxy?.url ?? null,
      controller: () => this.#controller,
      submit: this.#submit,
      revive: this.#revive,
      measured: (replica, delta, queued) => {
        if (delta) this.#meters.merge(delta as MetersDelta, performance.now());
        this.#status.measured(replica, queued);
      },
      asks: (method, args) => this.#asked(method, args),
    });
    this.#router = new Router({
      connect: (entry, onRoom) => this.#hosts.connect(entry, onRoom),
      endpointMeter: (name) => this.#meters.endpoint(name),
      backendMeter: (tag) => this.#meters.backend(tag),
      random: Math.random,
    });
    this.#controller = new Controller({
      launch: (spec, slot, hooks) => {
        this.#meters.replicaStarted(spec.backend, spec.replica);
        return this.#hosts.launch(spec, slot, hooks);
      },
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
      host: options.host,
      detached: options.detached,
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
      metricsText: () => this.#metricsText(),
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
    const door = await FrontDoor.take(this.#options.name, this.#options.host);
    this.#door = door;
    try {
      await this.#node.open();
      await this.#listen();
      // Whoever connects finds the whole of it.
      await door.open({
        httpUrl: () => this.#proxy?.url ?? null,
        call: (method, args) => this.#asked(method, args),
        queries: (port) => this.#hosts.routeFor(port),
      });
    } catch (error) {
      this.#node.stop();
      await this.#proxy?.close(0);
      await door.close();
      throw error;
    }
  }

  async #listen(): Promise<void> {
    const { http } = this.#options;
    if (http === null) return;
    const middlewares = await loadMiddlewares(http.middlewares);
    const proxy = { ...http, middlewares };
    this.#proxy = await startHttpProxy(proxy, {
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

  #publish(change: TableChange): void {
    this.#router.apply(change);
    this.#hosts.publish(change);
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
    await this.#hosts.close();
    void this.#door?.close().then(this.#end);
  }
}
