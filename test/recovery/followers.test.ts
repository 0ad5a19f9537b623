/** Who follows a detached instance's events goes on in the one that takes its place. */
import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withDetached } from '../support/detached.ts';

const test = suite('followers of events');

const noReplicas = { config: { numReplicas: 0 } };

test(
  'a follower hears of the next life from its beginning',
  withDetached(async (instance) => {
    const client = await instance.start({ http: null });
    const follower = client.events({ count: 1, follow: true });
    await client.createBackend('before', () => 1, noReplicas);
    const upTo = async (isLast: (event: serve.ServeEvent) => boolean): Promise<serve.ServeEvent[]> => {
      const heard: serve.ServeEvent[] = [];
      for (;;) {
        const { value } = await follower.next();
        heard.push(value);
        if (isLast(value)) return heard;
      }
    };
    await upTo((event) => event.type === 'backend.created' && event.backend === 'before');
    const { pid } = (await client.status()).instance;
    const next = upTo((event) => event.type === 'backend.created' && event.backend === 'after');
    await instance.kill(pid);
    const later = await instance.connectAgain(pid);
    await later.createBackend('after', () => 1, noReplicas);
    const [first] = await next;
    assert.is(first?.type, 'instance.started');
    assert.is.not(first?.type === 'instance.started' ? first.pid : pid, pid);
    await follower.return?.();
  }),
);

test.run();
