/** servelab with so many endpoints and so many replicas, ten to a backend; only `noop` and `ten` are called. */
import * as serve from 'servelab';
import { beSubject } from '../subject.ts';

const PER_BACKEND = 10;
const [endpoints = 1, replicas = 1] = process.argv.slice(2).map(Number);

const client = await serve.start({ http: { port: 0 } });
const greet = (): { hello: string } => ({ hello: 'world' });

await client.createBackend('noop', greet);
await client.createEndpoint('noop', { backend: 'noop', route: '/noop' });
const backends = ['noop'];
for (let started = 1; started < replicas; started += PER_BACKEND) {
  const tag = `backend-${backends.length}`;
  await client.createBackend(tag, greet, { config: { numReplicas: Math.min(PER_BACKEND, replicas - started) } });
  backends.push(tag);
}
if (replicas > PER_BACKEND) await client.createEndpoint('ten', { backend: 'backend-1', route: '/ten' });
for (let index = 2; index < endpoints; index++) {
  const backend = backends[index % backends.length] ?? 'noop';
  await client.createEndpoint(`endpoint-${index}`, { backend, route: `/routes/${index}/{id:int}` });
}

beSubject(client.http?.url ?? null);
