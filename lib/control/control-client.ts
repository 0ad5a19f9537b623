/** A client's end of an instance's control socket. */
import { ServeError } from '../errors.ts';
import { unpackError } from '../wire/error-envelope.ts';
import { isFlat } from '../wire/flat-value.ts';
import { greet } from '../wire/greeting.ts';
import type { SocketPort } from '../wire/socket-port.ts';
import { confinedIn } from '../wire/value.ts';
import type { Call, Reply, Welcome } from './protocol.ts';

export class ControlClient {
  readonly welcome: Welcome;
  /** Resolves when the instance has gone. */
  readonly gone: Promise<void>;
  readonly #port: SocketPort;
  readonly #calls = new Map<number, PromiseWithResolvers<Reply>>();
  #nextId = 1;
  #isGone = false;

  private constructor(port: SocketPort, welcome: Welcome) {
    this.#port = port;
    this.welcome = welcome;
    this.gone = new Promise((resolve) => {
      port.on('close', () => {
        this.#lost();
        resolve();
      });
    });
    port.on('message', (message: Reply) => this.#replied(message));
    port.unref();
  }

  /** Rejects with the system's error when nobody listens there, or PROTOCOL_ERROR. */
  static async open(path: string, version: string): Promise<ControlClient> {
    const port = await greet(path, 'control', version);
    const welcome = await new Promise<Welcome>((resolve, reject) => {
      port.once('message', resolve);
      port.once('close', () => reject(Object.assign(new Error('it has just ended'), { code: 'ECONNRESET' })));
    });
    return new ControlClient(port, welcome);
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Rejects with what the control rejected with; with INSTANCE_NOT_FOUND when the instance went away meanwhile. */
  async call(method: string, args: readonly unknown[], author: string): Promise<unknown> {
    if (this.#isGone) throw this.#hasGone();
    const id = this.#nextId++;
    const call = Promise.withResolvers<Reply>();
    const message: Call = { type: 'call', id, method, args, author };
    try {
      if (args.every(isFlat)) this.#port.postPlain(message);
      else this.#port.postMessage(message);
    } catch (cause) {
      throw unsendable(method, args, cause);
    }
    this.#calls.set(id, call);
    // Who waits for a reply keeps the process alive.
    if (this.#calls.size === 1) this.#port.ref();
    const { value, error } = await call.promise;
    // Made here, its stack leads to whoever called.
    if (error) throw unpackError(error);
    return value;
  }

  close(): void {
    this.#port.close();
  }

  #replied(reply: Reply): void {
    const call = this.#calls.get(reply.id);
    this.#calls.delete(reply.id);
    if (this.#calls.size === 0) this.#port.unref();
    call?.resolve(reply);
  }

  #lost(): void {
    this.#isGone = true;
    for (const call of this.#calls.values()) call.reject(this.#hasGone());
    this.#calls.clear();
  }

  #hasGone(): ServeError {
    const { instance, pid } = this.welcome;
    return new ServeError(
      'INSTANCE_NOT_FOUND',
      `instance '${instance}' (process ${pid}) has ended; what was asked of it last may have happened or not`,
    );
  }
}

function unsendable(method: string, args: readonly unknown[], cause: unknown): ServeError {
  const confined = confinedIn(args);
  // The inside of a shipment says nothing to users.
  const what = confined
    ?.replace(/^\$\[1\]\.shipment\S*/, 'a value that its code captures')
    .replace(/^\$\[\d+\]\.?/, '');
  const code = confined?.startsWith('$[1].shipment') ? 'NOT_SHIPPABLE' : 'NOT_SERIALIZABLE';
  const reason = what ? `${what}, which only threads of one process can pass on` : reasonOf(cause);
  return new ServeError(
    code,
    `${method}: the instance runs in another process, and this cannot be sent there: ${reason}`,
    {
      cause,
    },
  );
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
