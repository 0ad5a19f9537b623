/** The replica's end of a connection: takes queries in, and knows which of them are under way. */
import type { Part } from '../domain/part.ts';
import { Channel } from './channel.ts';
import type { ReceiverClaims } from './claims.ts';
import { type ErrorEnvelope, packBackendFailure } from './error-envelope.ts';
import { FRAME, QUERY_FLAG } from './frames.ts';
import { type AbortCode, IncomingQuery } from './incoming-query.ts';
import { Misspoken, type Port } from './port.ts';

export type { AbortCode, IncomingQuery } from './incoming-query.ts';

export interface ReceiverHooks {
  received(query: IncomingQuery): void;
  /** Null: the parts of a value stay apart, for somebody further on to put together. */
  readonly revive: ((part: Part) => unknown) | null;
  /** All queries of one message have been received; answers given meanwhile leave next. */
  handled?(): void;
  closed?(): void;
  /** Whose streams these are, for the message of one that breaks. */
  readonly name: string;
}

export class QueryReceiver {
  readonly channel: Channel;
  readonly #claims: ReceiverClaims;
  readonly #active: (IncomingQuery | undefined)[] = [];
  readonly hooks: ReceiverHooks;

  constructor(port: Port, claims: ReceiverClaims, hooks: ReceiverHooks, wake: Int32Array | null = null) {
    this.hooks = hooks;
    this.#claims = claims;
    const { crossesProcesses } = claims;
    this.channel = new Channel(port, this.#receive, this.#closed, { wake, crossesProcesses });
  }

  /** Queries of this router under way. */
  get held(): number {
    return this.#active.reduce((count, query) => count + (query ? 1 : 0), 0);
  }

  /** Tells a router in another process how many queries others have here. */
  tellOthers(count: number): void {
    if (count === this.#toldOthers || this.channel.isClosed) return;
    this.#toldOthers = count;
    this.channel.outgoing().push(FRAME.others, 0, count);
  }

  #toldOthers = 0;

  /** Tells a router that was refused that there is room again. */
  announceRoom(): void {
    if (!this.channel.isClosed) this.channel.outgoing().push(FRAME.room, 0);
  }

  claim(slot: number): boolean {
    return this.#claims.start(slot);
  }

  release(slot: number): void {
    this.#active[slot] = undefined;
  }

  /** The caller's thread is gone: whatever it asked for is cancelled. */
  #closed = (): void => {
    for (const query of this.#active) query?.abort('CANCELLED');
    this.#claims.close();
    this.hooks.closed?.();
  };

  #receive = (f: unknown[]): void => {
    let i = 0;
    while (i < f.length) {
      const slot = f[i + 1] as number;
      switch (f[i]) {
        case FRAME.query:
          this.#take(slot, f, i);
          i += 14;
          break;
        case FRAME.cancel:
          this.#active[slot]?.abort(f[i + 2] as AbortCode);
          i += 3;
          break;
        case FRAME.page:
          this.#claims.addPage(f[i + 2] as SharedArrayBuffer);
          i += 3;
          break;
        case FRAME.chunk:
          this.#active[slot]?.bodyFlow?.chunk(f[i + 2], f[i + 3] as boolean);
          i += 4;
          break;
        case FRAME.end:
          this.#active[slot]?.bodyFlow?.end();
          i += 2;
          break;
        case FRAME.broken:
          this.#active[slot]?.bodyFlow?.broken(f[i + 2] as ErrorEnvelope);
          i += 3;
          break;
        case FRAME.credit:
          this.#active[slot]?.answerFlow?.grant(f[i + 2] as number);
          i += 3;
          break;
        case FRAME.stop:
          this.#active[slot]?.stopAnswer();
          i += 2;
          break;
        default:
          throw new Error(`unknown frame ${String(f[i])} from a router`);
      }
    }
    this.hooks.handled?.();
  };

  /** A query whose parts cannot be rebuilt here fails alone. */
  #take(slot: number, f: unknown[], i: number): void {
    if (this.#active[slot]) throw new Misspoken(`a query came in slot ${slot}, where another is under way`);
    this.#claims.received(slot);
    if (((f[i + 2] as number) & QUERY_FLAG.takenBack) !== 0) {
      this.channel.outgoing().push(FRAME.refused, slot);
      return;
    }
    let query: IncomingQuery;
    try {
      query = new IncomingQuery(this, slot, f, i);
    } catch (error) {
      this.channel.outgoing().push(FRAME.failure, slot, packBackendFailure(this.hooks.name, error), 0, null);
      return;
    }
    this.#active[slot] = query;
    this.hooks.received(query);
  }
}
