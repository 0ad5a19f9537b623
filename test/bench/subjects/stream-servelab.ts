/** servelab, streaming: sends as many bytes as it is asked for, counts those it is sent. */
import * as serve from 'servelab';
import { beSubject } from '../subject.ts';

async function* send(request: serve.ServeRequest): AsyncGenerator<Uint8Array> {
  const chunkBytes = 64 * 1024;
  for (let left = Number(request.queryParams.get('bytes')); left > 0; left -= chunkBytes) {
    yield new Uint8Array(Math.min(left, chunkBytes));
  }
}

async function count(request: serve.ServeRequest): Promise<{ bytes: number }> {
  let bytes = 0;
  for await (const chunk of request.stream()) bytes += chunk.byteLength;
  return { bytes };
}

const client = await serve.start({ http: { port: 0 } });
await client.createBackend('send', send);
await client.createBackend('count', count);
await client.createEndpoint('send', { backend: 'send', route: '/stream' });
await client.createEndpoint('count', { backend: 'count', route: '/count', methods: ['POST'] });

beSubject(client.http?.url ?? null);
