import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { handleOf, withInstance } from '../support/instance.ts';
import { inThreadsAndProcesses } from '../support/isolations.ts';

const test = inThreadsAndProcesses(suite('controls in a replica'));

test(
  'traffic that cannot even be sent to the instance is refused like traffic that makes no sense',
  withInstance(
    async (client) => {
      const caller = await handleOf(client, 'caller', async () => {
        const client = await serve.connect();
        const policy = { caller: () => 1 } as unknown as Record<string, number>;
        return client.setTraffic('caller', policy).then(
          () => 'accepted',
          (error) => error.code ?? error.name,
        );
      });
      assert.is(await caller.remote(), 'INVALID_ARGUMENT');
    },
    { http: null },
  ),
);

test.run();
