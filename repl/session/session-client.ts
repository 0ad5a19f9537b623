/** A front end's end of a session. */
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { join } from 'node:path';
import { JsonLines } from './json-lines.ts';
import {
  CONTROL_SOCKET,
  type ControlReply,
  type ControlRequest,
  type FromSession,
  type Output,
  type Reply,
  type Request,
  SESSION_SOCKET,
  type Welcome,
} from './protocol.ts';

type ReplyTo<Kind extends Request['type']> = Extract<
  Reply,
  { type: Kind extends `${infer Name}_request` ? `${Name}_reply` : never }
>;
type Asked<Kind extends Request['type']> = Omit<Extract<Request, { type: Kind }>, 'type' | 'id'>;

/** The session ended before it replied. */
export class SessionEnded extends Error {
  override readonly name = 'SessionEnded';
}

export class SessionClient {
  /** Resolves when the session has gone. */
  readonly gone: Promise<void>;
  readonly welcome: Promise<Welcome>;
  readonly #lines: JsonLines<FromSession, Request>;
  readonly #control: JsonLines<ControlReply, ControlRequest>;
  readonly #asked = new Map<string, { resolve(reply: Reply): void; reject(error: Error): void }>();

  readonly #interrupts = new Map<string, (outcome: ControlReply['outcome']) => void>();

  /** `directory`: of the session's sockets, which are there. */
  constructor(directory: string, show: (output: Output) => void) {
    const welcome = Promise.withResolvers<Welcome>();
    this.welcome = welcome.promise;
    welcome.promise.catch(() => {});
    this.#lines = new JsonLines(connect(join(directory, SESSION_SOCKET)), (message) => {
      if (message.type === 'welcome') welcome.resolve(message);
      else if (message.type.endsWith('_reply')) this.#replied(message as Reply);
      else show(message as Output);
    });
    this.#control = new JsonLines(connect(join(directory, CONTROL_SOCKET)), ({ parent, outcome }) => {
      this.#interrupts.get(parent)?.(outcome);
      this.#interrupts.delete(parent);
    });
    this.gone = this.#lines.closed.then(() => {
      const ended = new SessionEnded('the session has ended');
      welcome.reject(ended);
      for (const { reject } of this.#asked.values()) reject(ended);
      this.#asked.clear();
      this.#control.socket.destroy();
    });
  }

  /** Rejects with SessionEnded. `id`: what the session's outputs to it will name as their parent. */
  ask<Kind extends Request['type']>(type: Kind, asked: Asked<Kind>, id: string = randomUUID()): Promise<ReplyTo<Kind>> {
    return new Promise((resolve, reject) => {
      if (this.#lines.socket.destroyed) {
        reject(new SessionEnded('the session has ended'));
        return;
      }
      this.#asked.set(id, { resolve: resolve as (reply: Reply) => void, reject });
      this.#lines.send({ ...asked, type, id } as unknown as Request);
    });
  }

  /** Ends what runs now; nothing when nothing does. `stuck`: it is in code that cannot be ended. */
  interrupt(): Promise<ControlReply['outcome']> {
    const id = randomUUID();
    this.#control.send({ type: 'interrupt_request', id });
    return new Promise((resolve) => this.#interrupts.set(id, resolve));
  }

  close(): void {
    this.#lines.socket.destroy();
    this.#control.socket.destroy();
  }

  #replied(reply: Reply): void {
    const asked = this.#asked.get(reply.parent);
    this.#asked.delete(reply.parent);
    asked?.resolve(reply);
  }
}
