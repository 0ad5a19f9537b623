/** What cells print, with the cell that printed it: a timer's line belongs to the cell that set the timer. */
import { AsyncLocalStorage } from 'node:async_hooks';

type Sink = (name: 'stdout' | 'stderr', text: string, cell: string | null) => void;

type Written = (error?: Error | null) => void;

export class CapturedOutput {
  readonly #cells = new AsyncLocalStorage<string>();

  /** From now on nothing that this thread prints reaches the process's own output. */
  constructor(sink: Sink) {
    for (const name of ['stdout', 'stderr'] as const) {
      const decoder = new TextDecoder();
      const write = (chunk: string | Uint8Array, encoding?: BufferEncoding | Written, written?: Written): boolean => {
        const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
        if (text !== '') sink(name, text, this.cell);
        const done = typeof encoding === 'function' ? encoding : written;
        if (done) process.nextTick(done);
        return true;
      };
      process[name].write = write;
    }
  }

  /** The cell whose code runs, or whose callback. */
  get cell(): string | null {
    return this.#cells.getStore() ?? null;
  }

  within<T>(cell: string, work: () => T): T {
    return this.#cells.run(cell, work);
  }
}
