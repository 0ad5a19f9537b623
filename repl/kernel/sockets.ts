/** A kernel's five sockets. Nothing of the user's runs in this process, so they are always heard. */
import type { Router, XPublisher } from 'zeromq';
import { ServeError } from '../../lib/index.ts';
import { CHANNELS, type Channel, type Connection } from './connection-file.ts';

export type RequestChannel = 'shell' | 'control' | 'stdin';

interface SocketTakers {
  request(channel: RequestChannel, frames: readonly Buffer[]): void;
  /** Somebody listens from now on to what is published under this topic. */
  subscribed(topic: Buffer): void;
}

/** After which a message that nobody fetches does not keep a kernel from ending, in ms. */
const LINGER_MS = 500;
/** Messages that wait for one who reads slowly; beyond it he misses some, and nobody else does. */
const MOST_PUBLISHED = 10_000;

export class Sockets {
  readonly #outboxes: Readonly<Record<Channel, Outbox>>;
  readonly #sockets: Readonly<Record<Channel, Router | XPublisher>>;

  private constructor(sockets: Readonly<Record<Channel, Router | XPublisher>>) {
    this.#sockets = sockets;
    const outboxes = CHANNELS.map((channel) => [channel, new Outbox(sockets[channel])]);
    this.#outboxes = Object.fromEntries(outboxes) as Record<Channel, Outbox>;
  }

  /** Rejects when an address is taken, with INVALID_ARGUMENT where the package `zeromq` is not installed. */
  static async bind({ addresses }: Connection): Promise<Sockets> {
    const { Router, XPublisher } = await loadZeromq();
    const options = { linger: LINGER_MS };
    const iopub = new XPublisher({ ...options, sendHighWaterMark: MOST_PUBLISHED });
    iopub.verbosity = 'allSubs';
    const [shell, control, stdin, hb] = [
      new Router(options),
      new Router(options),
      new Router(options),
      new Router(options),
    ];
    const sockets = { shell, control, stdin, iopub, hb };
    for (const channel of CHANNELS) await sockets[channel].bind(addresses[channel]);
    return new Sockets(sockets);
  }

  /** From now on; what has come before is not lost. */
  listen({ request, subscribed }: SocketTakers): void {
    for (const channel of ['shell', 'control', 'stdin'] as const) {
      void receive(this.#sockets[channel], (frames) => request(channel, frames));
    }
    void receive(this.#sockets.hb, (frames) => this.send('hb', frames));
    void receive(this.#sockets.iopub, ([frame]) => {
      if (frame?.[0] === 1) subscribed(frame.subarray(1));
    });
  }

  send(channel: Channel, frames: readonly Buffer[]): void {
    this.#outboxes[channel].put(frames);
  }

  /** Once all that was sent is ZeroMQ's, which keeps the process for a moment until it has left. */
  async close(): Promise<void> {
    await Promise.all(Object.values(this.#outboxes).map((outbox) => outbox.emptied()));
    for (const socket of Object.values(this.#sockets)) socket.close();
  }
}

/** Refuses to be asked twice at once, as a socket does, by having the next message wait. */
class Outbox {
  readonly #socket: Router | XPublisher;
  #last: Promise<void> = Promise.resolve();

  constructor(socket: Router | XPublisher) {
    this.#socket = socket;
  }

  put(frames: readonly Buffer[]): void {
    this.#last = this.#last.then(async () => {
      if (!this.#socket.closed) await this.#socket.send([...frames]);
    });
    this.#last = this.#last.catch(() => undefined); // its receiver has gone, or we go
  }

  emptied(): Promise<void> {
    return this.#last;
  }
}

async function receive(socket: Router | XPublisher, take: (frames: readonly Buffer[]) => void): Promise<void> {
  for await (const frames of socket) take(frames);
}

/** Rejects with INVALID_ARGUMENT where a kernel could not start. */
export async function requireZeromq(): Promise<void> {
  await loadZeromq();
}

async function loadZeromq(): Promise<typeof import('zeromq')> {
  try {
    return await import('zeromq');
  } catch (error) {
    const way = 'install servelab without --omit=optional, or `npm install zeromq` beside it';
    throw new ServeError('INVALID_ARGUMENT', `Jupyter speaks ZeroMQ, and the package zeromq cannot be loaded; ${way}`, {
      cause: error,
    });
  }
}
