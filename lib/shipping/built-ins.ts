import { builtinModules } from 'node:module';
import { types } from 'node:util';
import { builtInAt, EMITTER_SYMBOLS, emitterSymbols, symbolStep, UNNAMED } from './built-in-path.ts';
import { type Callable, isCallable, isNative, nameOf } from './callable.ts';
import { languageGlobals, NODE_GLOBALS } from './worker-globals.ts';

type Path = readonly string[];

/** Not the same everywhere, or holding what users put there. */
const SKIPPED = new Set(['cache', 'globalPaths', 'mainModule', 'config', 'report', 'allowedNodeEnvironmentFlags']);
const DEEPEST = 4;

/**
 * By identity: the names of what Node and the language bring along, of this realm and of those that values come from.
 * Functions are looked for where their own names say; only what is suspected to be built in is worth a walk over all.
 */
export class BuiltIns {
  readonly #paths = new Map<unknown, Path>();
  readonly #roots: { readonly path: Path; readonly value: object }[] = [];
  readonly #realms = new WeakSet<object>();
  readonly #modules = new Set<string>();
  readonly #walked = new WeakSet<object>();
  #numLoaded = 0;
  #numWalked = 0;

  constructor() {
    for (const name of languageGlobals()) this.#addRoot([name], ownValue(globalThis, name));
    for (const name of Object.keys(UNNAMED)) this.#addRoot([name], builtInAt([name]));
    for (const name of ['process', 'console', 'performance', 'Buffer', 'URL']) this.#addRoot([name], readGlobal(name));
    this.#paths.set(process.env, ['process', 'env']);
    this.refresh();
  }

  /** The way to it, as `builtInAt` goes; null where it is not built in, or hardly looks it. */
  pathOf(value: object | symbol): Path | null {
    const known = this.#paths.get(value);
    if (known !== undefined) return known;
    if (typeof value === 'symbol') return this.#pathOfSymbol(value);
    if (types.isProxy(value)) return null;
    if (isCallable(value)) return this.#pathOfFunction(value);
    const late = LATE_OBJECTS[nameOfMaker(value)];
    if (late !== undefined && readGlobal(late) === value) return this.#remember(value, [late]);
    const maker: unknown = ownValue(value, 'constructor');
    if (!isCallable(maker) || ownValue(maker, 'prototype') !== value) return null;
    const path = this.pathOf(maker);
    return path === null ? null : this.#remember(value, [...path, 'prototype']);
  }

  /** The same, looked for everywhere. */
  search(value: unknown): Path | null {
    for (const name of ['stdout', 'stderr']) this.#paths.set(Reflect.get(process, name), ['process', name]);
    for (const name of NODE_GLOBALS) if (name in globalThis && isLoaded(name)) this.#addRoot([name], readGlobal(name));
    for (; this.#numWalked < this.#roots.length; this.#numWalked++) {
      const root = this.#roots[this.#numWalked];
      if (root) this.#walk(root.value, root.path, 0);
    }
    return this.#paths.get(value) ?? null;
  }

  #pathOfFunction(value: Callable): Path | null {
    const named = this.#namedPath(value, nameOf(value));
    if (named !== null || !isNative(value)) return named;
    this.#addRealmOf(value);
    return this.#paths.get(value) ?? this.#namedPath(value, nameOf(value)) ?? this.search(value);
  }

  /** The constructor of functions of a realm makes functions there. */
  #addRealmOf(value: Callable): void {
    const maker: unknown = ownValue(Object.getPrototypeOf(value), 'constructor');
    if (!isCallable(maker) || maker === Function || nameOf(maker) !== 'Function' || !isNative(maker)) return;
    this.#addRealm((maker as FunctionConstructor)('return globalThis')());
  }

  /** Adds the language's own things of another realm, a `vm` context's. `globals`: its global object. */
  #addRealm(globals: object): void {
    if (this.#realms.has(globals) || globals === globalThis) return;
    this.#realms.add(globals);
    for (const name of languageGlobals()) this.#addRoot([name], ownValue(globals, name));
    const evaluate = ownValue(globals, 'eval');
    if (!isCallable(evaluate) || !isNative(evaluate)) return;
    for (const [name, reach] of Object.entries(UNNAMED)) {
      this.#addRoot([name], (evaluate as (code: string) => unknown)(`(${reach})()`));
    }
  }

  #addRoot(path: Path, value: unknown): void {
    if (!isHolder(value) || this.#paths.has(value)) return;
    this.#paths.set(value, path);
    // Under the global object lies what users define, too.
    if (path[0] === 'globalThis') return;
    this.#roots.push({ path, value });
    const prototype = ownValue(value, 'prototype');
    if (isHolder(prototype) && !this.#paths.has(prototype)) this.#paths.set(prototype, [...path, 'prototype']);
  }

  /** Notices the modules that have been loaded since. */
  refresh(): void {
    const loaded: readonly string[] = Reflect.get(process, 'moduleLoadList');
    if (loaded.length === this.#numLoaded) return;
    this.#numLoaded = loaded.length;
    const names = new Set(loaded);
    for (const name of builtinModules) {
      if (name.startsWith('_') || this.#modules.has(name) || !names.has(`NativeModule ${name}`)) continue;
      this.#modules.add(name);
      this.#addRoot([name.startsWith('node:') ? name : `node:${name}`], process.getBuiltinModule(name));
    }
  }

  #pathOfSymbol(symbol: symbol): Path | null {
    if (Symbol.keyFor(symbol) !== undefined) return null;
    const step = symbolStep(symbol);
    if (step !== null) return ['Symbol', step.slice(2)];
    const ofEmitters = Object.entries(emitterSymbols()).find(([, known]) => known === symbol);
    if (ofEmitters) return this.#remember(symbol, [EMITTER_SYMBOLS, ofEmitters[0]]);
    return /^(?:nodejs?|events)\./.test(symbol.description ?? '') ? this.search(symbol) : null;
  }

  /** Where its own name says that it is: a global, or a property of one, of its prototype or of a module. */
  #namedPath(value: object, name: string): Path | null {
    if (name === '') return null;
    if (NODE_GLOBALS.has(name) && isLoaded(name) && readGlobal(name) === value) this.#addRoot([name], value);
    const root = this.#paths.get(value);
    if (root !== undefined) return root;
    for (const { path, value: owner } of this.#roots) {
      if (ownValue(owner, name) === value) return this.#remember(value, [...path, name]);
      const prototype = ownValue(owner, 'prototype');
      if (ownValue(prototype, name) === value) return this.#remember(value, [...path, 'prototype', name]);
    }
    return null;
  }

  #remember(value: unknown, path: Path): Path {
    this.#paths.set(value, path);
    return path;
  }

  #walk(value: unknown, path: Path, depth: number): void {
    if (typeof value === 'symbol' && Symbol.keyFor(value) === undefined) this.#paths.set(value, path);
    if (!isHolder(value) || this.#walked.has(value)) return;
    this.#walked.add(value);
    if (!this.#paths.has(value)) this.#paths.set(value, path);
    if (depth > DEEPEST || !isOpen(value, path)) return;
    for (const key of Reflect.ownKeys(value)) {
      const step = typeof key === 'symbol' ? symbolStep(key) : key;
      if (step === null || step.startsWith('_') || SKIPPED.has(step)) continue;
      const { value: held, get, set } = Object.getOwnPropertyDescriptor(value, key) ?? {};
      this.#walk(held, [...path, step], depth + 1);
      this.#walk(get, [...path, `get ${step}`], depth + 1);
      this.#walk(set, [...path, `set ${step}`], depth + 1);
    }
  }
}

/** Whether what an object holds is built in, too. */
function isOpen(value: object, path: Path): boolean {
  if (isCallable(value) || path.length === 1 || path[path.length - 1] === 'prototype') return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return path[0]?.includes(':') === true && (prototype === Object.prototype || prototype === null);
}

/** Objects that take long to be made, by their classes. */
const LATE_OBJECTS: Readonly<Record<string, string>> = { Crypto: 'crypto', Navigator: 'navigator' };

function nameOfMaker(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  const maker = prototype === Object.prototype ? undefined : ownValue(prototype, 'constructor');
  return isCallable(maker) && !types.isProxy(maker) ? nameOf(maker) : '';
}

/** Reading one of these loads the whole of `fetch` and what goes with it, so nobody holds them before. */
const OF_FETCH = new Set(['FormData', 'Headers', 'Request', 'Response', 'MessageEvent', 'CloseEvent', 'WebSocket']);

function isLoaded(name: string): boolean {
  if (!OF_FETCH.has(name) && name !== 'EventSource') return true;
  const loaded: readonly string[] = Reflect.get(process, 'moduleLoadList');
  return loaded.includes('NativeModule internal/deps/undici/undici');
}

const readGlobal = (name: string): unknown => Reflect.get(globalThis, name);

const isHolder = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

const ownValue = (owner: unknown, key: string): unknown =>
  isHolder(owner) && !types.isProxy(owner) ? Object.getOwnPropertyDescriptor(owner, key)?.value : undefined;
