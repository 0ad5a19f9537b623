/** Endpoints as functions: `await endpoints.echo('hi')`. */
import type { Client, Handle, HandleOptionsGiven } from '../../lib/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: what it answers is its backends' matter
type Call = (data?: unknown, args?: Readonly<Record<string, unknown>>) => Promise<any>;

export interface EndpointFunction extends Call {
  /** The same endpoint, called in another way: `endpoints.model.options({ methodName: 'add' })(5)`. */
  options(given: HandleOptionsGiven): EndpointFunction;
  /** For what only a handle does, as cancelling. */
  handle(): Promise<Handle>;
}

export type Endpoints = Readonly<Record<string, EndpointFunction>>;

/** Each name is an endpoint; whether there is such a one is known when it is called. */
export function endpointsOf(client: Client): Endpoints {
  const known = new Map<string, EndpointFunction>();
  return new Proxy({} as Record<string, EndpointFunction>, {
    get(_, name) {
      // What is awaited, or looked at by a prompt, is asked for its `then` and its symbols.
      if (typeof name === 'symbol' || name === 'then') return undefined;
      const found = known.get(name) ?? endpointFunction(() => client.getHandle(name));
      known.set(name, found);
      return found;
    },
  });
}

function endpointFunction(handle: () => Promise<Handle>): EndpointFunction {
  const call: Call = async (data, args) => (await handle()).remote(data, args);
  return Object.assign(call, {
    options: (given: HandleOptionsGiven) => endpointFunction(async () => (await handle()).options(given)),
    handle,
  });
}
