import { Interrupted } from '../evaluate/evaluator.ts';

/** How long a command that is interrupted may take to end in order, with what it has, in ms. */
const GRACE_MS = 500;

/** What does not end by itself waits for the instance, which takes nothing back. */
const GOES_ON = 'interrupted; what the instance was asked for goes on';

/** What `work` gives; rejects with Interrupted when the signal aborts and it goes on. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  const interrupt = (): void => reject(new Interrupted(GOES_ON));
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    timer = setTimeout(interrupt, GRACE_MS);
  };
  signal.addEventListener('abort', wait, { once: true });
  try {
    return await Promise.race([work(signal), interrupted]);
  } catch (error) {
    // As what waits by `signal` says it.
    if (signal.aborted && error instanceof Error && error.name === 'AbortError') throw new Interrupted('interrupted');
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', wait);
  }
}
