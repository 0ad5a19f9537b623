/** The last minute of an instance's metrics, as long as somebody looks at them now and then. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../../lib/index.ts';
import { readPrometheus, type Series } from './prometheus-text.ts';

export interface Sample {
  /** On the clock of `performance.now()`. */
  readonly atMs: number;
  readonly series: readonly Series[];
}

const PERIOD_MS = 2000;
const KEPT = 31;
/** The instance asks all its replicas for each, so nobody's samples are not taken. */
const IDLE_MS = 5 * 60_000;
/** Two that are nearer to one another make no rate. */
const LEAST_MS = 500;

export class MetricSamples {
  #samples: Sample[] = [];
  #timer: NodeJS.Timeout | null = null;
  #lookedAtMs = 0;

  /** Oldest first, at least two; sampling goes on. Rejects with what `client.metrics` rejects with, and AbortError. */
  async look(client: Client, signal: AbortSignal): Promise<readonly Sample[]> {
    this.#lookedAtMs = performance.now();
    if (this.#samples.length === 0) {
      await this.#take(client);
      await delay(LEAST_MS, undefined, { signal });
    }
    const newest = this.#samples.at(-1)?.atMs ?? 0;
    if (this.#samples.length < 2 || performance.now() - newest >= LEAST_MS) await this.#take(client);
    this.#timer ??= setTimeout(() => void this.#goOn(client), PERIOD_MS).unref();
    return this.#samples;
  }

  async #take(client: Client): Promise<void> {
    const { text } = await client.metrics();
    this.#samples = [...this.#samples, { atMs: performance.now(), series: readPrometheus(text) }].slice(-KEPT);
  }

  async #goOn(client: Client): Promise<void> {
    this.#timer = null;
    const isIdle = performance.now() - this.#lookedAtMs > IDLE_MS;
    const isThere =
      !isIdle &&
      (await this.#take(client).then(
        () => true,
        () => false,
      )); // who looks next is told why
    if (isThere) this.#timer ??= setTimeout(() => void this.#goOn(client), PERIOD_MS).unref();
    else this.#samples = [];
  }
}
