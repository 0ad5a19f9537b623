/** An instance in another process, as a client holds it: its controls and its roads over the control socket. */
import { ownAuthor } from '../author.ts';
import { Client, type ClientRoads } from '../client.ts';
import { ControlClient } from '../control/control-client.ts';
import { findStateDirectory, stateDirectoryOf } from '../control/state-directory.ts';
import { CONTROL_NAMES, type Controls } from '../controls.ts';
import type { Part } from '../domain/part.ts';
import type { AnswerSink, Query, QueryTicket } from '../domain/query.ts';
import { REQUEST_PART, reviveRequest } from '../domain/request.ts';
import { newIdSource } from '../domain/request-id.ts';
import { ServeError } from '../errors.ts';
import { HANDLE_PART, type HandleRoad, reviveHandle } from '../handle.ts';
import type { ObjectRef } from '../object-ref.ts';
import { version } from '../version.ts';
import { GatewayRoad } from '../wire/gateway-road.ts';
import { greet } from '../wire/greeting.ts';
import { lateTicket } from '../wire/late-ticket.ts';
import { startRelay } from '../wire/start-relay.ts';

/** Rejects with INSTANCE_NOT_FOUND, PROTOCOL_ERROR. */
export async function connectToInstance(name: string): Promise<Client> {
  const instance = new RemoteInstance(name);
  await instance.open();
  return instance.newClient();
}

class RemoteInstance {
  readonly #name: string;
  readonly #newRequestId = newIdSource(Math.random);
  readonly #controls: Controls;
  readonly #roads: ClientRoads;
  #control: Promise<ControlClient> | null = null;
  #road: Promise<GatewayRoad> | null = null;
  /** Set when queries can be sent. */
  #openRoad: GatewayRoad | null = null;
  #blockingRoad: GatewayRoad | null = null;
  #httpUrl: string | null = null;

  constructor(name: string) {
    this.#name = name;
    this.#controls = Object.fromEntries(
      CONTROL_NAMES.map((method) => [method, (...args: unknown[]) => this.#call(method, args)]),
    ) as unknown as Controls;
    const newRequestId = this.#newRequestId;
    const routed: HandleRoad = { submit: (query, sink) => this.#submit(query, sink), newRequestId, block: null };
    this.#roads = {
      routed,
      sync: {
        submit: (query, sink) => this.#toBlockOn().submit(query, sink),
        newRequestId,
        block: (ref: ObjectRef) => this.#toBlockOn().block(ref),
      },
      requireEndpoint: async (endpoint) => void (await this.#call('requireEndpoint', [endpoint])),
    };
  }

  async open(): Promise<void> {
    this.#httpUrl = (await this.#openControl()).welcome.httpUrl;
  }

  newClient(): Client {
    return new Client(this.#controls, this.#roads, this.#httpUrl, () => this.#close());
  }

  async #call(method: string, args: readonly unknown[]): Promise<unknown> {
    return (await this.#openControl()).call(method, args, ownAuthor());
  }

  /** One that has gone may have been started again: the next call connects anew. */
  async #openControl(): Promise<ControlClient> {
    this.#control ??= this.#found((path) => ControlClient.open(path, version));
    try {
      const control = await this.#control;
      if (!control.isGone) return control;
    } catch (error) {
      this.#control = null;
      throw error;
    }
    this.#control = null;
    return this.#openControl();
  }

  #submit(query: Query, sink: AnswerSink): QueryTicket {
    if (this.#openRoad && !this.#openRoad.isLost) return this.#openRoad.submit(query, sink);
    const opening = this.#openQueries();
    return lateTicket(
      opening,
      (road) => road.submit(query, sink),
      (error) => sink.failed(error as ServeError),
    );
  }

  async #openQueries(): Promise<GatewayRoad> {
    if (this.#openRoad?.isLost) {
      this.#openRoad = null;
      this.#road = null;
    }
    this.#road ??= this.#found(async (path) => {
      const port = await greet(path, 'queries', version);
      return new GatewayRoad(port, { revive: this.#revive, crossesProcesses: true, wake: null });
    });
    try {
      this.#openRoad = await this.#road;
      return this.#openRoad;
    } catch (error) {
      this.#road = null;
      throw error;
    }
  }

  #toBlockOn(): GatewayRoad {
    if (this.#blockingRoad === null || this.#blockingRoad.isLost) {
      const { port, wake } = startRelay(findStateDirectory(this.#name).socket, version);
      this.#blockingRoad = new GatewayRoad(port, { revive: this.#revive, crossesProcesses: true, wake });
    }
    return this.#blockingRoad;
  }

  async #found<T>(open: (path: string) => Promise<T>): Promise<T> {
    try {
      return await open(findStateDirectory(this.#name).socket);
    } catch (cause) {
      if (cause instanceof ServeError) throw cause;
      throw notFound(this.#name, stateDirectoryOf(this.#name).socket, cause);
    }
  }

  async #close(): Promise<void> {
    this.#openRoad?.close();
    this.#blockingRoad?.close();
    const control = await this.#control?.catch(() => null);
    control?.close();
  }

  #revive = (part: Part): unknown => {
    if (part.kind === HANDLE_PART) return reviveHandle(part, this.#roads);
    if (part.kind === REQUEST_PART) return reviveRequest(part);
    throw new Error(`unknown part '${part.kind}' in a received value`);
  };
}

function notFound(name: string, path: string, cause: unknown): ServeError {
  const { code } = cause as NodeJS.ErrnoException;
  const given = name === 'default' ? '' : ` --name ${name}`;
  const found =
    code === 'ENOENT'
      ? 'there is no such instance'
      : code === 'ECONNREFUSED'
        ? 'it has ended without saying so'
        : cause instanceof Error
          ? cause.message
          : String(cause);
  return new ServeError(
    'INSTANCE_NOT_FOUND',
    `no instance '${name}' runs (${found}; looked for ${path}); start one with \`servelab start${given}\`, or with serve.start()`,
    { cause },
  );
}
