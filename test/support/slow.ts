// A backend that answers when it is told to.
import type * as serve from 'servelab';
import { handleOf } from './instance.ts';

class Slow {
  #waiting = new Map<string, (word: string) => void>();
  call(request: serve.ServeRequest): unknown {
    const { data } = request;
    if (data === 'fail') throw new TypeError('no such word');
    if (typeof data !== 'string' || !data.startsWith('wait ')) return data;
    return new Promise((resolve) => this.#waiting.set(data.slice(5), resolve));
  }
  finish(name: string): boolean {
    this.#waiting.get(name)?.(name);
    return this.#waiting.delete(name);
  }
}

/** Its handle, and `finish(name)`, which answers the query sent as `wait <name>`. */
export async function slowOf(client: serve.Client) {
  const handle = await handleOf(client, 'slow', Slow);
  const finish = (name: string) => handle.options({ methodName: 'finish' }).remote(name);
  return { handle, finish };
}
