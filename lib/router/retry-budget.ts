/** Most queries that may be on a second run at once: this share of those under way, and at least a few. */
const SHARE = 0.2;
const AT_LEAST = 3;
/** Runs of one query beyond the first. */
const MAX_RETRIES = 3;

/**
 * Keeps second runs from becoming a storm when many replicas die at once.
 *
 * Source: Envoy's retry budget (20 % of active requests, at least 3).
 */
export class RetryBudget {
  readonly #retrying = new Set<object>();
  #active = 0;

  began(): void {
    this.#active++;
  }

  /** False: enough is being run again already, or this query has been too often. */
  take(query: { readonly retries: number }): boolean {
    if (query.retries >= MAX_RETRIES) return false;
    if (!this.#retrying.has(query) && this.#retrying.size >= Math.max(AT_LEAST, this.#active * SHARE)) return false;
    this.#retrying.add(query);
    return true;
  }

  ended(query: object): void {
    this.#active--;
    if (this.#retrying.size > 0) this.#retrying.delete(query);
  }
}
