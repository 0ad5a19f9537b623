/** servelab's replicas. */
import * as serve from 'servelab';
import { beSubject } from '../subject.ts';
import { startThreads } from '../threads.ts';

const client = await serve.start({ http: { port: 0 } });
let backends = 0;

const start = (numReplicas: number): Promise<void> =>
  client.createBackend(`backend-${backends++}`, () => ({ hello: 'world' }), { config: { numReplicas } });

beSubject(null, startThreads(start));
