/** An instance in this process. Its parts are introduced to each other here and nowhere else. */

import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ownAuthor, replicaAuthor } from '../author.ts';
import { Client } from '../client.ts';
import type { ClientRoads } from '../client-roads.ts';
import type { Caller } from '../control/control-server.ts';
import { removeHostRecord } from '../control/host-record.ts';
import { Controller } from '../controller/controller.ts';
import { requireEndpoint } from '../controller/operations.ts';
import { hostedHere } from '../current.ts';
import type { Part } from '../domain/part.ts';
import { type AnswerSink, FROM_OUTSIDE, type Query, type QueryTicket } from '../domain/query.ts';
import { REQUEST_PART, reviveRequest } from '../domain/request.ts';
import { newIdSource } from '../domain/request-id.ts';
import type { TableChange } from '../domain/routing-table.ts';
import { ServeError } from '../errors.ts';
import { HANDLE_PART, type HandleRoad, reviveHandle } from '../handle.ts';
import { endLeftovers } from '../node/leftovers.ts';
import { LocalNode } from '../node/node.ts';
import type { StartOptions } from '../options.ts';
import { type HttpProxy, startHttpProxy } from '../proxy/http-proxy.ts';
import { Router } from '../router/router.ts';
import { EventLog } from '../telemetry/event-log.ts';
import { Meters, type MetersDelta } from '../telemetry/meters.ts';
import { carryOut } from './asked.ts';
import { type Checkpoints, MemoryCheckpoints } from './checkpoints.ts';
import { openCheckpoints } from './durable-checkpoints.ts';
import { EventFeed } from './event-feed.ts';
import { FrontDoor } from './front-door.ts';
import { type ControlsParts, InstanceControls } from './instance-controls.ts';
import { InstanceStatus } from './instance-status.ts';
import { metricsText } from './metrics-text.ts';
import { loadMiddlewares } from './middlewares.ts';
import { noLongerThan } from './no-longer-than.ts';
import { ReplicaHosts } from './replica-hosts.ts';
import { Reports } from './reports.ts';
import { RouteTables } from './route-tables.ts';
import { TraceFeed } from './trace-feed.ts';
import { traceOf } from './trace-of.ts';
import { Trials } from './trials.ts';

/** How long a start waits for replicas of before to be tried once, in ms; they go on starting behind it. */
const RECOVERY_MS = 30_000;
/** How long it waits for processes to go that it has killed, in ms. */
const LEFTOVERS_MS = 2000;
/** Of how many queries its router knows where they went: some 1.5 MB of numbers and names. */
const TRACED_QUERIES = 2 ** 14;

export class Instance {
  readonly #options: StartOptions;
  readonly #meters = new Meters({ keep: 'declared' });
  readonly events = new EventLog();
  readonly #feed = new EventFeed(this.events, newIdSource(Math.random)());
  readonly #reports: Reports;
  readonly #newRequestId = newIdSource(Math.random);
  readonly #hosts: ReplicaHosts;
  readonly #router: Router;
  readonly #traces: TraceFeed;
  readonly #node: LocalNode;
  readonly #controller: Controller;
  readonly #routes: RouteTables;
  readonly #status: InstanceStatus;
  readonly #trials: Trials;
  #checkpoints: Checkpoints = new MemoryCheckpoints();
  readonly #roads: ClientRoads;
  #proxy: HttpProxy | null = null;
  #stopped: Promise<void> | null = null;
  readonly #hasStopped = Promise.withResolvers<void>();
  #door: FrontDoor | null = null;
  #end: () => void = () => {};
  readonly ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  constructor(options: StartOptions) {
    this.#options = options;
    this.#reports = new Reports(options.name, this.events, () => this.#status);
    this.#node = new LocalNode({
      declared: options.resources,
      env: process.env,
      changed: () => this.#status.touched(),
    });
    this.#hosts = new ReplicaHosts({
      instanceName: options.name,
      marksOutput: options.host === 'process', // all that such a one prints goes to one log
      httpUrl: () => this.#proxy?.url ?? null,
      directory: () => this.directory,
      controller: () => this.#controller,
      submit: this.#submit,
      revive: this.#revive,
      measured: (replica, delta, queued) => {
        if (delta) this.#meters.merge(delta as MetersDelta, performance.now());
        this.#status.measured(replica, queued);
      },
      asks: (method, args, replica) => this.#asked(method, args, { author: replicaAuthor(replica), gone: null }),
    });
    this.#router = new Router({
      connect: (entry, news) => this.#hosts.connect(entry, news),
      endpointMeter: (name) => this.#meters.endpoint(name),
      backendMeter: (tag) => this.#meters.backend(tag),
      random: Math.random,
      traced: { router: 'instance', queries: TRACED_QUERIES },
    });
    this.#traces = new TraceFeed(this.#router, this.#newRequestId());
    this.#controller = new Controller({
      launch: (spec, slot, hooks) => {
        this.#meters.replicaStarted(spec.backend, spec.replica);
        return this.#hosts.launch(spec, slot, hooks);
      },
      environment: (source, gpus) => this.#node.environment(source, gpus),
      ledger: this.#node.ledger,
      publish: (change) => this.#publish(change),
      touched: () => this.#status.touched(),
      checkpoint: (change) => this.#checkpoints.append(change),
      report: (...what) => this.#reports.ofReplica(...what),
      now: () => performance.now(),
    });
    this.#trials = new Trials({
      router: this.#router,
      state: () => this.#controller.state,
      report: (...what) => this.#reports.ofTrial(...what),
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

  get directory(): string {
    return this.#door?.directory ?? '';
  }

  newClient = (): Client => new Client(this.#controlsOf(ownAuthor()), this.#roads, () => this.#proxy?.url ?? null);

  #controlsOf(author: string): InstanceControls {
    const parts: ControlsParts = {
      controller: this.#controller,
      checkpoints: this.#checkpoints,
      meters: this.#meters,
      status: this.#status,
      events: this.events,
      feed: this.#feed,
      traces: this.#traces,
      trials: this.#trials,
      trace: (requestId) => traceOf(requestId, this.#router, this.#controller.supervisors),
      metricsText: () => metricsText(this.#controller, this.#meters, this.#status),
      isStopped: () => this.#stopped !== null,
      ended: this.#hasStopped.promise,
      stop: () => this.stop('delete'),
    };
    return new InstanceControls(parts, author);
  }

  /** Rejects with nothing left running. Resolves when what it had before runs again, or has been tried for a while. */
  async open(ending?: AbortSignal): Promise<void> {
    const { name, host, detached } = this.#options;
    const door = await FrontDoor.take(name, host);
    this.#door = door;
    this.#reports.started();
    try {
      if (detached)
        this.#checkpoints = await openCheckpoints(join(this.directory, 'store'), (text) => this.#reports.warn(text));
      const [startReplicas] = await Promise.all([this.#recover(), this.#node.open()]);
      await this.#listen();
      // Whoever connects finds the whole of it.
      await door.open({
        httpUrl: () => this.#proxy?.url ?? null,
        comesBack: this.#options.restart,
        call: (method, args, caller) => this.#asked(method, args, caller),
        queries: (port) => this.#hosts.routeFor(port),
      });
      await noLongerThan(RECOVERY_MS, startReplicas(), ending);
    } catch (error) {
      this.#node.stop();
      await this.#proxy?.close(0);
      await this.#controller.shutDown();
      await this.#checkpoints.close();
      await door.close();
      throw error;
    }
  }

  /** Wants what it wanted before; what is returned has replicas started for it. */
  async #recover(): Promise<() => Promise<void>> {
    const { latest } = this.#checkpoints;
    if (latest === null) return async () => {};
    const left = await endLeftovers(this.directory, LEFTOVERS_MS);
    if (left.length > 0) this.#reports.warn(`processes ${left.join(', ')} of its last run are still there`);
    for (const tag of latest.backends.keys()) this.#meters.declareBackend(tag);
    for (const endpoint of latest.endpoints.keys()) this.#meters.declareEndpoint(endpoint);
    return this.#controller.recover(latest);
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
      metricsText: () => metricsText(this.#controller, this.#meters, this.#status),
      newRequestId: this.#newRequestId,
      observe: (route, method, status, elapsedMs) => this.#meters.httpFinished(route, method, status, elapsedMs),
      onMiddlewareError: (thrown, requestId) =>
        this.#reports.unhandled('http middleware', `request ${requestId}`, thrown),
    });
  }

  #submit = (query: Query, sink: AnswerSink, lineage = ''): QueryTicket => {
    if (this.#stopped) {
      sink.failed(this.#closed());
      return { cancel() {} };
    }
    this.#status.used();
    return this.#router.submit(query, sink, lineage === '' ? FROM_OUTSIDE : { lineage, calledBy: '' });
  };

  #closed(): ServeError {
    const { name } = this.#options;
    return new ServeError('CLIENT_CLOSED', `instance '${name}' has been shut down; start one with serve.start()`);
  }

  #publish(change: TableChange): void {
    this.#router.apply(change);
    this.#hosts.publish(change);
  }

  #asked(method: string, args: readonly unknown[], { author, gone }: Caller): Promise<unknown> {
    return carryOut(this.#controlsOf(author), method, args, gone);
  }

  #revive = (part: Part): unknown => {
    if (part.kind === HANDLE_PART) return reviveHandle(part, this.#roads);
    if (part.kind === REQUEST_PART) return reviveRequest(part);
    throw new Error(`unknown part '${part.kind}' in a received value`);
  };

  /** `keep`: to be started again, with all that it has. */
  stop(state: 'keep' | 'delete'): Promise<void> {
    this.#stopped ??= this.#stopAll(state);
    return this.#stopped;
  }

  /** Start reversed: no more requests, then the replicas. What is deleted is deleted first: it does not come back. */
  async #stopAll(state: 'keep' | 'delete'): Promise<void> {
    hostedHere.delete(this.#options.name);
    this.#status.stop();
    this.#feed.stop();
    this.#traces.stop();
    this.#trials.endAll();
    this.#controller.endChanges();
    if (state === 'delete') {
      if (this.#options.detached) removeHostRecord(this.directory);
      await this.#checkpoints.destroy();
    }
    this.#node.stop();
    await this.#proxy?.close(0);
    await this.#controller.shutDown();
    this.#router.close();
    await this.#hosts.close();
    await this.#checkpoints.close();
    this.#hasStopped.resolve();
    // What has been closed goes when the event loop turns, which nothing else here needs: it holds all of an instance.
    await nextTurn();
    void this.#door?.close().then(this.#end);
  }
}
