// Loaded before what README.md tells to run. Port 8000 may be in use by another program here, so that one becomes any
// free one; the test hears of it, sends curl there, and says when the script may go on.
import { Server } from 'node:net';
import { inspect } from 'node:util';

export type ChildMessage =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'shown'; readonly text: string }
  | { readonly type: 'reached'; readonly block: number };

const tell = (message: ChildMessage): void => {
  process.send?.(message);
};

const { listen } = Server.prototype;

Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
  const [options] = args;
  const isObject = typeof options === 'object' && options !== null;
  const port = isObject ? Reflect.get(options, 'port') : options;
  if (port !== 8000) return Reflect.apply(listen, this, args);
  this.once('listening', () => {
    const address = this.address();
    if (typeof address === 'object' && address !== null) tell({ type: 'listening', port: address.port });
  });
  return Reflect.apply(listen, this, [isObject ? { ...options, port: 0 } : 0, ...args.slice(1)]);
};

Object.assign(globalThis, {
  __readme: {
    show: async (value: unknown): Promise<void> => tell({ type: 'shown', text: inspect(await value) }),
    /** Waits until the test has run what stands between this block and the next one of the prompt. */
    reached: (block: number): Promise<void> =>
      new Promise((resolve) => {
        process.once('message', () => resolve());
        tell({ type: 'reached', block });
      }),
  },
});
