/** Control calls, one at a time, of an instance in this process or in another. It has ten backends and ten endpoints. */
import * as serve from 'servelab';
import type { Sample } from '../scenario.ts';
import { beSubject } from '../subject.ts';

const TAGS = Array.from({ length: 10 }, (_, index) => `backend-${index}`);
const host = process.argv[2] === 'process' ? 'process' : 'inline';
const client = await serve.start({ http: null, host });
for (const tag of TAGS) {
  await client.createBackend(tag, () => tag, { config: { numReplicas: 0 } });
  await client.createEndpoint(tag, { backend: tag });
}

beSubject(null, {
  setTraffic: rateOf((n) =>
    client.setTraffic('backend-0', { 'backend-0': (n % 100) / 100, 'backend-1': 1 - (n % 100) / 100 }),
  ),
  status: rateOf(() => client.status()),
});

/** Calls for so many seconds. */
function rateOf(call: (n: number) => Promise<unknown>): (seconds?: number) => Promise<Sample> {
  return async (seconds = 1) => {
    const startedAt = performance.now();
    const endsAt = startedAt + seconds * 1000;
    let calls = 0;
    while (performance.now() < endsAt) await call(calls++);
    return { calls, seconds: (performance.now() - startedAt) / 1000 };
  };
}
