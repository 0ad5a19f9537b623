/** Calls of a function that uses what is around it. The argument: how it reaches its replica. */
import * as serve from 'servelab';
import { beSubject } from '../subject.ts';
import { callFor } from '../work.ts';
import { makeSum } from './capturing.ts';

const targets = { shipped: makeSum(), imported: serve.imported('./capturing.js', 'sum') };
const target = targets[process.argv[2] as keyof typeof targets];

const client = await serve.start({ http: { location: 'NoServer' } });
await client.createBackend('sum', target);
await client.createEndpoint('sum', { backend: 'sum' });
const handle = await client.getHandle('sum');

beSubject(null, { call: (inFlight, seconds) => callFor(seconds, inFlight, (n) => handle.remote({ n })) });
