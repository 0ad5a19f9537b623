/** Those who wait in the instance for something to happen. They keep no process alive. */
export class Waiters {
  readonly #wakes = new Set<() => void>();

  wake(): void {
    for (const wake of this.#wakes) wake();
  }

  /** Resolves at the next `wake`, when `gone` is aborted, or after `withinMs` if that is given. */
  async next(gone: AbortSignal | null, withinMs?: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    const timer = withinMs === undefined ? undefined : setTimeout(wake, withinMs).unref();
    this.#wakes.add(wake);
    gone?.addEventListener('abort', wake);
    await promise;
    this.#wakes.delete(wake);
    gone?.removeEventListener('abort', wake);
    clearTimeout(timer);
  }
}
