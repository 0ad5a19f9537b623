/** What the restless client does, over and over, and what is there after each step. */
import type * as serve from 'servelab';

/** By what comes behind the client's own prefix in a name. */
export interface Described {
  readonly backends: Readonly<Record<string, { readonly replicas: number; readonly says: string }>>;
  /** Null: there is no endpoint. */
  readonly traffic: Readonly<Record<string, number>> | null;
}

export interface Step {
  readonly what: string;
  run(client: serve.Client, prefix: string): Promise<unknown>;
  readonly after: Described;
}

/** So much that sending it takes a while. */
const MUCH = 16 * 1024 * 1024;

class Laden {
  readonly #bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  call(): string {
    return `laden with ${this.#bytes.length}`;
  }
}

const LADEN = { replicas: 1, says: `laden with ${MUCH}` };

export const STEPS: readonly Step[] = [
  {
    what: 'createBackend a',
    run: (client, p) => client.createBackend(`${p}-a`, () => 'first', { config: { numReplicas: 2 } }),
    after: { backends: { a: { replicas: 2, says: 'first' } }, traffic: null },
  },
  {
    what: 'createEndpoint',
    run: (client, p) => client.createEndpoint(p, { backend: `${p}-a` }),
    after: { backends: { a: { replicas: 2, says: 'first' } }, traffic: { a: 1 } },
  },
  {
    what: 'createBackend b',
    run: (client, p) => client.createBackend(`${p}-b`, Laden, { initArgs: [new Uint8Array(MUCH)] }),
    after: { backends: { a: { replicas: 2, says: 'first' }, b: LADEN }, traffic: { a: 1 } },
  },
  {
    what: 'setTraffic both',
    run: (client, p) => client.setTraffic(p, { [`${p}-a`]: 0.5, [`${p}-b`]: 0.5 }),
    after: { backends: { a: { replicas: 2, says: 'first' }, b: LADEN }, traffic: { a: 0.5, b: 0.5 } },
  },
  {
    what: 'updateBackend a',
    run: (client, p) => client.updateBackend(`${p}-a`, () => 'second'),
    after: { backends: { a: { replicas: 2, says: 'second' }, b: LADEN }, traffic: { a: 0.5, b: 0.5 } },
  },
  {
    what: 'updateBackendConfig a',
    run: (client, p) => client.updateBackendConfig(`${p}-a`, { numReplicas: 1 }),
    after: { backends: { a: { replicas: 1, says: 'second' }, b: LADEN }, traffic: { a: 0.5, b: 0.5 } },
  },
  {
    what: 'setTraffic b',
    run: (client, p) => client.setTraffic(p, { [`${p}-b`]: 1 }),
    after: { backends: { a: { replicas: 1, says: 'second' }, b: LADEN }, traffic: { b: 1 } },
  },
  {
    what: 'deleteBackend a',
    run: (client, p) => client.deleteBackend(`${p}-a`),
    after: { backends: { b: LADEN }, traffic: { b: 1 } },
  },
  {
    what: 'deleteEndpoint',
    run: (client, p) => client.deleteEndpoint(p),
    after: { backends: { b: LADEN }, traffic: null },
  },
  {
    what: 'deleteBackend b',
    run: (client, p) => client.deleteBackend(`${p}-b`),
    after: { backends: {}, traffic: null },
  },
];
