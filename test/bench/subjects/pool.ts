/** A pool as one would make it by hand, with as many threads as the one replica it is compared with. */
import { join } from 'node:path';
import { Piscina } from 'piscina';

export function makePool(): Piscina {
  return new Piscina({ filename: join(import.meta.dirname, 'piscina-task.js'), minThreads: 1, maxThreads: 1 });
}
