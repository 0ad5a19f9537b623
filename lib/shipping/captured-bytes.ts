import { types } from 'node:util';
import { belongingsOf } from './belongings.ts';
import type { Encoding } from './encoding.ts';
import type { CaptureGraph } from './graph.ts';
import { refusal } from './refusal.ts';
import type { Belongings, ObjectNode, Ref } from './shipment.ts';

interface Pooled {
  readonly id: number;
  readonly view: Uint8Array;
}

/** Beyond this many elements their names are not listed to find the few that are no indices. */
const MANY = 10_000;

/**
 * Buffers and the views of them. Views of one buffer stay views of one buffer; but small Buffers of Node's lie in a
 * pool together with other people's data, so of a pool only what they show travels.
 */
export class CapturedBytes {
  readonly #pooled: Pooled[] = [];
  readonly #buffers: { readonly id: number; readonly buffer: ArrayBuffer }[] = [];

  encode(value: object, id: number, encoding: Encoding): ObjectNode {
    if (types.isSharedArrayBuffer(value))
      return { type: 'buffer', bytes: value, ...own(value, 'SharedArrayBuffer', id, encoding) };
    if (types.isArrayBuffer(value)) {
      if (isDetached(value)) return refuseDetached('ArrayBuffer', id, encoding);
      this.#buffers.push({ id, buffer: value });
      return { type: 'buffer', bytes: value, ...own(value, 'ArrayBuffer', id, encoding) };
    }
    return this.#encodeView(value as ArrayBufferView, id, encoding);
  }

  /** Copies the bytes, once all views are known. */
  finish(graph: CaptureGraph): void {
    for (const { id, buffer } of this.#buffers) {
      const node = graph.nodeOf(id, buffer);
      if (node?.type === 'buffer') graph.replace(id, { ...node, bytes: copyOf(buffer) });
    }
    for (const [buffer, all] of Map.groupBy(this.#pooled, ({ view }) => view.buffer)) {
      const pooled = all.filter(({ id, view }) => graph.nodeOf(id, view) !== undefined);
      const whole = graph.idOf(buffer);
      if (whole !== null) for (const one of pooled) point(graph, one, [whole], one.view.byteOffset);
      else copySegments(graph, buffer, pooled);
    }
  }

  #encodeView(view: ArrayBufferView, id: number, encoding: Encoding): ObjectNode {
    const { graph } = encoding;
    const kind = kindOf(view, encoding);
    const { buffer, byteOffset } = view;
    if (isDetached(buffer)) return refuseDetached(kind, id, encoding);
    const isTracking =
      types.isArrayBuffer(buffer) && buffer.resizable && byteOffset + view.byteLength === buffer.byteLength;
    const length = isTracking ? null : types.isDataView(view) ? view.byteLength : elementsOf(view);
    const isPooled = kind === 'Buffer' && buffer.byteLength > view.byteLength && buffer.byteLength <= Buffer.poolSize;
    if (isPooled) this.#pooled.push({ id, view: view as Uint8Array });
    const ref: Ref = isPooled ? [id] : (graph.value(buffer, id, 'buffer') as Ref);
    return { type: 'view', kind, buffer: ref, offset: byteOffset, length, ...own(view, kind, id, encoding) };
  }
}

/** One buffer for each run of views that overlap. */
function copySegments(graph: CaptureGraph, buffer: ArrayBufferLike, pooled: readonly Pooled[]): void {
  const sorted = [...pooled].sort((a, b) => a.view.byteOffset - b.view.byteOffset);
  for (let at = 0; at < sorted.length; ) {
    const start = sorted[at]?.view.byteOffset ?? 0;
    let end = start;
    const run: Pooled[] = [];
    for (
      let next = sorted[at];
      next !== undefined && (run.length === 0 || next.view.byteOffset < end);
      next = sorted[at]
    ) {
      end = Math.max(end, next.view.byteOffset + next.view.byteLength);
      run.push(next);
      at++;
    }
    const ref = graph.append({ type: 'buffer', bytes: buffer.slice(start, end) });
    for (const one of run) point(graph, one, ref, one.view.byteOffset - start);
  }
}

function point(graph: CaptureGraph, { id, view }: Pooled, buffer: Ref, offset: number): void {
  const node = graph.nodeOf(id, view);
  if (node?.type === 'view') graph.replace(id, { ...node, buffer, offset });
}

function copyOf(buffer: ArrayBuffer): ArrayBuffer {
  if (!buffer.resizable) return buffer.slice(0);
  const copy = new ArrayBuffer(buffer.byteLength, { maxByteLength: buffer.maxByteLength });
  new Uint8Array(copy).set(new Uint8Array(buffer));
  return copy;
}

function refuseDetached(kind: string, id: number, { graph }: Encoding): ObjectNode {
  graph.refuse(refusal(kind, 'was transferred to another thread and is empty here', 'capture a copy of it'), id);
  return { type: 'object' };
}

const isDetached = (buffer: ArrayBufferLike): boolean => types.isArrayBuffer(buffer) && buffer.detached;

/** What it is, whatever its class calls itself. */
function kindOf(view: ArrayBufferView, { builtIns }: Encoding): string {
  if (types.isDataView(view)) return 'DataView';
  if (types.isUint8Array(view) && builtIns.pathOf(Object.getPrototypeOf(view) ?? view)?.[0] === 'Buffer')
    return 'Buffer';
  return tagOf?.call(view) as string;
}

const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype);
const tagOf = Object.getOwnPropertyDescriptor(typedArray, Symbol.toStringTag)?.get;
const lengthOf = Object.getOwnPropertyDescriptor(typedArray, 'length')?.get;
const elementsOf = (view: ArrayBufferView): number => lengthOf?.call(view) as number;

/** Its own properties that are no elements. */
function own(value: object, kind: string, id: number, encoding: Encoding): Belongings {
  const { graph, builtIns, inspection } = encoding;
  const held = belongingsOf(value, namedKeys(value, inspection), graph, id);
  const prototype: object | null = Object.getPrototypeOf(value);
  const path = prototype === null ? null : builtIns.pathOf(prototype);
  return path?.join('.') === `${kind}.prototype`
    ? held
    : { ...held, prototype: graph.value(prototype, id, '[[Prototype]]') };
}

function namedKeys(value: object, inspection: Encoding['inspection']): (string | symbol)[] {
  if (!types.isTypedArray(value)) return Reflect.ownKeys(value);
  if (elementsOf(value) > MANY)
    return [...(inspection?.namedKeysOf(value) ?? []), ...Object.getOwnPropertySymbols(value)];
  return Reflect.ownKeys(value).filter((key) => typeof key === 'symbol' || !/^\d+$/.test(key));
}
