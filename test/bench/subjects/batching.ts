/** A model that costs 5 ms and 0.1 ms per item. The argument: how many of them it takes at once. */
import * as serve from 'servelab';
import { beSubject } from '../subject.ts';

const maxBatchSize = Number(process.argv[2]);

const model = serve.acceptBatch((requests: readonly serve.ServeRequest[]) => {
  const endsAt = performance.now() + 5 + 0.1 * requests.length;
  while (performance.now() < endsAt);
  return requests.map(() => ({ hello: 'world' }));
});

const client = await serve.start({ http: { port: 0 } });
await client.createBackend('model', model, { config: { maxBatchSize } });
await client.createEndpoint('model', { backend: 'model', route: '/noop' });

beSubject(client.http?.url ?? null);
