/** Calling an endpoint from code: the same road as HTTP, without the HTTP. */
import { invalidValue, isPlainObject } from './domain/given-value.ts';
import { type HandleOptions, resolveHandleOptions } from './domain/handle-options.ts';
import { type Part, TO_WIRE } from './domain/part.ts';
import type { Query, QueryRequest, QueryTicket, SubmitQuery } from './domain/query.ts';
import { ServeRequest } from './domain/request.ts';
import { ObjectRef } from './object-ref.ts';
import { type Packed, pack, packSettled } from './wire/value.ts';

/** How a handle's queries leave this thread. */
export interface HandleRoad {
  readonly submit: SubmitQuery;
  newRequestId(): string;
  /** Blocks until the reference is settled; null where that cannot be. */
  readonly block: ((ref: ObjectRef) => void) | null;
}

/** Rebuilt over there by `reviveHandle`. */
export const HANDLE_PART = 'handle';

interface HandleState {
  readonly endpoint: string;
  readonly options: HandleOptions;
  readonly sync: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: an untyped handle takes and gives anything
type Anything = any;
type AnyFunction = (...args: Anything[]) => unknown;
type InstanceOf<Target> = Target extends abstract new (...args: Anything[]) => infer Instance ? Instance : never;

/** Names of the methods a handle may call. */
export type MethodName<Target> = unknown extends Target
  ? string
  : [InstanceOf<Target>] extends [never]
    ? 'call'
    : {
        [K in keyof InstanceOf<Target>]: InstanceOf<Target>[K] extends AnyFunction ? K : never;
      }[keyof InstanceOf<Target>] &
        string;

type MethodOf<Target, Method> = [InstanceOf<Target>] extends [never]
  ? Target extends AnyFunction
    ? Target
    : never
  : Method extends keyof InstanceOf<Target>
    ? InstanceOf<Target>[Method]
    : never;

/** What a call gives. */
export type ResultOf<Target, Method = 'call'> = unknown extends Target
  ? Anything
  : MethodOf<Target, Method> extends (...args: Anything[]) => infer Result
    ? Awaited<Result>
    : Anything;

/** What a call takes: anything for `call`, which gets a request; a named method's first argument. */
export type DataOf<Target, Method = 'call'> = unknown extends Target
  ? Anything
  : Method extends 'call'
    ? Anything
    : MethodOf<Target, Method> extends (data: infer Data, ...rest: Anything[]) => unknown
      ? Data | PromiseLike<Data>
      : Anything;

export interface HandleOptionsGiven<Method extends string = string> {
  readonly methodName?: Method | null;
  readonly shardKey?: string | null;
  readonly httpMethod?: string | null;
  readonly httpHeaders?: Headers | Readonly<Record<string, string>> | Iterable<readonly [string, string]> | null;
  readonly timeoutMs?: number | null;
}

/**
 * Calls one endpoint. `getHandle<typeof Model>` types arguments and results. May be sent anywhere: in data, in
 * constructor arguments, to other backends. Source: Ray Serve 1.x ServeHandle.
 */
export class Handle<Target = unknown, Method extends string = 'call'> {
  readonly endpoint: string;
  readonly #options: HandleOptions;
  readonly #road: HandleRoad;
  readonly #sync: boolean;

  constructor(endpoint: string, options: HandleOptions, road: HandleRoad, sync: boolean) {
    this.endpoint = endpoint;
    this.#options = options;
    this.#road = road;
    this.#sync = sync;
  }

  /**
   * Sends a query; the data is copied now. `data`: any structured-clonable value, a `ServeRequest` to pass through as
   * it is, references inside are awaited first; `args`: the request's `queryParams`.
   *
   * Throws NOT_SERIALIZABLE for data that cannot be cloned. Everything else rejects the reference: ENDPOINT_NOT_FOUND,
   * BACKEND_ERROR, QUEUE_FULL, NO_REPLICA, TIMEOUT, REPLICA_DIED, METHOD_NOT_FOUND, CANCELLED.
   */
  remote(
    data?: DataOf<Target, Method>,
    args?: Readonly<Record<string, unknown>> | null,
  ): ObjectRef<ResultOf<Target, Method>> {
    const ref = new ObjectRef<ResultOf<Target, Method>>();
    const given: unknown = data;
    if (given instanceof ServeRequest) {
      void this.#passThrough(ref, given, args ?? null);
      return ref;
    }
    const packed = pack(given);
    const packedArgs = args === undefined || args === null ? null : pack(requireArgs(args));
    if (packed.refs === null && (packedArgs === null || packedArgs.refs === null)) {
      this.#send(ref, this.#request(packed, packedArgs));
    } else this.#sendSettled(ref, packed, packedArgs);
    return ref;
  }

  /** A new handle with these options over the ones it has; this one is unchanged. Throws INVALID_ARGUMENT. */
  options<Named extends MethodName<Target> = Method extends MethodName<Target> ? Method : never>(
    given: HandleOptionsGiven<Named>,
  ): Handle<Target, Named> {
    return new Handle<Target, Named>(this.endpoint, resolveHandleOptions(given, this.#options), this.#road, this.#sync);
  }

  [TO_WIRE](): Part {
    const state: HandleState = { endpoint: this.endpoint, options: this.#options, sync: this.#sync };
    return { kind: HANDLE_PART, state };
  }

  #request(data: Packed, args: Packed | null): QueryRequest {
    return {
      source: 'handle',
      method: this.#options.httpMethod ?? 'GET',
      url: `serve://${this.endpoint}`,
      headers: this.#options.httpHeaders,
      pathParams: null,
      queryParams: (args?.value ?? null) as QueryRequest['queryParams'],
      data: data.value,
      dataHasParts: data.hasParts || args?.hasParts === true,
      confined: data.confined ?? args?.confined ?? null,
      body: null,
      id: this.#road.newRequestId(),
    };
  }

  /** Sends once every reference among the arguments has its result; `get()` of a sync handle's reference blocks for those, too. */
  #sendSettled(ref: ObjectRef<Anything>, data: Packed, args: Packed | null): void {
    let isSent = false;
    const send = () => {
      if (!isSent) this.#send(ref, this.#request(data, args));
      isSent = true;
    };
    // An argument's failure is the call's.
    Promise.all([packSettled(data), args && packSettled(args)]).then(send, (error) => ref.failed(error));
    const { block } = this.#road;
    if (!this.#sync || !block) return;
    ref.attach(NOT_SENT, () => {
      getRefs(data);
      if (args) getRefs(args);
      send();
      block(ref);
    });
  }

  /** Sent at once, unless its body is being read right now. */
  async #passThrough(ref: ObjectRef<Anything>, request: ServeRequest, args: object | null): Promise<void> {
    try {
      const passed = passedThrough(request, args === null ? null : pack(requireArgs(args)));
      const { body } = passed;
      this.#send(ref, body instanceof Promise ? { ...passed, body: await body } : { ...passed, body });
    } catch (error) {
      ref.failed(error);
    }
  }

  #send(ref: ObjectRef<Anything>, request: QueryRequest): void {
    if (ref.isSettled) return; // cancelled while it waited for its arguments
    const { methodName, shardKey, timeoutMs } = this.#options;
    ref.requestId = request.id;
    const query: Query = {
      endpoint: this.endpoint,
      request,
      callMethod: methodName,
      shardKey,
      timeoutMs,
      answerAs: 'value',
    };
    const ticket: QueryTicket = this.#road.submit(query, ref);
    const { block } = this.#road;
    ref.attach(ticket, this.#sync && block ? () => block(ref) : null);
  }
}

/** The handle inside a received value, calling by this thread's road. */
export function reviveHandle(part: Part, roads: { routed: HandleRoad; sync: HandleRoad }): Handle {
  const { endpoint, options, sync } = part.state as HandleState;
  return new Handle(endpoint, options, sync ? roads.sync : roads.routed, sync);
}

const NOT_SENT: QueryTicket = { cancel() {} };

/** Blocks for every reference in a packed value and puts its result in place. */
function getRefs(packed: Packed): void {
  for (const { ref, put } of packed.refs ?? []) {
    const inner = pack((ref as ObjectRef).get());
    getRefs(inner);
    put(inner.value);
    packed.hasParts ||= inner.hasParts;
    packed.confined ??= inner.confined;
  }
}

type PassedThrough = Omit<QueryRequest, 'body'> & { readonly body: ReturnType<typeof ServeRequest.bodyOf> };

/** A request as it came. Its data may hold what has to be taken apart again. */
function passedThrough(request: ServeRequest, args: Packed | null): PassedThrough {
  const raw = ServeRequest.rawOf(request);
  const data = pack(raw.data);
  const params = args ?? pack(raw.queryParams);
  return {
    ...raw,
    data: data.value,
    queryParams: params.value as QueryRequest['queryParams'],
    dataHasParts: data.hasParts || params.hasParts,
    confined: data.confined ?? params.confined,
    body: ServeRequest.bodyOf(request),
  };
}

function requireArgs(args: unknown): object {
  if (isPlainObject(args)) return args;
  throw invalidValue('args', "a plain object of query parameters like { name: 'Ada' }", args);
}
