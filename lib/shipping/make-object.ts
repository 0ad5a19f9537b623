import { promisify } from 'node:util';
import { builtInAt } from './built-in-path.ts';
import type { ObjectNode, Value } from './shipment.ts';

type Constructor = new (...args: unknown[]) => object;

/** An object of the node's kind, still without what it holds. `get`: what it needs to be made, which is there. */
export function makeObject(node: ObjectNode, get: (value: Value) => unknown): object {
  switch (node.type) {
    case 'object':
      return 'prototype' in node ? Object.create(get(node.prototype) as object | null) : {};
    case 'array':
      return new Array(node.length);
    case 'map':
      return new Map();
    case 'set':
      return new Set();
    case 'error':
      return makeError();
    case 'boxed':
      return Object(get(node.value));
    case 'constructed':
      return Reflect.construct(constructorAt(node.by), [...node.args]);
    case 'buffer':
      return node.bytes;
    case 'view':
      return makeView(node.kind, get(node.buffer) as ArrayBuffer, node.offset, node.length ?? undefined);
    case 'prototype':
      return (get(node.of) as { prototype: object }).prototype;
    case 'promisified':
      return promisify(get(node.of) as () => void);
    case 'bound':
      return Function.prototype.bind.call(get(node.target) as () => void, get(node.self), ...node.args.map(get));
  }
}

/** Its stack comes with its properties. */
function makeError(): Error {
  const error = new Error();
  delete error.stack;
  return error;
}

function makeView(kind: string, bytes: ArrayBuffer, offset: number, length: number | undefined): object {
  if (kind === 'Buffer') return Buffer.from(bytes, offset, length);
  return new (constructorAt([kind]))(bytes, offset, length);
}

function constructorAt(path: readonly string[]): Constructor {
  const found = builtInAt(path);
  if (typeof found !== 'function') throw new Error(`this Node has no ${path.join('.')}`);
  return found as Constructor;
}
