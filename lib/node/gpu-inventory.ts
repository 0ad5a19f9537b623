/** The GPUs that may be given out: those declared, or those the machine has and the environment leaves visible. */
import { describeValue } from '../domain/given-value.ts';
import type { DeclaredGpu, DeclaredResources } from '../domain/resources.ts';
import { ServeError } from '../errors.ts';
import type { FoundGpu, GpuReport } from './gpu-report.ts';
import { GpuWatch } from './gpu-watch.ts';
import { visibleIndices } from './visible-devices.ts';

export interface Gpu extends FoundGpu {
  /** Of this GPU, whatever index it has after others have gone or come. */
  readonly key: string;
}

export interface GpuInventoryParts {
  readonly declared: DeclaredResources['gpus'];
  /** The instance's own CUDA_VISIBLE_DEVICES. */
  readonly visible: string | undefined;
  look(): Promise<GpuReport>;
  /** A GPU came or went, or its figures moved. */
  changed(): void;
  readonly now: () => number;
}

/** What is decided by, or shown, may be so old, in ms. */
const FRESH_MS = 2000;
/** `settled` waits for the first report until so long after the opening, and for a later one so long, in ms. */
const FIRST_PATIENCE_MS = 2000;
const PATIENCE_MS = 500;

export class GpuInventory {
  readonly #parts: GpuInventoryParts;
  readonly #watch: GpuWatch;
  /** Every GPU ever offered, as it was last seen. */
  readonly #known = new Map<string, Gpu>();
  /** Null: those found. */
  #declared: readonly DeclaredGpu[] | null = null;
  #offered: readonly Gpu[] = [];
  #openedAt = 0;
  #hasLooked = false;
  #areFound = false;

  constructor(parts: GpuInventoryParts) {
    this.#parts = parts;
    this.#watch = new GpuWatch({ look: parts.look, looked: () => this.#looked(), now: parts.now });
  }

  /** Rejects INVALID_ARGUMENT when more GPUs are declared than the environment leaves visible. */
  async open(): Promise<void> {
    const { declared, visible } = this.#parts;
    this.#openedAt = this.#parts.now();
    if (typeof declared === 'number') {
      // Names may be UUIDs, which only the machine can tell.
      if (visible !== undefined && declared > 0) await this.#watch.fresh(FRESH_MS);
      this.#declared = declareCount(declared, visible, this.#watch.report.gpus);
    } else this.#declared = declared;
    this.#offer();
    if (!this.#isEmptyByDeclaration) this.#watch.start();
  }

  stop(): void {
    this.#watch.stop();
  }

  /** By index: those that may be given out. */
  get offered(): readonly Gpu[] {
    return this.#offered;
  }

  /** A GPU that was offered once, as it was last seen. */
  find(key: string): Gpu | undefined {
    return this.#known.get(key);
  }

  /** Whether nvidia-smi has found any, so that indices are those of the PCI bus. */
  get areFound(): boolean {
    return this.#areFound;
  }

  /** Why there are no more than these; null = nothing to say. */
  get note(): string | null {
    const { visible } = this.#parts;
    if (this.#declared) return null;
    const { gpus, trouble } = this.#watch.report;
    const gone = [...this.#known.values()].filter(({ key }) => !this.#offered.some((gpu) => gpu.key === key));
    const notes = [
      ...(gone.length > 0 ? [`GPU ${gone.map(({ index }) => index).join(', ')} no longer found`] : []),
      ...(trouble !== null ? [trouble] : []),
      ...(visible !== undefined && this.#offered.length < gpus.length
        ? [`CUDA_VISIBLE_DEVICES is ${describeValue(visible)}`]
        : []),
    ];
    return notes.length === 0 ? null : notes.join('; ');
  }

  /** Resolves when it is known what there is to give out. Never rejects. */
  async fresh(): Promise<void> {
    if (!this.#declared) await this.#watch.fresh(FRESH_MS);
  }

  /** Looks again if that is due, and waits for it a little: long enough for a machine in order. Never rejects. */
  async settled(): Promise<void> {
    if (this.#isEmptyByDeclaration) return;
    const look = this.#watch.fresh(FRESH_MS);
    const patienceMs = this.#patienceMs;
    if (patienceMs <= 0) return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, patienceMs);
    await Promise.race([look, late]);
    clearTimeout(timer);
  }

  /** Looks every two seconds until the function returned is called. */
  attend(): () => void {
    return this.#isEmptyByDeclaration ? () => {} : this.#watch.attend();
  }

  get #patienceMs(): number {
    if (!this.#hasLooked) return this.#openedAt + FIRST_PATIENCE_MS - this.#parts.now();
    return this.#watch.report.trouble === null ? PATIENCE_MS : 0;
  }

  get #isEmptyByDeclaration(): boolean {
    return this.#declared?.length === 0;
  }

  #looked(): void {
    this.#hasLooked = true;
    if (this.#watch.report.gpus.length > 0) this.#areFound = true;
    if (this.#offer()) this.#parts.changed();
  }

  /** Whether anything is other than before. */
  #offer(): boolean {
    const before = JSON.stringify([this.#offered, this.note]);
    this.#offered = this.#present();
    for (const gpu of this.#offered) this.#known.set(gpu.key, gpu);
    return JSON.stringify([this.#offered, this.note]) !== before;
  }

  #present(): readonly Gpu[] {
    const { gpus } = this.#watch.report;
    if (this.#declared) {
      const declared = this.#declared.map((gpu) => ({ ...gpus.find(({ index }) => index === gpu.index), ...gpu }));
      return declared.map((gpu) => ({ ...gpu, key: `GPU ${gpu.index}` })).sort((a, b) => a.index - b.index);
    }
    const visible = visibleIndices(this.#parts.visible, gpus);
    return gpus
      .filter(({ index }) => visible === null || visible.includes(index))
      .map((gpu) => ({ ...gpu, key: gpu.uuid ?? `GPU ${gpu.index}` }));
  }
}

/** The first of those visible; without CUDA_VISIBLE_DEVICES from 0. Source: Ray, which refuses more than are visible. */
function declareCount(count: number, visible: string | undefined, found: readonly FoundGpu[]): readonly DeclaredGpu[] {
  const indices = visibleIndices(visible, found) ?? Array.from({ length: count }, (_, index) => index);
  if (indices.length >= count) return indices.slice(0, count).map((index) => ({ index }));
  throw new ServeError(
    'INVALID_ARGUMENT',
    `resources.gpus is ${count}, but CUDA_VISIBLE_DEVICES, ${describeValue(visible)}, leaves ${indices.length} to use; ` +
      'ask for fewer, list them as [{ index }, …], or unset CUDA_VISIBLE_DEVICES',
  );
}
