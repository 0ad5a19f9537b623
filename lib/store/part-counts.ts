/** How many kept revisions need each blob, so that one is dropped with the last of them. */
export class PartCounts {
  /** By hash; 0 = it is stored, and no revision has it. */
  readonly #counts = new Map<string, number>();

  /** True for a blob that a kept revision has. */
  has(hash: string): boolean {
    return (this.#counts.get(hash) ?? 0) > 0;
  }

  /** It is stored, and perhaps no revision will ever have it. */
  stored(hash: string): void {
    if (!this.#counts.has(hash)) this.#counts.set(hash, 0);
  }

  add(hashes: readonly string[]): void {
    for (const hash of hashes) this.#counts.set(hash, (this.#counts.get(hash) ?? 0) + 1);
  }

  remove(hashes: readonly string[]): void {
    for (const hash of hashes) this.#counts.set(hash, (this.#counts.get(hash) ?? 1) - 1);
  }

  /** The hashes of what is stored in vain. */
  unused(): string[] {
    return [...this.#counts].filter(([, count]) => count === 0).map(([hash]) => hash);
  }

  dropped(hash: string): void {
    this.#counts.delete(hash);
  }
}
