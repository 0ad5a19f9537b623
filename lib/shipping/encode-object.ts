import { types } from 'node:util';
import { IS_REF, TO_WIRE } from '../domain/part.ts';
import { pack } from '../wire/value.ts';
import { acceptBatch } from './accept-batch.ts';
import { asProperties, belongingsOf } from './belongings.ts';
import { type Callable, isCallable, nameOf } from './callable.ts';
import { PROVIDED_MARK } from './captures.ts';
import { constructionOf } from './constructed.ts';
import { prototypeBelongings } from './encode-class.ts';
import type { Encoding } from './encoding.ts';
import { hasProxyAhead, refusalOfObject } from './host-objects.ts';
import { isLinked } from './natural-properties.ts';
import { mapLabel, refusal } from './refusal.ts';
import { type Belongings, CONFIGURABLE, type ObjectNode, type ShippedNode, type Value, WRITABLE } from './shipment.ts';
import { imported } from './target.ts';

const REFUSED: ShippedNode = { type: 'object' };

export function encodeSymbol(symbol: symbol, { builtIns, graph }: Encoding): ShippedNode {
  const certain = graph.certain.get(symbol);
  if (certain) return certain;
  const path = builtIns.pathOf(symbol);
  if (path !== null) return { type: 'built-in', path };
  const registered = Symbol.keyFor(symbol);
  return { type: 'symbol', key: registered ?? symbol.description, isRegistered: registered !== undefined };
}

/** An object with what it holds; what stands for something outside of JavaScript is refused. */
export function encodeObject(value: object, id: number, encoding: Encoding): ShippedNode {
  const { graph, builtIns } = encoding;
  if (types.isProxy(value)) {
    graph.refuse(refusal('Proxy', 'hides what is behind it', 'capture the object behind it'), id);
    return REFUSED;
  }
  if (hasProxyAhead(value)) {
    graph.refuse(refusal('object', 'has a Proxy as its prototype', 'capture an object without one'), id);
    return REFUSED;
  }
  if (value === PROVIDED_MARK) return { type: 'serve' };
  const path = builtIns.pathOf(value);
  if (path !== null) return { type: 'built-in', path };
  const certain = graph.certain.get(value);
  if (certain) return certain;
  if (types.isModuleNamespaceObject(value)) return encodeNamespace(value, id, encoding);
  if (TO_WIRE in value) return { type: 'part', packed: pack(value).value };
  if (IS_REF in value) {
    graph.refuse(
      refusal('ObjectRef', 'is a result that may not be there yet', 'await it and capture what it gives'),
      id,
    );
    return REFUSED;
  }
  const reference = encoding.references.ofExports(value);
  if (reference !== null) return { type: 'import', ...reference };
  const maker: unknown = Object.getOwnPropertyDescriptor(value, 'constructor')?.value;
  if (
    isCallable(maker) &&
    !types.isProxy(maker) &&
    Object.getOwnPropertyDescriptor(maker, 'prototype')?.value === value &&
    isLinked(value, maker)
  ) {
    return encodePrototype(value, maker, id, encoding);
  }
  const refused = refusalOfObject(value, encoding);
  if (refused === null) return encodeKind(value, id, encoding);
  const ofNode = builtIns.search(value);
  if (ofNode !== null) return { type: 'built-in', path: ofNode };
  graph.refuse(refused, id);
  return REFUSED;
}

function encodeNamespace(value: object, id: number, encoding: Encoding): ShippedNode {
  const namespace = value as Readonly<Record<string, unknown>>;
  const isOurs = readExport(namespace, 'acceptBatch') === acceptBatch && readExport(namespace, 'imported') === imported;
  if (isOurs) return { type: 'serve' };
  const reference = encoding.references.ofNamespace(namespace, filesOf(namespace, encoding));
  if (reference !== null) return { type: 'import', ...reference };
  const advice = 'import it inside with `await import(...)`';
  encoding.graph.refuse(refusal('module', 'was imported from where a replica cannot', advice), id);
  return REFUSED;
}

const MOST_LOOKED_AT = 20;

/** Where a module may be, by what it exports. */
function* filesOf(namespace: Readonly<Record<string, unknown>>, encoding: Encoding): Generator<string> {
  const { builtIns, inspection } = encoding;
  const path = isHolder(namespace.default) ? builtIns.pathOf(namespace.default) : null;
  if (path?.length === 1) yield path[0] ?? '';
  for (const name of Object.keys(namespace).slice(0, MOST_LOOKED_AT)) {
    const exported = readExport(namespace, name);
    if (isCallable(exported) && inspection !== null && !types.isProxy(exported)) {
      yield encoding.fileOf(inspection.factsOf(exported));
    }
  }
  const whole = isHolder(namespace.default) ? encoding.references.ofExports(namespace.default) : null;
  if (whole !== null) yield whole.module;
}

function readExport(namespace: Readonly<Record<string, unknown>>, name: string): unknown {
  try {
    return namespace[name];
  } catch {
    // It has no value yet.
    return undefined;
  }
}

const isHolder = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

function encodePrototype(value: object, maker: Callable, id: number, encoding: Encoding): ShippedNode {
  const of = encoding.graph.value(maker, id, nameOf(maker) || 'constructor');
  if (!Array.isArray(of)) throw new Error('a function is always a node');
  const ref = [of[0] as number] as const;
  // What a module made of its own class it makes in the replica, too.
  const isByValue = encoding.referenceOf(maker, encoding.inspection?.factsOf(maker) ?? null) === null;
  return { type: 'prototype', of: ref, ...(isByValue ? prototypeBelongings(maker, value, id, encoding) : {}) };
}

function encodeKind(value: object, id: number, encoding: Encoding): ObjectNode {
  const { graph } = encoding;
  if (Array.isArray(value)) return encodeArray(value, id, encoding);
  if (types.isMap(value)) {
    const items = [...Map.prototype.entries.call(value)].flatMap(([key, item]) => {
      const label = mapLabel(key);
      return [graph.value(key, id, `the key ${label}`), graph.value(item, id, label)];
    });
    return { type: 'map', items, ...ownBelongings(value, 'Map', id, encoding) };
  }
  if (types.isSet(value)) {
    const items = [...Set.prototype.values.call(value)].map((item, index) =>
      graph.value(item, id, `the member ${index}`),
    );
    return { type: 'set', items, ...ownBelongings(value, 'Set', id, encoding) };
  }
  if (types.isBoxedPrimitive(value)) {
    const [kind, primitive] = unboxed(value);
    const keys = Reflect.ownKeys(value).filter((key) => !isIndexOf(value, key));
    return {
      type: 'boxed',
      value: graph.value(primitive, id, 'valueOf()'),
      ...belongings(value, kind, keys, id, encoding),
    };
  }
  if (types.isAnyArrayBuffer(value) || ArrayBuffer.isView(value)) return encoding.bytes.encode(value, id, encoding);
  const construction = constructionOf(value, encoding.builtIns);
  if (construction !== null) {
    const { by, args, madeKeys } = construction;
    const keys = Reflect.ownKeys(value).filter((key) => !madeKeys.includes(key));
    return { type: 'constructed', by, args, ...belongings(value, by.join('.'), keys, id, encoding) };
  }
  if (types.isNativeError(value)) return { type: 'error', ...errorBelongings(value, id, encoding) };
  return { type: 'object', ...ownBelongings(value, 'Object', id, encoding) };
}

function encodeArray(value: readonly unknown[], id: number, encoding: Encoding): ObjectNode {
  const { graph } = encoding;
  const items = new Array<Value>(value.length);
  const odd: (string | symbol)[] = [];
  for (const key of Reflect.ownKeys(value)) {
    if (key === 'length') continue;
    const descriptor = Object.getOwnPropertyDescriptor(value, key);
    const index = typeof key === 'string' ? Number(key) : -1;
    const isPlain =
      descriptor?.enumerable === true && 'value' in descriptor && descriptor.writable === descriptor.configurable;
    if (isPlain && String(index >>> 0) === key && index < value.length) {
      items[index] = graph.value(descriptor.value, id, `[${key}]`);
    } else odd.push(key);
  }
  const { writable } = Object.getOwnPropertyDescriptor(value, 'length') ?? {};
  if (writable === false && Object.isExtensible(value)) odd.push('length');
  return { type: 'array', length: value.length, items, ...belongings(value, 'Array', odd, id, encoding) };
}

/** Its stack is a text that is made when it is asked for. */
function errorBelongings(error: Error, id: number, encoding: Encoding): Belongings {
  const keys = Reflect.ownKeys(error).filter((key) => key !== 'stack');
  if (!Object.hasOwn(error, 'stack')) return belongings(error, 'Error', keys, id, encoding);
  const held = belongings(error, 'Error', keys, id, encoding);
  const { stack } = error;
  const property = ['stack', WRITABLE | CONFIGURABLE, encoding.graph.value(stack, id, 'stack')] as const;
  return { ...held, properties: [property, ...asProperties(held)] };
}

const ownBelongings = (value: object, kind: string, id: number, encoding: Encoding): Belongings =>
  belongings(value, kind, Reflect.ownKeys(value), id, encoding);

/** With its prototype, where that is not the usual one of its kind. */
function belongings(
  value: object,
  kind: string,
  keys: readonly (string | symbol)[],
  id: number,
  { graph, builtIns }: Encoding,
): Belongings {
  const held = belongingsOf(value, keys, graph, id);
  const prototype: object | null = Object.getPrototypeOf(value);
  const path = prototype === null ? null : builtIns.pathOf(prototype);
  if (path?.join('.') === `${kind}.prototype`) return held;
  return { ...held, prototype: graph.value(prototype, id, '[[Prototype]]') };
}

/** Its kind and what is in it. */
function unboxed(value: object): readonly [kind: string, primitive: unknown] {
  if (types.isNumberObject(value)) return ['Number', Number.prototype.valueOf.call(value)];
  if (types.isStringObject(value)) return ['String', String.prototype.valueOf.call(value)];
  if (types.isBooleanObject(value)) return ['Boolean', Boolean.prototype.valueOf.call(value)];
  if (types.isSymbolObject(value)) return ['Symbol', Symbol.prototype.valueOf.call(value)];
  return ['BigInt', BigInt.prototype.valueOf.call(value)];
}

const isIndexOf = (value: object, key: string | symbol): boolean =>
  types.isStringObject(value) && (key === 'length' || (typeof key === 'string' && /^\d+$/.test(key)));
