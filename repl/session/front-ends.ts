/** Everybody who looks at a session. */
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { JsonLines } from './json-lines.ts';
import type { FromSession, Output, Reply, Request, Welcome } from './protocol.ts';

type FrontEnd = JsonLines<Request, FromSession>;

/** Bytes that wait for a front end, from which on it gets no more text: a loop that prints leaves it no time to read. */
const MOST_WAITING = 4 * 1024 * 1024;

export class FrontEnds {
  readonly #welcome: Omit<Welcome, 'type'>;
  readonly #open = new Map<FrontEnd, { dropped: number }>();
  #server: Server | null = null;

  constructor(welcome: Omit<Welcome, 'type'>) {
    this.#welcome = welcome;
  }

  /** `take` is given each request, and how to reply to it. */
  listen(path: string, take: (request: Request, reply: (reply: Reply) => void) => void): Promise<void> {
    const server = createServer((socket) => this.#accept(socket, take));
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  }

  /** To all of them. */
  publish(output: Output): void {
    for (const [frontEnd, state] of this.#open) {
      if (output.type === 'stream' && frontEnd.waiting > MOST_WAITING) {
        state.dropped += output.text.length;
        continue;
      }
      if (state.dropped > 0) {
        const text = `… ${state.dropped} characters were printed faster than they could be shown\n`;
        state.dropped = 0;
        frontEnd.send({ type: 'stream', parent: 'parent' in output ? output.parent : null, name: 'stderr', text });
      }
      frontEnd.send(output);
    }
  }

  async close(): Promise<void> {
    this.#server?.close();
    await Promise.all([...this.#open.keys()].map((frontEnd) => frontEnd.end()));
  }

  #accept(socket: Socket, take: (request: Request, reply: (reply: Reply) => void) => void): void {
    const frontEnd: FrontEnd = new JsonLines(socket, (request) => take(request, (reply) => frontEnd.send(reply)));
    this.#open.set(frontEnd, { dropped: 0 });
    void frontEnd.closed.then(() => this.#open.delete(frontEnd));
    frontEnd.send({ type: 'welcome', ...this.#welcome });
  }
}
