/** Words between a test and the replicas' threads, so that neither has to guess when the other is where it should be. */
import { randomUUID } from 'node:crypto';
import { BroadcastChannel } from 'node:worker_threads';

/** A channel of one test. Fixtures open it by `name`; what they post is counted here by word. */
export class Signals {
  readonly name = `test-${randomUUID()}`;
  readonly #channel = new BroadcastChannel(this.name);
  readonly #counts = new Map<string, number>();
  #waiting: { readonly word: string; readonly count: number; readonly resolve: () => void }[] = [];

  constructor() {
    this.#channel.onmessage = (event: unknown) => this.#heard(String((event as MessageEvent).data));
  }

  count(word: string): number {
    return this.#counts.get(word) ?? 0;
  }

  /** Resolves when `word` has been said `count` times in all. */
  heard(word: string, count = 1): Promise<void> {
    if (this.count(word) >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ word, count, resolve }));
  }

  say(word: string): void {
    this.#channel.postMessage(word);
  }

  close(): void {
    this.#channel.close();
  }

  #heard(word: string): void {
    this.#counts.set(word, this.count(word) + 1);
    const isMet = (one: { word: string; count: number }): boolean => this.count(one.word) >= one.count;
    const met = this.#waiting.filter(isMet);
    this.#waiting = this.#waiting.filter((one) => !isMet(one));
    for (const { resolve } of met) resolve();
  }
}
