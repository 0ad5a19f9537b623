import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when `work` does, after so long, or when `ending` is aborted; rejects as `work` does. Leaves no timer. */
export async function noLongerThan(ms: number, work: Promise<unknown>, ending?: AbortSignal): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, ...(ending ? [ending] : [])]);
  const late = sleep(ms, undefined, { ref: false, signal }).catch(() => {}); // told to end
  try {
    await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}
