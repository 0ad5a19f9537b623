/** servelab: its proxy, and one thread replica per endpoint. */
import * as serve from 'servelab';
import { beSubject } from '../subject.ts';

const client = await serve.start({ http: { port: 0 } });
await client.createBackend('noop', () => ({ hello: 'world' }));
await client.createEndpoint('noop', { backend: 'noop', route: '/noop' });
await client.createBackend('echo', (request) => request.json());
await client.createEndpoint('echo', { backend: 'echo', route: '/echo', methods: ['POST'] });

beSubject(client.http?.url ?? null);
