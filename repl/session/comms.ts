/** Jupyter's comms: channels between what a front end shows, as a widget, and the code behind it. */

import { newId } from '../new-id.ts';
import type { CommMessage, Output } from './protocol.ts';

/** What comes by a comm, and with it, as bytes, what is too big for JSON. */
export interface CommData {
  readonly data: unknown;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly buffers: readonly Uint8Array[];
}

export interface CommGiven {
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly buffers?: readonly Uint8Array[];
}

type TakesComm = (comm: Comm, opened: CommData) => void;
type Tell = (message: CommMessage) => void;

/** One channel. What is told after its end is told to nobody. */
export class Comm {
  readonly id: string;
  readonly target: string;
  /** Of what the other side tells. */
  onMessage: ((message: CommData) => void) | null = null;
  onClose: ((message: CommData) => void) | null = null;
  readonly #tell: Tell;

  constructor(id: string, target: string, tell: Tell) {
    this.id = id;
    this.target = target;
    this.#tell = tell;
  }

  send(data: unknown, given: CommGiven = {}): void {
    this.#tell({ act: 'msg', comm: this.id, data, ...encoded(given) });
  }

  close(data: unknown = {}, given: CommGiven = {}): void {
    this.#tell({ act: 'close', comm: this.id, data, ...encoded(given) });
  }
}

export class Comms {
  readonly #publish: (output: Output) => void;
  readonly #output: { readonly cell: string | null };
  readonly #open = new Map<string, Comm>();
  readonly #targets = new Map<string, TakesComm>();

  constructor(publish: (output: Output) => void, output: { readonly cell: string | null }) {
    this.#publish = publish;
    this.#output = output;
  }

  /** By its id, the target of each that is open. */
  get open(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#open].map(([id, { target }]) => [id, target]));
  }

  /** What cells have of it. */
  readonly functions = Object.freeze({
    /** Takes the comms that front ends open for this target from now on, in place of who took them before. */
    register: (target: string, take: TakesComm): void => {
      this.#targets.set(target, take);
    },
    /** Opens one at the front end, where somebody takes the target. */
    open: (target: string, data: unknown = {}, given: CommGiven = {}): Comm => {
      const comm = this.#newComm(newId(), target);
      this.#tell({ act: 'open', comm: comm.id, target, data, ...encoded(given) });
      return comm;
    },
  });

  /** From a front end. */
  take({ act, comm: id, target = '', ...message }: CommMessage): void {
    const told = decoded(message);
    if (act === 'open') {
      const takes = this.#targets.get(target);
      // As the protocol wants it: who opens one that nobody takes is told so.
      if (takes === undefined) this.#tell({ act: 'close', comm: id, data: {} });
      else takes(this.#newComm(id, target), told);
      return;
    }
    const comm = this.#open.get(id);
    if (act === 'close') this.#open.delete(id);
    if (act === 'close') comm?.onClose?.(told);
    else comm?.onMessage?.(told);
  }

  #newComm(id: string, target: string): Comm {
    const comm = new Comm(id, target, (message) => {
      if (!this.#open.has(id)) return;
      if (message.act === 'close') this.#open.delete(id);
      this.#tell(message);
    });
    this.#open.set(id, comm);
    return comm;
  }

  #tell(message: CommMessage): void {
    this.#publish({ type: 'comm', parent: this.#output.cell, ...message });
  }
}

const encoded = ({ metadata, buffers }: CommGiven): Pick<CommMessage, 'metadata' | 'buffers'> => ({
  ...(metadata && { metadata }),
  ...(buffers && { buffers: buffers.map((bytes) => Buffer.from(bytes).toString('base64')) }),
});

const decoded = ({ data, metadata = {}, buffers = [] }: Omit<CommMessage, 'act' | 'comm'>): CommData => ({
  data,
  metadata,
  buffers: buffers.map((text) => new Uint8Array(Buffer.from(text, 'base64'))),
});
