import { parseRoute } from '../domain/route.ts';
import { RouteIndex } from '../domain/route-index.ts';
import type { EndpointEntry } from '../domain/routing-table.ts';

export interface EndpointRoute {
  readonly endpoint: string;
  readonly methods: readonly string[];
}

/** The HTTP side of the routing table, built anew only when an endpoint has come, gone or changed. */
export class RouteTables {
  readonly #endpoints: () => ReadonlyMap<string, EndpointEntry>;
  #builtFrom: ReadonlyMap<string, EndpointEntry> | null = null;
  #routed: readonly EndpointEntry[] = [];
  #index = new RouteIndex<EndpointRoute>([]);
  #listed: Record<string, [string, string[]]> = {};

  constructor(endpoints: () => ReadonlyMap<string, EndpointEntry>) {
    this.#endpoints = endpoints;
  }

  get index(): RouteIndex<EndpointRoute> {
    this.#build();
    return this.#index;
  }

  /** `{ "/echo": ["echo", ["GET"]] }` */
  get listed(): Record<string, [string, string[]]> {
    this.#build();
    return this.#listed;
  }

  #build(): void {
    const endpoints = this.#endpoints();
    if (endpoints === this.#builtFrom) return;
    this.#builtFrom = endpoints;
    const routed = [...endpoints.values()].filter((entry) => entry.route !== null);
    if (isSame(routed, this.#routed)) return; // only traffic has changed
    this.#routed = routed;
    const routes = routed.map(({ name, route, methods }) => ({
      route: parseRoute(route),
      value: { endpoint: name, methods },
    }));
    this.#index = new RouteIndex(routes.map(({ route, value }) => [route, value] as const));
    this.#listed = Object.fromEntries(
      routes.map(({ route, value }) => [route.pattern, [value.endpoint, [...value.methods]]]),
    );
  }
}

const isSame = (a: readonly EndpointEntry[], b: readonly EndpointEntry[]): boolean =>
  a.length === b.length &&
  a.every(({ name, route, methods }, i) => name === b[i]?.name && route === b[i]?.route && methods === b[i]?.methods);
