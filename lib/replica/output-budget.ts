/** How much may be printed: so much a second, and a burst of what was not used. Pure: it is told the time. */
export interface OutputLimits {
  readonly linesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly burstLines: number;
  readonly burstBytes: number;
}

export class OutputBudget {
  readonly #limits: OutputLimits;
  #lines: number;
  #bytes: number;
  #at: number;

  /** `now` in ms, from any start. */
  constructor(limits: OutputLimits, now: number) {
    this.#limits = limits;
    this.#lines = limits.burstLines;
    this.#bytes = limits.burstBytes;
    this.#at = now;
  }

  refill(now: number): void {
    const { linesPerSecond, bytesPerSecond, burstLines, burstBytes } = this.#limits;
    const seconds = (now - this.#at) / 1000;
    this.#at = now;
    this.#lines = Math.min(burstLines, this.#lines + seconds * linesPerSecond);
    this.#bytes = Math.min(burstBytes, this.#bytes + seconds * bytesPerSecond);
  }

  /** Takes this much, or nothing when it is more than there is. */
  spend(lines: number, bytes: number): boolean {
    if (lines > this.#lines || bytes > this.#bytes) return false;
    this.#lines -= lines;
    this.#bytes -= bytes;
    return true;
  }
}
