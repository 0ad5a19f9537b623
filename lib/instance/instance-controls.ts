/** The controls of an instance, carried out by its controller and told to its event log. */
import type { Note } from '../controller/checkpoint.ts';
import type { Controller } from '../controller/controller.ts';
import { requireBackend, requireEndpoint } from '../controller/operations.ts';
import type {
  BackendRequest,
  BackendUpdate,
  Controls,
  EndpointRequest,
  EndpointUpdate,
  InstanceDescription,
  ListedEndpoint,
} from '../controls.ts';
import type { BackendConfig, BackendTag } from '../domain/backend.ts';
import type { ServeEvent } from '../domain/event.ts';
import type { HistoryEntry } from '../domain/history.ts';
import type { Page } from '../domain/page.ts';
import type { InstancePerformance } from '../domain/performance.ts';
import type { ServeStatus } from '../domain/status.ts';
import type { QueryTrace } from '../domain/trace.ts';
import { resolveTraffic } from '../domain/traffic-policy.ts';
import type { TriedPairs } from '../domain/trial.ts';
import { ServeError } from '../errors.ts';
import type { EventLog } from '../telemetry/event-log.ts';
import type { Meters } from '../telemetry/meters.ts';
import { describe, listOf, ownCopy, sourceOf } from './backend-forms.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { EventFeed } from './event-feed.ts';
import { forgetAllBut } from './forget-meters.ts';
import type { InstanceStatus } from './instance-status.ts';
import { performanceOf } from './performance-of.ts';
import type { TraceFeed } from './trace-feed.ts';
import type { Trials } from './trials.ts';

export interface ControlsParts {
  readonly controller: Controller;
  readonly checkpoints: Checkpoints;
  readonly meters: Meters;
  readonly status: InstanceStatus;
  readonly events: EventLog;
  readonly feed: EventFeed;
  readonly traces: TraceFeed;
  readonly trials: Trials;
  trace(requestId: string): Promise<readonly QueryTrace[]>;
  metricsText(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** Shut down, or on its way there. */
  isStopped(): boolean;
  /** Resolves when it has stopped. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

type ChangeEvent = Extract<ServeEvent, { readonly revision: number }>;
/** What a change is told by, besides when, by whom and under which revision. */
type Told<Event = ChangeEvent> = Event extends ChangeEvent ? Omit<Event, 'at' | 'revision' | 'author'> : never;

type Given<Name extends keyof Controls> = Parameters<Controls[Name]>;

/** The controls as one author uses them. */
export class InstanceControls implements Controls {
  readonly #parts: ControlsParts;
  readonly #author: string;

  constructor(parts: ControlsParts, author: string) {
    this.#parts = parts;
    this.#author = author;
  }

  async createBackend(tag: BackendTag, request: BackendRequest): Promise<void> {
    const { controller, meters } = this.#open();
    meters.declareBackend(tag);
    try {
      await this.#make({ type: 'backend.created', backend: tag, message: `backend '${tag}' created` }, (note) =>
        controller.createBackend(tag, sourceOf(request), request.config, note),
      );
    } finally {
      if (!controller.supervisors.some((supervisor) => supervisor.tag === tag)) meters.forgetBackend(tag);
    }
  }

  async updateBackend(tag: BackendTag, request: BackendUpdate): Promise<void> {
    const { controller } = this.#open();
    await this.#make(
      { type: 'backend.updated', backend: tag, message: `backend '${tag}': its code was replaced` },
      (note) => controller.updateBackend(tag, sourceOf(request), request.config, note),
    );
  }

  async updateBackendConfig(tag: BackendTag, given: Partial<BackendConfig>): Promise<void> {
    const { controller } = this.#open();
    await this.#make(
      { type: 'backend.updated', backend: tag, message: `backend '${tag}': ${listOf(given)} set` },
      (note) => controller.updateBackendConfig(tag, given, note),
    );
  }

  async getBackendConfig(tag: BackendTag): Promise<BackendConfig> {
    return ownCopy(requireBackend(this.#open().controller.state, tag));
  }

  async listBackends(): Promise<Record<BackendTag, BackendConfig>> {
    const { backends } = this.#open().controller.state;
    return Object.fromEntries([...backends].map(([tag, config]) => [tag, ownCopy(config)]));
  }

  async deleteBackend(tag: BackendTag, force: boolean): Promise<void> {
    const { controller, meters } = this.#open();
    await this.#make({ type: 'backend.deleted', backend: tag, message: `backend '${tag}' deleted` }, (note) =>
      controller.deleteBackend(tag, force, note),
    );
    if (!controller.state.backends.has(tag)) meters.forgetBackend(tag);
  }

  async createEndpoint(name: string, request: EndpointRequest): Promise<void> {
    const { controller, meters } = this.#open();
    const at = request.route === null ? 'by handle only' : `at ${request.route}`;
    meters.declareEndpoint(name);
    try {
      await this.#make(
        { type: 'endpoint.created', endpoint: name, message: `endpoint '${name}' created ${at}` },
        (note) => controller.apply({ type: 'create-endpoint', name, ...request }, note),
      );
    } finally {
      if (!controller.state.endpoints.has(name)) meters.forgetEndpoint(name);
    }
  }

  async updateEndpoint(name: string, update: EndpointUpdate): Promise<void> {
    const { controller, meters } = this.#open();
    const { route: before } = requireEndpoint(controller.state, name);
    const { route = before } = update;
    const at = route === null ? 'by handle only' : `at ${route}`;
    await this.#make(
      { type: 'endpoint.updated', endpoint: name, message: `endpoint '${name}' is now reached ${at}` },
      (note) => controller.apply({ type: 'update-endpoint', name, update }, note),
    );
    if (before !== null && before !== route) meters.forgetRoute(before);
  }

  async deleteEndpoint(name: string): Promise<void> {
    const { controller, meters } = this.#open();
    const { route } = requireEndpoint(controller.state, name);
    await this.#make({ type: 'endpoint.deleted', endpoint: name, message: `endpoint '${name}' deleted` }, (note) =>
      controller.apply({ type: 'delete-endpoint', name }, note),
    );
    meters.forgetEndpoint(name);
    if (route !== null) meters.forgetRoute(route);
  }

  async listEndpoints(): Promise<Record<string, ListedEndpoint>> {
    const { endpoints } = this.#open().controller.state;
    return Object.fromEntries(
      [...endpoints].map(([name, { route, methods, traffic, shadows }]) => [
        name,
        {
          route,
          methods: [...methods],
          traffic: Object.fromEntries(traffic.weights),
          shadows: Object.fromEntries(shadows),
        },
      ]),
    );
  }

  async setTraffic(endpoint: string, weights: unknown): Promise<void> {
    const { controller } = this.#open();
    requireEndpoint(controller.state, endpoint);
    const traffic = Object.fromEntries(resolveTraffic(weights, controller.state.backends.keys()).weights);
    const message = `traffic of '${endpoint}': ${JSON.stringify(traffic)}`;
    await this.#make({ type: 'traffic.set', endpoint, traffic, message }, (note) =>
      controller.apply({ type: 'set-traffic', name: endpoint, weights }, note),
    );
  }

  async shadowTraffic(endpoint: string, tag: unknown, proportion: unknown): Promise<void> {
    const { controller } = this.#open();
    const message = `shadow of '${endpoint}': ${String(proportion)} to '${String(tag)}'`;
    const event = { endpoint, backend: String(tag), proportion: Number(proportion), message };
    await this.#make({ type: 'shadow.set', ...event }, (note) =>
      controller.apply({ type: 'shadow-traffic', name: endpoint, tag, proportion }, note),
    );
  }

  async history(): Promise<readonly HistoryEntry[]> {
    return this.#open().checkpoints.history();
  }

  async rollback(revision: number): Promise<void> {
    const { controller, checkpoints, meters } = this.#open();
    const wanted = await checkpoints.stateAt(revision);
    const before = controller.state;
    for (const tag of wanted.backends.keys()) meters.declareBackend(tag);
    for (const name of wanted.endpoints.keys()) meters.declareEndpoint(name);
    const message = `everything as in revision ${revision}`;
    try {
      await this.#make({ type: 'state.rolledBack', toRevision: revision, message }, (note) =>
        controller.rollback(wanted, note),
      );
    } finally {
      forgetAllBut(controller.state, [before, wanted], meters);
    }
  }

  async describe(): Promise<InstanceDescription> {
    const { state } = this.#open().controller;
    const { sources, endpoints } = state;
    const listed = await this.listEndpoints();
    return {
      backends: Object.fromEntries(
        [...sources].map(([tag, source]) => [tag, describe(requireBackend(state, tag), source)]),
      ),
      endpoints: Object.fromEntries(
        Object.entries(listed).map(([name, endpoint]) => [
          name,
          { ...endpoint, idempotent: endpoints.get(name)?.idempotent ?? false },
        ]),
      ),
    };
  }

  async status(): Promise<ServeStatus> {
    await this.#open().status.settled();
    return this.#open().status.snapshot();
  }

  async statusAfter(
    after: number | null,
    gone: AbortSignal | null = null,
  ): Promise<{ readonly serial: number; readonly status: ServeStatus }> {
    return this.#open().status.after(after, gone);
  }

  async eventsAfter(...[after, count, waits, gone = null]: Given<'eventsAfter'>): Promise<Page<ServeEvent>> {
    return this.#open().feed.after(after, count, waits, gone);
  }

  async tracesAfter(...given: Given<'tracesAfter'>): Promise<Page<QueryTrace>> {
    const [after, endpoint, count, waits, gone = null] = given;
    return this.#open().traces.after(after, endpoint, count, waits, gone);
  }

  async trace(requestId: string): Promise<readonly QueryTrace[]> {
    return this.#open().trace(requestId);
  }

  async openTrial(...[endpoint, backend, opening, gone = null]: Given<'openTrial'>): Promise<number> {
    return this.#open().trials.open(endpoint, backend, opening, this.#author, gone);
  }

  async takePairs(trial: number, last: boolean): Promise<TriedPairs> {
    return this.#open().trials.take(trial, last);
  }

  async closeTrial(trial: number): Promise<void> {
    this.#open().trials.close(trial);
  }

  async requireEndpoint(name: string): Promise<void> {
    requireEndpoint(this.#open().controller.state, name);
  }

  async metrics(): Promise<{ readonly contentType: string; readonly text: string }> {
    return this.#open().metricsText();
  }

  async performance(): Promise<InstancePerformance> {
    const { controller, meters } = this.#open();
    return performanceOf(controller, meters);
  }

  ended(): Promise<void> {
    return this.#parts.ended;
  }

  async shutdown(): Promise<void> {
    await this.#parts.stop();
  }

  /** Has it made, and tells the event log. */
  async #make(told: Told, make: (note: Note) => Promise<void>): Promise<void> {
    const { controller, events } = this.#parts;
    await make({ author: this.#author, summary: told.message });
    const now = { at: new Date().toISOString(), revision: controller.state.revision, author: this.#author };
    events.append({ ...told, ...now } as ServeEvent);
  }

  #open(): ControlsParts {
    if (this.#parts.isStopped())
      throw new ServeError('CLIENT_CLOSED', 'the instance has been shut down; start one with serve.start()');
    return this.#parts;
  }
}
