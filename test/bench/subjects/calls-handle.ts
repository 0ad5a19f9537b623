/** Calls by a servelab handle, answered by one replica: in a thread of this process, or in a process of its own. */
import * as serve from 'servelab';
import { beSubject } from '../subject.ts';
import { callFor } from '../work.ts';

const [where = 'thread'] = process.argv.slice(2);
const isolation = where === 'process' ? 'process' : 'thread';
const client = await serve.start({ http: null, host: where === 'remote' ? 'process' : 'inline' });
await client.createBackend('echo', (request) => ({ n: request.data.n }), { actorOptions: { isolation } });
await client.createEndpoint('echo', { backend: 'echo' });
const handle = await client.getHandle('echo');

beSubject(null, { call: (inFlight, seconds) => callFor(seconds, inFlight, (n) => handle.remote({ n })) });
