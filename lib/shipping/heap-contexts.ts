import type { HeapProfiler } from 'node:inspector';
import { getHeapStatistics } from 'node:v8';
import type { Scope } from './inspection.ts';

/** Of what is alive. A snapshot of so much takes V8 some seconds, in which nothing else runs, and as much again. */
const LARGEST_HEAP_BYTES = 64 * 2 ** 20;

/** What V8 keeps a scope's variables in. */
interface Context {
  readonly id: number;
  readonly names: ReadonlySet<string>;
}

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
  readonly #known = new Map<object, readonly Context[]>();

  /**
   * The number of the scope that is this far out from a function; null: not known, or not yet. A function has contexts
   * besides those that its scopes show, so they are told by the names in them.
   */
  of(target: object, scopes: readonly Scope[], index: number): number | null {
    if (!this.#known.has(target)) this.#wanted.add(target);
    const chain = this.#known.get(target) ?? [];
    let at = -1;
    for (const { object } of scopes.slice(0, index + 1)) {
      const names = Object.keys(object);
      at = chain.findIndex((context, position) => position > at && names.every((name) => context.names.has(name)));
      if (at < 0) return null;
    }
    return chain[at]?.id ?? null;
  }

  /** Looks at the heap; true when that was wanted, so that asking again may find more. */
  async load(): Promise<boolean> {
    if (this.#wanted.size === 0) return false;
    const found = await readContexts([...this.#wanted]);
    for (const target of this.#wanted) this.#known.set(target, found.get(target) ?? []);
    this.#wanted.clear();
    return true;
  }
}

let numReads = 0;

async function readContexts(targets: readonly object[]): Promise<Map<object, readonly Context[]>> {
  const { Session } = process.getBuiltinModule('node:inspector/promises');
  const session = new Session();
  session.connect();
  const key = Symbol.for(`servelab-shipping:targets ${numReads++}`);
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
    const heap = new HeapGraph(JSON.parse(chunks.join('')) as Snapshot);
    return new Map(targets.map((target, index) => [target, contextChain(heap, ids[index] ?? -1)]));
  } finally {
    Reflect.deleteProperty(globalThis, key);
    session.disconnect();
  }
}

/** A snapshot as V8 writes it: nodes and edges in rows of numbers, names as indices into one list. */
class HeapGraph {
  readonly #snapshot: Snapshot;
  readonly #firstEdge = new Map<number, number>();
  readonly #nodeById = new Map<number, number>();
  readonly #fields: Readonly<Record<string, number>>;

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
    const fields = snapshot.snapshot.meta.node_fields;
    this.#fields = Object.fromEntries(fields.map((field, index) => [field, index]));
    for (let node = 0, edge = 0; node < snapshot.nodes.length; node += fields.length) {
      this.#firstEdge.set(node, edge);
      this.#nodeById.set(this.idOf(node), node);
      edge += this.#field(node, 'edge_count') * snapshot.snapshot.meta.edge_fields.length;
    }
  }

  withId(id: number): number | undefined {
    return this.#nodeById.get(id);
  }

  idOf = (node: number): number => this.#field(node, 'id');

  nameOf = (node: number): string => this.#snapshot.strings[this.#field(node, 'name')] ?? '';

  /** Where an edge of that name leads. */
  follow(node: number | undefined, name: string): number | undefined {
    return node === undefined ? undefined : this.edgesOf(node).find((edge) => edge.name === name)?.to;
  }

  edgesOf(node: number): { readonly name: string | undefined; readonly to: number }[] {
    const { edges, strings, snapshot } = this.#snapshot;
    const { length } = snapshot.meta.edge_fields;
    const first = this.#firstEdge.get(node) ?? 0;
    return Array.from({ length: this.#field(node, 'edge_count') }, (_, index) => {
      const at = first + index * length;
      return { name: strings[edges[at + 1] ?? -1], to: edges[at + 2] ?? -1 };
    });
  }

  #field(node: number, field: string): number {
    return this.#snapshot.nodes[node + (this.#fields[field] ?? 0)] ?? 0;
  }
}

/** The contexts of a function, by its id, up to that of its realm, each with the names that its scope may have. */
function contextChain(heap: HeapGraph, id: number): Context[] {
  const chain: Context[] = [];
  let context = heap.follow(heap.withId(id), 'context');
  for (
    ;
    context !== undefined && !heap.nameOf(context).includes('NativeContext');
    context = heap.follow(context, 'previous')
  ) {
    const scope = heap.follow(context, 'scope_info');
    const names = scope === undefined ? [] : heap.edgesOf(scope).map(({ to }) => heap.nameOf(to));
    chain.push({ id: heap.idOf(context), names: new Set(names) });
  }
  return chain;
}
