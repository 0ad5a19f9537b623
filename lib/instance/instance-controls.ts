/** The controls of an instance, carried out by its controller and told to its event log. */
import type { BackendSource } from '../controller/backend-source.ts';
import type { Controller } from '../controller/controller.ts';
import { type Operation, requireBackend, requireEndpoint } from '../controller/operations.ts';
import type {
  BackendDescription,
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
import type { ServeStatus } from '../domain/status.ts';
import { ServeError } from '../errors.ts';
import type { EventLog } from '../telemetry/event-log.ts';
import type { Meters } from '../telemetry/meters.ts';
import type { InstanceStatus } from './instance-status.ts';

export interface ControlsParts {
  readonly controller: Controller;
  readonly meters: Meters;
  readonly status: InstanceStatus;
  readonly events: EventLog;
  metricsText(): Promise<{ readonly contentType: string; readonly text: string }>;
  stop(): Promise<void>;
}

type ChangeEvent = Extract<ServeEvent, { readonly revision: number }>;

export class InstanceControls implements Controls {
  readonly #parts: ControlsParts;
  readonly #ended = Promise.withResolvers<void>();
  #isStopped = false;

  constructor(parts: ControlsParts) {
    this.#parts = parts;
  }

  async createBackend(tag: BackendTag, request: BackendRequest): Promise<void> {
    const { controller, meters } = this.#open();
    const { config } = request;
    meters.declareBackend(tag);
    try {
      await controller.createBackend(tag, sourceOf(request), config);
    } finally {
      if (!controller.supervisors.some((supervisor) => supervisor.tag === tag)) meters.forgetBackend(tag);
    }
    this.#tell({ type: 'backend.created', backend: tag, message: `backend '${tag}' created` });
  }

  async updateBackend(tag: BackendTag, request: BackendUpdate): Promise<void> {
    await this.#open().controller.replaceBackend(tag, sourceOf(request), request.config);
    this.#tell({ type: 'backend.updated', backend: tag, message: `backend '${tag}': its code was replaced` });
  }

  async updateBackendConfig(tag: BackendTag, given: Partial<BackendConfig>): Promise<void> {
    await this.#open().controller.updateBackend(tag, given);
    this.#tell({
      type: 'backend.updated',
      backend: tag,
      message: `backend '${tag}': ${JSON.stringify(Object.keys(given))} set`,
    });
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
    await controller.deleteBackend(tag, force);
    if (!controller.state.backends.has(tag)) meters.forgetBackend(tag);
    this.#tell({ type: 'backend.deleted', backend: tag, message: `backend '${tag}' deleted` });
  }

  async createEndpoint(name: string, request: EndpointRequest): Promise<void> {
    const { controller, meters } = this.#open();
    const isKnown = controller.state.endpoints.has(name);
    if (!isKnown) meters.declareEndpoint(name);
    try {
      this.#apply({ type: 'create-endpoint', name, ...request });
    } catch (error) {
      if (!isKnown) meters.forgetEndpoint(name);
      throw error;
    }
    const at = request.route === null ? 'by handle only' : `at ${request.route}`;
    this.#tell({ type: 'endpoint.created', endpoint: name, message: `endpoint '${name}' created ${at}` });
  }

  async updateEndpoint(name: string, update: EndpointUpdate): Promise<void> {
    const { controller, meters } = this.#open();
    const { route: before } = requireEndpoint(controller.state, name);
    this.#apply({ type: 'update-endpoint', name, update });
    const { route } = requireEndpoint(controller.state, name);
    if (before !== null && before !== route) meters.forgetRoute(before);
    const at = route === null ? 'by handle only' : `at ${route}`;
    this.#tell({ type: 'endpoint.updated', endpoint: name, message: `endpoint '${name}' is now reached ${at}` });
  }

  async deleteEndpoint(name: string): Promise<void> {
    const { controller, meters } = this.#open();
    const { route } = requireEndpoint(controller.state, name);
    this.#apply({ type: 'delete-endpoint', name });
    meters.forgetEndpoint(name);
    if (route !== null) meters.forgetRoute(route);
    this.#tell({ type: 'endpoint.deleted', endpoint: name, message: `endpoint '${name}' deleted` });
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
    this.#apply({ type: 'set-traffic', name: endpoint, weights });
    const traffic = Object.fromEntries(requireEndpoint(this.#parts.controller.state, endpoint).traffic.weights);
    this.#tell({
      type: 'traffic.set',
      endpoint,
      traffic,
      message: `traffic of '${endpoint}': ${JSON.stringify(traffic)}`,
    });
  }

  async shadowTraffic(endpoint: string, tag: unknown, proportion: unknown): Promise<void> {
    this.#apply({ type: 'shadow-traffic', name: endpoint, tag, proportion });
    const message = `shadow of '${endpoint}': ${String(proportion)} to '${String(tag)}'`;
    this.#tell({ type: 'shadow.set', endpoint, backend: String(tag), proportion: Number(proportion), message });
  }

  async describe(): Promise<InstanceDescription> {
    const { controller } = this.#open();
    const { backends, endpoints } = controller.state;
    const listed = await this.listEndpoints();
    return {
      backends: Object.fromEntries(
        controller.supervisors
          .filter(({ tag }) => backends.has(tag))
          .map(({ tag, source }) => [tag, describe(backends.get(tag) as BackendConfig, source)])
          .reverse(), // of one tag the first is in force
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

  async statusAfter(after: number | null): Promise<{ readonly serial: number; readonly status: ServeStatus }> {
    return this.#open().status.after(after);
  }

  async requireEndpoint(name: string): Promise<void> {
    requireEndpoint(this.#open().controller.state, name);
  }

  async metrics(): Promise<{ readonly contentType: string; readonly text: string }> {
    return this.#open().metricsText();
  }

  ended(): Promise<void> {
    return this.#ended.promise;
  }

  async shutdown(): Promise<void> {
    this.#isStopped = true;
    await this.#parts.stop();
    this.#ended.resolve();
  }

  #apply(op: Extract<Operation, { readonly name: string }>): void {
    this.#open().controller.apply(op);
  }

  #tell(
    event: ChangeEvent extends infer E
      ? E extends ChangeEvent
        ? Omit<E, 'at' | 'revision' | 'author'>
        : never
      : never,
  ): void {
    const { controller, events } = this.#parts;
    const now = { at: new Date().toISOString(), revision: controller.state.revision, author: 'client' };
    events.append({ ...event, ...now } as ServeEvent);
  }

  #open(): ControlsParts {
    if (this.#isStopped)
      throw new ServeError('CLIENT_CLOSED', 'the instance has been shut down; start one with serve.start()');
    return this.#parts;
  }
}

function sourceOf({ shipment, initArgs, actorOptions, env, digests }: Omit<BackendRequest, 'config'>): BackendSource {
  const { node = null, directory = null } = env ?? {};
  return { shipment, initArgs, digests, node, directory, ...actorOptions };
}

function describe(config: BackendConfig, source: BackendSource): BackendDescription {
  const { shipment, initArgs, digests, node, directory, ...actorOptions } = source;
  return { config: ownCopy(config), actorOptions, env: directory === null ? null : { directory, node }, digests };
}

/** A config whose `userConfig` its reader may change: ours is what the next one is compared with. */
const ownCopy = (config: BackendConfig): BackendConfig => ({
  ...config,
  userConfig: structuredClone(config.userConfig),
});
