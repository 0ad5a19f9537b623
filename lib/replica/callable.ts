/** The user's function or class in its replica: what may be called on it, by which name, and how. */

import { quote } from '../domain/given-value.ts';
import type { ServeRequest } from '../domain/request.ts';
import { ServeError } from '../errors.ts';

type AnyFunction = (...args: unknown[]) => unknown;

/** What `shipping/` hands over. */
export interface RevivedTarget {
  readonly target: AnyFunction;
  readonly isClass: boolean;
  readonly batched: 'none' | 'all' | ReadonlySet<string>;
}

interface Method {
  readonly run: AnyFunction;
  readonly takesArrays: boolean;
}

/** Called by the toolkit at its own times, never by a caller. */
const LIFECYCLE = new Set(['constructor', 'reconfigure', 'shutdown', 'checkHealth']);

export class Callable {
  readonly #instance: object | null;
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #backend: string;

  private constructor(backend: string, instance: object | null, methods: ReadonlyMap<string, Method>) {
    this.#backend = backend;
    this.#instance = instance;
    this.#methods = methods;
  }

  /** Constructs a class with `initArgs`; what its constructor throws is thrown. */
  static create(backend: string, revived: RevivedTarget, initArgs: readonly unknown[]): Callable {
    const { target, isClass, batched } = revived;
    if (!isClass) {
      const call: Method = { run: target, takesArrays: batched === 'all' };
      return new Callable(backend, null, new Map([['call', call]]));
    }
    const Target = target as unknown as new (...args: readonly unknown[]) => object;
    const instance = new Target(...initArgs);
    const takesArrays = (name: string) => batched === 'all' || (batched !== 'none' && batched.has(name));
    const methods = new Map<string, Method>();
    for (const [name, run] of publicMethods(instance)) methods.set(name, { run, takesArrays: takesArrays(name) });
    return new Callable(backend, instance, methods);
  }

  get acceptsBatches(): boolean {
    return [...this.#methods.values()].some((method) => method.takesArrays);
  }

  get canReconfigure(): boolean {
    return this.#lifecycle('reconfigure') !== null;
  }

  /** Throws METHOD_NOT_FOUND; the message does not tell which methods there are. */
  method(name: string | null): Method {
    const found = this.#methods.get(name ?? 'call');
    if (found) return found;
    const wanted = name ?? 'call';
    const next = name === null ? 'name a method of its class' : 'call a public method of its class';
    throw new ServeError('METHOD_NOT_FOUND', `backend '${this.#backend}' has no method ${quote(wanted)}; ${next}`);
  }

  /** By handle, a named method gets what was sent, then the request; everything else gets the request. */
  call(method: Method, name: string | null, request: ServeRequest, isByHandle: boolean, data: unknown): unknown {
    if (name !== null && name !== 'call' && isByHandle) return method.run.call(this.#instance, data, request);
    return method.run.call(this.#instance, request);
  }

  callBatch(
    method: Method,
    name: string | null,
    requests: readonly ServeRequest[],
    isByHandle: boolean,
    data: readonly unknown[],
  ): unknown {
    if (name !== null && name !== 'call' && isByHandle) return method.run.call(this.#instance, data, requests);
    return method.run.call(this.#instance, requests);
  }

  async reconfigure(userConfig: unknown): Promise<void> {
    await this.#lifecycle('reconfigure')?.call(this.#instance, userConfig);
  }

  /** Rejects when the user's check throws or says `false`. */
  async checkHealth(): Promise<void> {
    const healthy = await this.#lifecycle('checkHealth')?.call(this.#instance);
    if (healthy === false) throw new Error('checkHealth() returned false');
  }

  async shutdown(): Promise<void> {
    await this.#lifecycle('shutdown')?.call(this.#instance);
  }

  #lifecycle(name: string): AnyFunction | null {
    if (this.#instance === null) return null;
    for (const owner of userPrototypes(this.#instance)) {
      const value: unknown = Object.getOwnPropertyDescriptor(owner, name)?.value;
      if (typeof value === 'function') return value as AnyFunction;
    }
    return null;
  }
}

/**
 * Public methods by name, from the class and its user-written parents. Only descriptors are looked at, so no getter
 * runs; `call` may also be a field, as in `call = async (request) => …`.
 */
function publicMethods(instance: object): Map<string, AnyFunction> {
  const methods = new Map<string, AnyFunction>();
  const field: unknown = Object.getOwnPropertyDescriptor(instance, 'call')?.value;
  if (typeof field === 'function') methods.set('call', field as AnyFunction);
  for (const owner of userPrototypes(instance)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
      if (typeof value !== 'function' || LIFECYCLE.has(name) || name.startsWith('_') || methods.has(name)) continue;
      methods.set(name, value as AnyFunction);
    }
  }
  return methods;
}

const NATIVE_CODE = /\{\s*\[native code\]\s*\}$/;

/** The prototypes written by the user, nearest first: a built-in parent (Map, EventTarget) is not callable from outside. */
function* userPrototypes(instance: object): Generator<object> {
  for (let owner = Object.getPrototypeOf(instance); owner !== null; owner = Object.getPrototypeOf(owner)) {
    if (owner === Object.prototype) return;
    const Kind: unknown = Object.getOwnPropertyDescriptor(owner, 'constructor')?.value;
    if (typeof Kind === 'function' && NATIVE_CODE.test(Function.prototype.toString.call(Kind))) return;
    yield owner;
  }
}
