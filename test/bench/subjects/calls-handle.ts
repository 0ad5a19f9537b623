/** Calls by a servelab handle, answered by one thread replica of this process. */
import * as serve from 'servelab';
import { beSubject } from '../subject.ts';
import { callFor } from '../work.ts';

const client = await serve.start({ http: { location: 'NoServer' } });
await client.createBackend('echo', (request) => ({ n: request.data.n }));
await client.createEndpoint('echo', { backend: 'echo' });
const handle = await client.getHandle('echo');

beSubject(null, { call: (inFlight, seconds) => callFor(seconds, inFlight, (n) => handle.remote({ n })) });
