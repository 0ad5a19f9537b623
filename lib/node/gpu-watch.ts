/** Keeps what is known of the GPUs fresh: often while somebody attends, now and then otherwise. */
import type { GpuReport } from './gpu-report.ts';

export interface GpuWatchParts {
  look(): Promise<GpuReport>;
  /** After each look. */
  looked(): void;
  /** Monotonic, in ms. */
  readonly now: () => number;
}

/** Between two looks while somebody attends, in ms. */
export const ATTENDED_PERIOD_MS = 2000;
/** Between two looks otherwise, in ms: each wakes the driver up. */
const SLOW_PERIOD_MS = 60_000;
/** Longer than any look takes: what keeps the process open while one is awaited, in ms. */
const HOLD_MS = 3_600_000;

export class GpuWatch {
  readonly #parts: GpuWatchParts;
  #report: GpuReport = { gpus: [], trouble: 'nvidia-smi has not answered yet' };
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | null = null;
  #numAttending = 0;
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;
  readonly #stop = Promise.withResolvers<void>();

  constructor(parts: GpuWatchParts) {
    this.#parts = parts;
  }

  /** The last one. */
  get report(): GpuReport {
    return this.#report;
  }

  /** Takes the first look, and others from then on. Nobody waits for it. */
  start(): void {
    void this.#look();
  }

  /**
   * Resolves when the report is no older than `maxAgeMs`, or as new as a look under way makes it; at once when this is
   * stopped. Never rejects.
   */
  async fresh(maxAgeMs: number): Promise<void> {
    if (this.#isStopped || this.#parts.now() - this.#lookedAt <= maxAgeMs) return;
    const hold = setInterval(() => {}, HOLD_MS);
    await Promise.race([this.#look(), this.#stop.promise]);
    clearInterval(hold);
  }

  /** Looks often until the function returned is called, for the first time. */
  attend(): () => void {
    this.#numAttending++;
    if (this.#numAttending === 1) this.#schedule();
    let isAttending = true;
    return () => {
      if (!isAttending) return;
      isAttending = false;
      this.#numAttending--;
    };
  }

  stop(): void {
    this.#isStopped = true;
    this.#stop.resolve();
    if (this.#timer) clearTimeout(this.#timer);
  }

  #look(): Promise<void> {
    this.#looking ??= this.#parts.look().then((report) => {
      this.#looking = null;
      this.#report = report;
      this.#lookedAt = this.#parts.now();
      this.#schedule();
      if (!this.#isStopped) this.#parts.looked();
    });
    return this.#looking;
  }

  /** Keeps no process open. */
  #schedule(): void {
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#isStopped) return;
    const periodMs = this.#numAttending > 0 ? ATTENDED_PERIOD_MS : SLOW_PERIOD_MS;
    const inMs = Math.max(0, this.#lookedAt + periodMs - this.#parts.now());
    this.#timer = setTimeout(() => void this.#look(), Number.isFinite(inMs) ? inMs : 0);
    this.#timer.unref();
  }
}
