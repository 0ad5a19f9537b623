/**
 * Streams over a channel, with back-pressure by credit: the reader grants units, the writer spends them, so however
 * slow the reader, at most a window and one chunk wait in between.
 */
import type { Part } from '../domain/part.ts';
import type { Channel } from './channel.ts';
import { type ErrorEnvelope, packBackendFailure, unpackFailure } from './error-envelope.ts';
import { FRAME } from './frames.ts';
import { confinedHere, pack, unpack } from './value.ts';

/** Bytes that may be under way before the reader has taken any. */
export const WINDOW_UNITS = 1024 * 1024;
/** What the smallest chunk, and any value other than bytes and text, counts for: each costs time, however short it is. */
const LEAST_UNITS = 4096;

export function unitsOf(chunk: unknown): number {
  if (ArrayBuffer.isView(chunk)) return Math.max(LEAST_UNITS, chunk.byteLength);
  return typeof chunk === 'string' ? Math.max(LEAST_UNITS, chunk.length) : LEAST_UNITS;
}

/** Sends one stream's chunks as long as there is credit. The stream is untouched until `start`. */
export class Outflow {
  readonly #channel: Channel;
  readonly #slot: number;
  readonly #stream: ReadableStream<unknown>;
  readonly #name: string;
  readonly #onDone: (failure: ErrorEnvelope | null) => void;
  #reader: ReadableStreamDefaultReader<unknown> | null = null;
  #credit = WINDOW_UNITS;
  #isPumping = false;
  #isDone = false;

  /** `name`: whose stream it is, for the message when it breaks. `onDone` is called once, not after `stop`. */
  constructor(
    channel: Channel,
    slot: number,
    stream: ReadableStream<unknown>,
    name: string,
    onDone: (failure: ErrorEnvelope | null) => void,
  ) {
    this.#channel = channel;
    this.#slot = slot;
    this.#stream = stream;
    this.#name = name;
    this.#onDone = onDone;
  }

  grant(units: number): void {
    this.#credit += units;
    this.start();
  }

  start(): void {
    if (this.#isPumping || this.#isDone) return;
    this.#reader ??= this.#stream.getReader();
    void this.#pump(this.#reader);
  }

  /** The reader wants no more, or is gone: the source is told, nothing is sent any more. */
  stop(reason: unknown): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#cancelSource(reason);
  }

  /** Nothing was sent, and somebody else will send it: the source stays as it is. */
  leaveToOthers(): void {
    if (this.#reader === null) this.#isDone = true;
    else this.stop(new Error('the stream was begun by a reader that is gone'));
  }

  #cancelSource(reason: unknown): void {
    const cancelled = this.#reader ? this.#reader.cancel(reason) : this.#stream.cancel(reason);
    // The source's own failure to clean up concerns nobody who still listens.
    cancelled.catch(() => {});
  }

  async #pump(reader: ReadableStreamDefaultReader<unknown>): Promise<void> {
    this.#isPumping = true;
    try {
      while (this.#credit > 0 && !this.#isDone) {
        const { done, value } = await reader.read();
        if (this.#isDone) return;
        if (done) return this.#finish(null);
        const packed = pack(value);
        if (packed.confined !== null && this.#channel.crossesProcesses) throw confinedHere(packed.confined);
        this.#credit -= unitsOf(packed.value);
        this.#channel.outgoing(packed.value).push(FRAME.chunk, this.#slot, packed.value, packed.hasParts);
      }
    } catch (error) {
      if (!this.#isDone) {
        this.#cancelSource(error);
        this.#finish(packBackendFailure(this.#name, error));
      }
    } finally {
      this.#isPumping = false;
    }
  }

  #finish(failure: ErrorEnvelope | null): void {
    this.#isDone = true;
    const out = this.#channel.outgoing();
    if (failure) out.push(FRAME.broken, this.#slot, failure);
    else out.push(FRAME.end, this.#slot);
    this.#onDone(failure);
  }
}

/** When a stream begins to flow: an answer at once, a request's body once somebody reads it. */
export type FlowStart = 'at-once' | 'when-read';

/** Receives one stream's chunks as a ReadableStream. */
export class Inflow {
  readonly stream: ReadableStream<unknown>;
  readonly #channel: Channel;
  readonly #slot: number;
  readonly #revive: (part: Part) => unknown;
  #controller: ReadableStreamDefaultController<unknown> | null = null;
  #isOver = false;
  #isFlowing: boolean;
  #isGranting = false;
  #taken = 0;

  constructor(channel: Channel, slot: number, revive: (part: Part) => unknown, start: FlowStart) {
    this.#channel = channel;
    this.#slot = slot;
    this.#revive = revive;
    this.#isFlowing = start === 'at-once';
    this.stream = new ReadableStream<unknown>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#grantTaken(),
        cancel: () => {
          // An ended stream that is not read out can still be cancelled, when its slot may be another query's.
          if (this.#isOver) return;
          this.#isOver = true;
          this.#channel.outgoing().push(FRAME.stop, this.#slot);
        },
      },
      // With a mark of 0, `pull` means that somebody reads.
      { highWaterMark: start === 'at-once' ? WINDOW_UNITS / 2 : 0, size: unitsOf },
    );
  }

  chunk(value: unknown, hasParts: boolean): void {
    if (this.#isOver) return;
    this.#taken += unitsOf(value);
    this.#controller?.enqueue(hasParts ? unpack(value, this.#revive) : value);
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller?.close();
  }

  broken(envelope: ErrorEnvelope): void {
    this.fail(unpackFailure(envelope));
  }

  fail(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller?.error(error);
  }

  /**
   * Runs when the queue has room: what was received and taken since then may be sent anew. A turn of the loop later:
   * a quick source would else answer each credit within the same delivery, and keep the loop from everything else.
   */
  #grantTaken(): void {
    if (this.#isGranting || (this.#taken === 0 && this.#isFlowing)) return;
    this.#isGranting = true;
    setImmediate(() => {
      this.#isGranting = false;
      if (this.#isOver) return;
      this.#isFlowing = true;
      this.#channel.outgoing().push(FRAME.credit, this.#slot, this.#taken);
      this.#taken = 0;
    });
  }
}
