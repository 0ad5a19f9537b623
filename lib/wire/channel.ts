/** One end of a port that sends what is produced in one turn of the event loop in as few messages as pay. */
import type { Transferable } from 'node:worker_threads';
import { type Port, takeMessage } from './port.ts';
import { halves, insteadOf, MessageTooLong } from './too-long.ts';

/** Shorter buffers cost less to copy than to transfer. */
const TRANSFER_FROM_BYTES = 16 * 1024;

/**
 * A message leaves before its turn ends once it holds this many frames: then one side works while the other goes on
 * filling. Without it both wait for each other in turn (64 HTTP connections on two cores: a third fewer requests).
 */
const FRAMES_PER_MESSAGE = 24;

export interface ChannelOptions {
  readonly wake?: Int32Array | null;
  readonly crossesProcesses?: boolean;
  /** A frame is too long to be sent, and nothing can be sent in its place. */
  unsendable?(frame: readonly unknown[], reason: MessageTooLong): void;
}

export class Channel {
  readonly port: Port;
  /** Whether the other end has memory of its own alone. */
  readonly crossesProcesses: boolean;
  #outbox: unknown[] = [];
  #transfers: Transferable[] = [];
  #frames = 0;
  #isScheduled = false;
  #isCorked = false;
  #isClosed = false;
  #messages = 0;
  readonly #onClosed: () => void;
  readonly #receive: (frames: unknown[]) => void;
  /** Counted up and notified after each message, for a peer that waits with `Atomics.wait`; null = none does. */
  readonly #wake: Int32Array | null;
  readonly #onUnsendable: (frame: readonly unknown[], reason: MessageTooLong) => void;

  constructor(port: Port, receive: (frames: unknown[]) => void, onClosed: () => void, options: ChannelOptions = {}) {
    const { wake = null, crossesProcesses = false, unsendable = () => {} } = options;
    this.#onUnsendable = unsendable;
    this.port = port;
    this.crossesProcesses = crossesProcesses;
    this.#receive = receive;
    this.#wake = wake;
    port.on('message', this.#deliver);
    this.#onClosed = onClosed;
    port.on('close', this.#ended);
  }

  /** Called once or twice: a relay says that it ends before its port does. */
  #ended = (): void => {
    this.#isClosed = true;
    this.#onClosed();
  };

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** How many batches have left. */
  get messages(): number {
    return this.#messages;
  }

  /** The batch that leaves after so many others; null: it has left. */
  unsent(messages: number): unknown[] | null {
    return messages === this.#messages ? this.#outbox : null;
  }

  /**
   * The batch that leaves at the end of this turn at the latest, to append one frame to. `bytes`: what the frame
   * carries, moved rather than copied when it is large; it must own its whole buffer.
   */
  outgoing(bytes: unknown = null): unknown[] {
    if (this.#frames++ >= FRAMES_PER_MESSAGE) this.flush();
    if (!this.#isScheduled && !this.#isCorked) {
      this.#isScheduled = true;
      setImmediate(this.flush);
    }
    if (ArrayBuffer.isView(bytes) && bytes.byteLength >= TRANSFER_FROM_BYTES && bytes.buffer instanceof ArrayBuffer) {
      this.#transfers.push(bytes.buffer);
    }
    return this.#outbox;
  }

  /** The same batch, to append a frame that can wait until something else leaves. */
  unhurried(): unknown[] {
    this.#frames++;
    return this.#outbox;
  }

  flush = (): void => {
    this.#isScheduled = false;
    const batch = this.#outbox;
    if (batch.length === 0) return;
    const transfers = this.#transfers;
    this.#outbox = [];
    this.#messages++;
    this.#frames = 0;
    if (transfers.length > 0) this.#transfers = [];
    if (this.#isClosed) return;
    this.#post(batch, transfers);
    if (this.#wake) {
      Atomics.add(this.#wake, 0, 1);
      Atomics.notify(this.#wake, 0);
    }
  };

  /** What is too long for one message goes in several; what is too long for any takes nothing else along. */
  #post(batch: unknown[], transfers: readonly Transferable[]): void {
    try {
      this.port.postMessage(batch, transfers);
    } catch (error) {
      if (!(error instanceof MessageTooLong)) throw error;
      const parts = halves(batch);
      if (parts) {
        for (const part of parts) this.#post(part, []);
        return;
      }
      const instead = insteadOf(batch, error);
      if (instead) this.port.postMessage(instead);
      else this.#onUnsendable(batch, error);
    }
  }

  /** Handles what has arrived so far, without the event loop. */
  drain(): void {
    if (this.#isClosed) return;
    for (let next = takeMessage(this.port); next; next = takeMessage(this.port)) {
      this.#deliver(next.message);
    }
  }

  close(): void {
    this.flush();
    this.#isClosed = true;
    this.port.close();
  }

  /** Answers made while a batch is handled leave with it, in one message and without waiting for the next turn. */
  #deliver = (message: unknown): void => {
    if (message === null) {
      this.#ended();
      return;
    }
    const outer = this.#isCorked;
    this.#isCorked = true;
    try {
      this.#receive(message as unknown[]);
    } finally {
      this.#isCorked = outer;
      if (!outer) this.flush();
    }
  };
}
