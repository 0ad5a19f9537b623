import { Script } from 'node:vm';

// A cell may define another one. To import node:process would read all it has, which takes 3 ms.
const { process } = globalThis;

/** What code that was interrupted throws, and what its cell rejects with. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor(message = 'interrupted') {
    super(message);
  }
}

/** The words of the memory that the session's threads share: whether to interrupt, and how far that has come. */
export const ASKED = 0;
export const PHASE = 1;
/** Nothing runs that a signal ends; something does; the signal is on its way, and this is left only by it. */
export const OUTSIDE = 0;
export const ARMED = 1;
export const SIGNALLING = 2;

/** Memory for the interrupts of one session. */
export const newInterrupts = (): SharedArrayBuffer => new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);

const KEY = Symbol.for('servelab:cell');
/** A signal ends the execution of a script alone, so everything of a cell runs inside this one. */
const RUNNER = `globalThis[Symbol.for('${Symbol.keyFor(KEY)}')]()`;
const PATIENCE_MS = 5_000;

/** The main thread's end of interrupts: what is told here, an `Interrupter` on another thread has asked for. */
export class Interrupts {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #tell: () => void;
  readonly #runner = new Script(RUNNER, { filename: import.meta.url });
  #isClosed = false;

  /** `tell`: somebody interrupts. */
  constructor(shared: SharedArrayBuffer, tell: () => void) {
    this.#words = new Int32Array(shared);
    this.#tell = tell;
    // Node would end the process by a signal that comes when nothing runs.
    process.on('SIGINT', tell);
    void this.#listen();
  }

  /** Throws Interrupted when that was asked for. True, so that it may be the condition of a loop. */
  readonly guard = (): true => {
    if (this.#words[ASKED] !== 0 && this.take()) {
      this.#tell();
      throw new Interrupted();
    }
    return true;
  };

  /** Whether it was asked for; it is no longer then. */
  take(): boolean {
    if (Atomics.compareExchange(this.#words, ASKED, 1, 0) === 0) return false;
    Atomics.notify(this.#words, ASKED);
    return true;
  }

  /** Runs what a signal ends, also where nothing else could: then it throws Interrupted. */
  run<Result>(work: () => Result): Result {
    let outcome: { readonly value: Result } | { readonly error: unknown } | undefined;
    const thunk = (): void => {
      Atomics.store(this.#words, PHASE, ARMED);
      try {
        outcome = { value: work() };
      } catch (error) {
        outcome = { error };
      }
      this.#disarm();
    };
    Object.defineProperty(globalThis, KEY, { value: thunk, configurable: true });
    try {
      this.#runner.runInThisContext({ breakOnSigint: true, displayErrors: false });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED'))
        throw error;
      this.take();
      throw new Interrupted();
    } finally {
      Atomics.store(this.#words, PHASE, OUTSIDE);
      Reflect.deleteProperty(globalThis, KEY);
    }
    if (outcome === undefined) throw new Interrupted();
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  close(): void {
    this.#isClosed = true;
    process.off('SIGINT', this.#tell);
    Atomics.notify(this.#words, ASKED);
  }

  /** A signal that is on its way must not meet what runs next, or nothing: it is waited for, and ends the wait. */
  #disarm(): void {
    if (Atomics.compareExchange(this.#words, PHASE, ARMED, OUTSIDE) === SIGNALLING) {
      Atomics.wait(this.#words, PHASE, SIGNALLING, PATIENCE_MS);
    }
  }

  /** Where the main thread waits for nothing but events, it hears of it at once. */
  async #listen(): Promise<void> {
    while (!this.#isClosed) {
      await Atomics.waitAsync(this.#words, ASKED, 0).value;
      if (!this.#isClosed && this.take()) this.#tell();
    }
  }
}
