/** Failures in a row after which a replica is given up. Source: Ray Serve. */
const MAX_FAILURES = 3;
/** A tick that comes so much too late says that this process did not run meanwhile: stopped, blocked, or starved; in ms. */
const HELD_UP_MS = 100;

export interface HealthParts {
  check(): Promise<void>;
  /** It blocks for the result of a call, as it may: then it owes no answer. */
  isWaiting(): boolean;
  periodMs(): number;
  now(): number;
  failed(failures: number, message: string): void;
  givenUp(reason: string): void;
}

/**
 * Checks a replica once a period. It is given up after three failures in a row, or when a check has had no answer
 * by the time of the next one: then its thread is stuck. A tick that comes late judges nothing, as the answer may be
 * there and not read yet; where all ticks are a little late, the second one does.
 */
export class HealthWatch {
  readonly #parts: HealthParts;
  #timer: NodeJS.Timeout | null = null;
  #failures = 0;
  #isAsked = false;
  /** A late tick has judged nothing of this check. */
  #isForgiven = false;
  #dueAt = 0;

  constructor(parts: HealthParts) {
    this.#parts = parts;
    this.#schedule();
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #schedule(): void {
    const periodMs = this.#parts.periodMs();
    this.#dueAt = this.#parts.now() + periodMs;
    this.#timer = setTimeout(() => this.#tick(periodMs), periodMs);
    this.#timer.unref();
  }

  #tick(periodMs: number): void {
    const lateMs = this.#parts.now() - this.#dueAt;
    this.#schedule();
    if (this.#isAsked) {
      if (lateMs > periodMs || (lateMs > HELD_UP_MS && !this.#isForgiven)) this.#isForgiven = true;
      else if (!this.#parts.isWaiting())
        this.#giveUp(`it gave no answer to a health check for ${periodMs} ms: its thread is blocked or stuck`);
      return;
    }
    this.#isAsked = true;
    this.#isForgiven = false;
    this.#parts.check().then(
      () => {
        this.#isAsked = false;
        this.#failures = 0;
      },
      (error: Error) => {
        this.#isAsked = false;
        this.#failures++;
        if (this.#timer === null) return;
        this.#parts.failed(this.#failures, error.message);
        if (this.#failures >= MAX_FAILURES)
          this.#giveUp(`it failed ${MAX_FAILURES} health checks in a row: ${error.message}`);
      },
    );
  }

  #giveUp(reason: string): void {
    if (this.#timer === null) return;
    this.stop();
    this.#parts.givenUp(reason);
  }
}
