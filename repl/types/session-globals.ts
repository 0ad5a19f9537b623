/** What every session has without declaring it, as TypeScript is told of it. */
import type { ServeStatus } from '../../lib/index.ts';
import { CHART_GLOBALS } from './chart-globals.ts';

/**
 * The text of a `.d.ts` file. Names of endpoints and backends that there are complete where one is wanted; others are
 * no mistakes, as a cell may make them first. Pure.
 *
 * `commands`: more of such text. What it declares of `session.Show` adds to what `show` has:
 * `declare namespace session { interface Show { traffic(endpoint?: EndpointName): void } }`.
 */
export function sessionGlobals(
  { backends, endpoints }: Pick<ServeStatus, 'backends' | 'endpoints'>,
  commands = '',
): string {
  const tags = Object.keys(backends);
  const names = Object.keys(endpoints);
  return [
    'declare namespace session {',
    `  type BackendTag = ${oneOf(tags)};`,
    `  type EndpointName = ${oneOf(names)};`,
    `  type Weights = Readonly<Record<string, number>> & { ${tags.map((tag) => `readonly ${quoted(tag)}?: number;`).join(' ')} };`,
    `  interface Endpoints { ${names.map((name) => `readonly ${quoted(name)}: Endpoint;`).join(' ')} }`,
    '}',
    FIXED,
    CHART_GLOBALS,
    commands,
  ].join('\n');
}

/** Any other, too. */
function oneOf(names: readonly string[]): string {
  return names.length === 0 ? 'string' : `${names.map(quoted).join(' | ')} | (string & {})`;
}

const quoted = (name: string): string => JSON.stringify(name);

/** Methods that are declared anew keep what the client's own say of themselves. */
const FIXED = `
declare namespace session {
  type ServeClient = import('servelab').Client;
  type ServeHandle<Target> = import('servelab').Handle<Target>;
  type ObjectRef<T> = import('servelab').ObjectRef<T>;
  type BackendTarget = import('servelab').BackendTarget;
  type BackendConfig = import('servelab').BackendConfig;
  type CreateBackendGiven = import('servelab').CreateBackendGiven;
  // Said of both at once, a tag would be any text and no names were known.
  type CreateEndpointGiven = Omit<import('servelab').CreateEndpointGiven, 'backend'> & { readonly backend: BackendTag };
  type UpdateEndpointGiven = import('servelab').UpdateEndpointGiven;

  interface Client extends ServeClient {
    updateBackend(tag: BackendTag, target: BackendTarget, options?: CreateBackendGiven): Promise<void>;
    updateBackendConfig(tag: BackendTag, partial: Partial<BackendConfig>): Promise<void>;
    getBackendConfig(tag: BackendTag): Promise<BackendConfig>;
    deleteBackend(tag: BackendTag, options?: { readonly force?: boolean }): Promise<void>;
    createEndpoint(name: string, options: CreateEndpointGiven): Promise<void>;
    updateEndpoint(name: EndpointName, options: UpdateEndpointGiven): Promise<void>;
    deleteEndpoint(name: EndpointName): Promise<void>;
    setTraffic(endpoint: EndpointName, weights: Weights): Promise<void>;
    shadowTraffic(endpoint: EndpointName, tag: BackendTag, proportion: number): Promise<void>;
    getHandle<Target = unknown>(
      endpoint: EndpointName,
      options?: { readonly missingOk?: boolean; readonly sync?: boolean },
    ): Promise<ServeHandle<Target>>;
  }

  /** An endpoint as a function. */
  interface Endpoint {
    /** Sends a query, as a handle's \`remote\` does. */
    (data?: any, args?: Readonly<Record<string, unknown>>): Promise<any>;
    /** The same endpoint, called in another way. */
    options(given: import('servelab').HandleOptionsGiven): Endpoint;
    handle(): Promise<ServeHandle<any>>;
  }
  interface Endpoints {
    readonly [name: string]: Endpoint;
  }

  interface HttpAnswer {
    readonly status: number;
    readonly ok: boolean;
    readonly headers: Headers;
    readonly bytes: Uint8Array;
    readonly text: string;
    /** What its JSON means. */
    readonly json: any;
    /** From sending to the last byte, in ms. */
    readonly ms: number;
  }
  interface Http {
    /** \`path\` from this instance's HTTP address, e.g. \`/echo?x=1\`. */
    get(path: string, init?: RequestInit): Promise<HttpAnswer>;
    /** A body that is neither text nor bytes is sent as JSON. */
    post(path: string, body?: unknown, init?: RequestInit): Promise<HttpAnswer>;
    request(method: string, path: string, body?: unknown, init?: RequestInit): Promise<HttpAnswer>;
  }

  /** The commands, as functions. */
  interface Show {}

  interface Displayed {
    readonly id: string;
    /** Shows another value in its place, wherever it is shown. */
    update(value: unknown, given?: { readonly raw?: boolean }): void;
  }

  interface CommData {
    readonly data: any;
    readonly metadata: Readonly<Record<string, unknown>>;
    readonly buffers: readonly Uint8Array[];
  }
  interface CommGiven {
    readonly metadata?: Readonly<Record<string, unknown>>;
    readonly buffers?: readonly Uint8Array[];
  }
  interface Comm {
    readonly id: string;
    readonly target: string;
    onMessage: ((message: CommData) => void) | null;
    onClose: ((message: CommData) => void) | null;
    send(data: unknown, given?: CommGiven): void;
    close(data?: unknown, given?: CommGiven): void;
  }
  interface Comms {
    /** Takes the comms that front ends open for this target. */
    register(target: string, take: (comm: Comm, opened: CommData) => void): void;
    open(target: string, data?: unknown, given?: CommGiven): Comm;
  }
}

/** The instance this session works on. */
declare const client: session.Client;
/** A handle for each endpoint, by its name: \`await endpoints.echo('hi')\`. */
declare const endpoints: session.Endpoints;
/** Requests to this instance by HTTP. */
declare const http: session.Http;
declare const show: session.Show;
/** Shows a value at once; \`raw\`: an object of what to show by MIME type. */
declare function display(value: unknown, given?: { readonly id?: string; readonly raw?: boolean }): session.Displayed;
/** What the cell has shown by now goes; with \`wait\` when something takes its place. */
declare function clearOutput(given?: { readonly wait?: boolean }): void;
/** Asks whoever runs the cell, in a notebook. */
declare function input(prompt?: string, given?: { readonly secret?: boolean }): Promise<string>;
/** Channels to widgets of a notebook. */
declare const comms: session.Comms;
/** The last value. */
declare var _: any;
/** The last error. */
declare var _e: any;
/** Aborts when the cell that runs is interrupted. */
declare const $signal: AbortSignal;
`;
