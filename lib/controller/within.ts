/** A timer that comes so much too late says that this process did not run meanwhile: stopped, blocked, or starved; in ms. */
const HELD_UP_MS = 100;

/**
 * What `work` resolves with; rejects with `late()` when it has not by then. Time for which this process was held up
 * counts once more, up to the limit: what `work` waits for may be there and not read yet.
 */
export async function within<T>(work: Promise<T>, limitMs: number, late: () => Error): Promise<T> {
  const expired = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const wait = (ms: number, ended: (lateMs: number) => void): void => {
    const dueAt = performance.now() + ms;
    timer = setTimeout(() => ended(performance.now() - dueAt), ms);
  };
  const end = (): void => expired.reject(late());
  wait(limitMs, (lateMs) => (lateMs > HELD_UP_MS ? wait(Math.min(lateMs, limitMs), end) : end()));
  try {
    return await Promise.race([work, expired.promise]);
  } finally {
    clearTimeout(timer);
  }
}
