import type { Gpu } from '../../lib/node/gpu-inventory.ts';
import type { GpuSource, NodeLedger } from '../../lib/node/ledger.ts';

/** GPUs that a test takes away and gives back; their keys are letters: a, b, c. */
export class FakeGpus implements GpuSource {
  readonly #known = new Map<string, Gpu>();
  #offered: readonly Gpu[] = [];
  note: string | null = null;
  /** How many keep an eye on them. */
  numAttending = 0;
  numAsked = 0;
  /** Told of every change. */
  ledger: NodeLedger | null = null;
  /** What `fresh` waits for. */
  until: Promise<void> = Promise.resolve();

  constructor(count: number) {
    this.become('abcdefgh'.slice(0, count));
  }

  get offered(): readonly Gpu[] {
    return this.#offered;
  }

  find(key: string): Gpu | undefined {
    return this.#known.get(key);
  }

  /** These are there from now on, counted in this order. */
  become(keys: string): void {
    this.#offered = [...keys].map((key, index) => ({ key, index, uuid: `GPU-${key}` }));
    for (const gpu of this.#offered) this.#known.set(gpu.key, gpu);
    this.ledger?.review();
  }

  async fresh(): Promise<void> {
    this.numAsked++;
    await this.until;
  }

  attend(): () => void {
    this.numAttending++;
    return () => {
      this.numAttending--;
    };
  }
}
