/** Objects that stand for something which is not in them: a connection, a call in progress, what only their class sees. */
import { types } from 'node:util';
import { type Callable, isCallable, nameOf } from './callable.ts';
import { CONSTRUCTED } from './constructed.ts';
import type { Encoding } from './encoding.ts';
import { type Refusal, refusal } from './refusal.ts';

/** The built-in prototypes whose objects are all that they show. */
const SHOWN: ReadonlySet<string> = new Set([
  ...['Object', 'Array', 'Map', 'Set', 'Date', 'RegExp', 'Number', 'String', 'Boolean', 'Symbol', 'BigInt', 'Iterator'],
  ...['%GeneratorFunction%.prototype', '%AsyncGeneratorFunction%.prototype', '%AsyncIteratorPrototype%'],
  ...['ArrayBuffer', 'SharedArrayBuffer', 'DataView', '%TypedArray%', 'Buffer', 'Function'],
  ...['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array'],
  ...['Float16Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array'],
  ...['Error', 'AggregateError', 'EvalError', 'RangeError', 'ReferenceError', 'SuppressedError', 'SyntaxError'],
  ...['TypeError', 'URIError', 'node:events', 'node:assert.AssertionError'],
  ...CONSTRUCTED,
]);

const inProgress = 'is in progress';

/** Whether to look a property up would run a Proxy's code. */
export function hasProxyAhead(value: object): boolean {
  for (let at: object | null = Object.getPrototypeOf(value); at !== null; at = Object.getPrototypeOf(at)) {
    if (types.isProxy(at)) return true;
  }
  return false;
}

/** Why an object cannot be taken apart; null: it can. */
export function refusalOfObject(value: object, encoding: Encoding): Refusal | null {
  if (types.isPromise(value)) return refusal('Promise', 'has no value yet', 'await it and capture what it gives');
  if (types.isWeakMap(value))
    return refusal('WeakMap', 'cannot be listed', 'use a Map, or create it in the constructor');
  if (types.isWeakSet(value))
    return refusal('WeakSet', 'cannot be listed', 'use a Set, or create it in the constructor');
  if (types.isGeneratorObject(value))
    return refusal('Generator', inProgress, 'capture its function and start it inside');
  if (types.isMapIterator(value) || types.isSetIterator(value)) return refusalOfHost('Iterator');
  if (types.isArgumentsObject(value)) return refusal('arguments', 'belongs to a call', 'copy it with [...arguments]');
  if (types.isExternal(value)) return refusal('External', 'belongs to this process');
  return refusalByPrototype(value, encoding);
}

function refusalByPrototype(value: object, encoding: Encoding): Refusal | null {
  const privateNames: string[] = [];
  for (let at: object | null = Object.getPrototypeOf(value); at !== null; at = Object.getPrototypeOf(at)) {
    const kind = encoding.kindOfPrototype(at);
    if (kind.host !== null) return refusalOfHost(kind.host);
    privateNames.push(...kind.privateNames);
  }
  return privateNames.length > 0 ? refusalOfPrivateState(value, privateNames, encoding) : null;
}

function refusalOfHost(kind: string): Refusal {
  if (/Iterator/.test(kind)) return refusal('Iterator', inProgress, 'capture what it goes through');
  if (kind === 'WeakRef') return refusal(kind, 'does not hold what it points to', 'capture that itself');
  return refusal(kind, 'belongs to this process');
}

/** An object that was made by other means than its class's constructor has none of what the class names. */
function refusalOfPrivateState(
  value: object,
  privateNames: readonly string[],
  { inspection }: Encoding,
): Refusal | null {
  const fields = inspection?.privateStateOf(value);
  // V8 does not list methods, which tell an object of the class from others, too.
  const methods = privateNames.filter((name) => name.endsWith('()'));
  const names = fields ? [...fields.keys(), ...methods] : privateNames;
  if (names.length === 0) return null;
  const maker: unknown = Reflect.get(Object.getPrototypeOf(value) ?? {}, 'constructor');
  const kind = isCallable(maker) ? nameOf(maker) || 'a class' : 'an object';
  return refusal(kind, `has private state (${names.join(', ')}), which only its class can copy`);
}

/** What the objects of a prototype are. */
export interface PrototypeKind {
  /** The name of Node's own kind of object that cannot be taken apart, e.g. `net.Socket`; null: none. */
  readonly host: string | null;
  /** Of its class's fields, accessors and methods, these last with `()`. */
  readonly privateNames: readonly string[];
}

export function prototypeKind(prototype: object, encoding: Encoding): PrototypeKind {
  const path = encoding.builtIns.pathOf(prototype);
  if (path !== null) {
    const name = path[path.length - 1] === 'prototype' ? path.slice(0, -1) : path;
    const isShown = SHOWN.has(name.join('.').replace(/^node:(?:util|url|buffer)\./, ''));
    return { host: isShown ? null : name.join('.').replace('node:', ''), privateNames: [] };
  }
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  if (!isCallable(maker) || types.isProxy(maker)) return { host: null, privateNames: [] };
  if (isInternal(maker, encoding)) return { host: nameOf(maker) || 'object of Node', privateNames: [] };
  return { host: null, privateNames: encoding.classPartsOf(maker)?.privateNames ?? [] };
}

/** Whether Node made it, without exporting it. */
function isInternal(maker: Callable, encoding: Encoding): boolean {
  const facts = encoding.inspection?.factsOf(maker) ?? null;
  if (facts !== null && facts.place === null) return true;
  return encoding.fileOf(facts).startsWith('node:');
}
