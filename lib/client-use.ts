import { ServeError } from './errors.ts';

export interface UseParts {
  /** Ends what still waits for the instance. */
  endWatches(): Promise<void>;
  stopInstance(): Promise<void>;
  /** Closes what was opened for the client alone. */
  letGo(): Promise<void>;
}

/** A client's use of its instance, and how that ends. */
export class ClientUse {
  readonly #parts: UseParts;
  #isEnded = false;
  #stopped: Promise<void> | null = null;

  constructor(parts: UseParts) {
    this.#parts = parts;
  }

  /** Throws CLIENT_CLOSED. */
  requireOpen = (): void => {
    if (!this.#isEnded) return;
    throw new ServeError('CLIENT_CLOSED', 'this client was closed; get another with serve.start() or serve.connect()');
  };

  async close(): Promise<void> {
    await this.#end();
    await this.#parts.letGo();
  }

  /** Rejects with CLIENT_CLOSED after `close`. */
  async shutdown(): Promise<void> {
    if (this.#stopped === null) {
      this.requireOpen();
      this.#stopped = this.#stop();
    }
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    await this.#end();
    await this.#parts.stopInstance();
    await this.#parts.letGo();
  }

  #end(): Promise<void> {
    this.#isEnded = true;
    return this.#parts.endWatches();
  }
}
