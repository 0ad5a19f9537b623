/** Piscina's workers, each in a pool of its own, as replicas are. */
import { beSubject } from '../subject.ts';
import { startThreads } from '../threads.ts';
import { makePool } from './pool.ts';

const pools: ReturnType<typeof makePool>[] = [];

async function start(): Promise<void> {
  const pool = makePool();
  pools.push(pool);
  await pool.run(null);
}

beSubject(
  null,
  startThreads((count) => Promise.all(Array.from({ length: count }, start))),
);
