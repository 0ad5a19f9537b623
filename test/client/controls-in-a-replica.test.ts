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

test(
  'code in a replica sees the queries of the instance, and follows them',
  withInstance(
    async (client) => {
      await handleOf(client, 'echo', (request) => request.data);
      const caller = await handleOf(client, 'caller', async () => {
        const own = await serve.connect();
        const before = await own.traces({ endpoint: 'echo' });
        const met: (string | null)[] = [];
        for await (const { replica } of own.traces({ endpoint: 'caller', follow: true })) {
          met.push(replica);
          if (met.length === 2) break;
        }
        const refused = await own.traces({ endpoint: 'none' }).catch((error) => error.code);
        return { before: before.map(({ outcome }) => outcome), met, refused };
      });
      await (await client.getHandle('echo')).remote(1);
      const cancelled = [caller.remote(), caller.remote()];
      const watching = caller.remote();
      for (const ref of cancelled) {
        ref.cancel();
        await ref.then(null, () => {});
      }
      assert.equal(await watching, { before: ['ok'], met: ['caller#1', 'caller#1'], refused: 'ENDPOINT_NOT_FOUND' });
    },
    { http: null },
  ),
);

test.run();
