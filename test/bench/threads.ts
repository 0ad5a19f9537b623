/** Measures what threads cost, for the subjects that start some. */
import type { Commands } from './subject.ts';

const MIB = 1024 * 1024;

/** `start` resolves when so many threads can be sent work. */
export function startThreads(start: (count: number) => Promise<unknown>): Commands {
  return {
    start: async (count = 1) => {
      const before = process.memoryUsage.rss();
      const startedAt = performance.now();
      await start(count);
      const ms = performance.now() - startedAt;
      const after = process.memoryUsage.rss();
      return { ms, processMiB: after / MIB, threadMiB: (after - before) / MIB / count };
    },
  };
}
