/** A front end's end of a session. */
import { connect } from 'node:net';
import { join } from 'node:path';
import { newId } from '../new-id.ts';
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
  /** Null: closed before it was there. */
  readonly #control: Promise<JsonLines<ControlReply, ControlRequest> | null>;
  readonly #asked = new Map<string, { resolve(reply: Reply): void; reject(error: Error): void }>();

  readonly #interrupts = new Map<string, (outcome: ControlReply['outcome']) => void>();
  #isClosed = false;

  /** `directory`: of the session's sockets. `controlled`: the one for interrupts is there, as the other one is by now. */
  constructor(directory: string, show: (output: Output) => void, controlled: Promise<void> = Promise.resolve()) {
    const welcome = Promise.withResolvers<Welcome>();
    this.welcome = welcome.promise;
    welcome.promise.catch(() => {});
    this.#lines = new JsonLines(connect(join(directory, SESSION_SOCKET)), (message) => {
      if (message.type === 'welcome') welcome.resolve(message);
      else if (message.type.endsWith('_reply')) this.#replied(message as Reply);
      else show(message as Output);
    });
    this.#control = controlled.then(() => (this.#isClosed ? null : this.#controlAt(join(directory, CONTROL_SOCKET))));
    this.gone = this.#lines.closed.then(() => {
      const ended = new SessionEnded('the session has ended');
      welcome.reject(ended);
      for (const { reject } of this.#asked.values()) reject(ended);
      this.#asked.clear();
      this.#closeControl();
    });
  }

  /** Rejects with SessionEnded. `id`: what the session's outputs to it will name as their parent. */
  ask<Kind extends Request['type']>(type: Kind, asked: Asked<Kind>, id: string = newId()): Promise<ReplyTo<Kind>> {
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
    const id = newId();
    void this.#control.then((control) => control?.send({ type: 'interrupt_request', id }));
    return new Promise((resolve) => this.#interrupts.set(id, resolve));
  }

  close(): void {
    this.#lines.socket.destroy();
    this.#closeControl();
  }

  #controlAt(path: string): JsonLines<ControlReply, ControlRequest> {
    return new JsonLines(connect(path), ({ parent, outcome }) => {
      this.#interrupts.get(parent)?.(outcome);
      this.#interrupts.delete(parent);
    });
  }

  #closeControl(): void {
    this.#isClosed = true;
    void this.#control.then((control) => control?.socket.destroy());
  }

  #replied(reply: Reply): void {
    const asked = this.#asked.get(reply.parent);
    this.#asked.delete(reply.parent);
    asked?.resolve(reply);
  }
}
