/** What is defined at a prompt and in a notebook before anything is typed. */
import * as serve from '../../lib/index.ts';
import { endpointsOf } from './endpoints.ts';
import { HttpCaller } from './http-caller.ts';

/** Of prompts, notebooks and scripts. */
export const globalsOf = (client: serve.Client) => ({
  serve,
  client,
  endpoints: endpointsOf(client),
  http: new HttpCaller(() => client.http?.url ?? null),
});

export class InstanceGlobals {
  #given: ReturnType<typeof globalsOf> | null = null;
  /** The name of the one that `client` is of; null before the first. */
  instance: string | null = null;

  /** Throws CLIENT_CLOSED before the first instance. */
  get given(): ReturnType<typeof globalsOf> {
    if (this.#given === null) throw new serve.ServeError('CLIENT_CLOSED', 'there is no instance yet');
    return this.#given;
  }

  /** Throws CLIENT_CLOSED before the first instance. */
  get client(): serve.Client {
    return this.given.client;
  }

  /** `client` and its like are this instance's from now on. Rejects with what `serve.connect` rejects with. */
  async connect(instance: string): Promise<void> {
    this.#given = globalsOf(await serve.connect({ name: instance }));
    this.instance = instance;
    Object.assign(globalThis, this.#given);
  }
}
