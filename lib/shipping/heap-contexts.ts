import type { HeapProfiler } from 'node:inspector';
import { getHeapStatistics } from 'node:v8';

/** Of what is alive. A snapshot of so much takes V8 some seconds, in which nothing else runs, and as much again. */
const LARGEST_HEAP_BYTES = 64 * 2 ** 20;

interface Snapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[];
      readonly edge_fields: readonly string[];
    };
  };
  readonly nodes: readonly number[];
  readonly edges: readonly number[];
  readonly strings: readonly string[];
}

/**
 * Which scopes functions were made in: V8 shows what a scope holds, and only in a snapshot of the heap which one it is.
 * For one shipment; asked for what nothing else tells.
 */
export class HeapContexts {
  readonly #wanted = new Set<object>();
  #known = new Map<object, readonly number[]>();
  #isDone = false;

  /** One number for each scope around a function, the innermost first, but for those of its realm; null: not known. */
  of(target: object): readonly number[] | null {
    if (!this.#isDone) this.#wanted.add(target);
    return this.#known.get(target) ?? null;
  }

  /** Looks at the heap; true when that was wanted, so that asking again may find more. */
  async load(): Promise<boolean> {
    if (this.#isDone || this.#wanted.size === 0) return false;
    this.#isDone = true;
    this.#known = await readContexts([...this.#wanted]);
    return true;
  }
}

async function readContexts(targets: readonly object[]): Promise<Map<object, readonly number[]>> {
  const { Session } = process.getBuiltinModule('node:inspector/promises');
  const session = new Session();
  session.connect();
  const key = Symbol.for('servelab-shipping:targets');
  Object.defineProperty(globalThis, key, { value: targets, configurable: true });
  try {
    const chunks: string[] = [];
    session.on('HeapProfiler.addHeapSnapshotChunk', ({ params }) => chunks.push(params.chunk));
    await session.post('HeapProfiler.enable');
    await session.post('HeapProfiler.collectGarbage');
    if (getHeapStatistics().used_heap_size > LARGEST_HEAP_BYTES) return new Map();
    await session.post('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
    const ids: number[] = [];
    for (const index of targets.keys()) {
      const expression = `globalThis[Symbol.for('${Symbol.keyFor(key)}')][${index}]`;
      const { result } = await session.post('Runtime.evaluate', { expression, silent: true });
      const given: HeapProfiler.GetHeapObjectIdParameterType = { objectId: result.objectId ?? '' };
      ids.push(Number((await session.post('HeapProfiler.getHeapObjectId', given)).heapSnapshotObjectId));
    }
    const chains = contextChains(JSON.parse(chunks.join('')) as Snapshot, ids);
    return new Map(targets.map((target, index) => [target, chains[index] ?? []]));
  } finally {
    Reflect.deleteProperty(globalThis, key);
    session.disconnect();
  }
}

/** For each function, by its id, the ids of its contexts up to that of its realm. */
function contextChains({ snapshot, nodes, edges, strings }: Snapshot, ids: readonly number[]): number[][] {
  const { node_fields: nodeFields, edge_fields: edgeFields } = snapshot.meta;
  const [id, name, numEdges] = ['id', 'name', 'edge_count'].map((field) => nodeFields.indexOf(field)) as [
    number,
    number,
    number,
  ];
  const at = new Map<number, { readonly node: number; readonly firstEdge: number }>();
  for (let node = 0, edge = 0; node < nodes.length; node += nodeFields.length) {
    at.set(node, { node, firstEdge: edge });
    edge += (nodes[node + numEdges] ?? 0) * edgeFields.length;
  }
  const nodeById = new Map([...at.keys()].map((node) => [nodes[node + id], node]));
  const follow = (node: number | undefined, wanted: string): number | undefined => {
    const { firstEdge = 0 } = at.get(node ?? -1) ?? {};
    const end = firstEdge + (nodes[(node ?? 0) + numEdges] ?? 0) * edgeFields.length;
    for (let edge = firstEdge; node !== undefined && edge < end; edge += edgeFields.length) {
      if (strings[edges[edge + 1] ?? -1] === wanted) return edges[edge + 2];
    }
    return undefined;
  };
  return ids.map((wanted) => {
    const chain: number[] = [];
    const isOfRealm = (node: number): boolean => strings[nodes[node + name] ?? -1]?.includes('NativeContext') === true;
    let context = follow(nodeById.get(wanted), 'context');
    for (; context !== undefined && !isOfRealm(context); context = follow(context, 'previous')) {
      chain.push(nodes[context + id] ?? -1);
    }
    return chain;
  });
}
