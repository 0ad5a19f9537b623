/**
 * From being wanted, or from `kill -9`, to a replica in a process that runs. A first death each time: who keeps dying
 * is started again after pauses.
 */
import * as serve from 'servelab';
import type { Sample } from '../scenario.ts';
import { beSubject } from '../subject.ts';

const isKilled = process.argv[2] === 'killed';
const client = await serve.start({ http: null });

beSubject(null, {
  serve: async (): Promise<Sample> => {
    await client.createBackend('model', () => process.pid, { actorOptions: { isolation: 'process' } });
    const began = performance.now();
    if (isKilled) await replaceKilled();
    else await client.updateBackendConfig('model', { numReplicas: 2 });
    const ms = performance.now() - began;
    await client.deleteBackend('model');
    return { ms };
  },
});

async function replaceKilled(): Promise<void> {
  const [victim] = (await client.status()).replicas;
  if (victim !== undefined) process.kill(victim.pid, 'SIGKILL');
  for await (const { replicas } of client.watch()) {
    if (replicas.some(({ pid, state }) => state === 'RUNNING' && pid !== victim?.pid)) return;
  }
}
