/**
 * Row 78, of a whole instance: a full disk refuses changes, serving goes on, and nothing is lost. (Disks that fail, are
 * slow or may not be written: test/store/disk-faults.test.ts.)
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mounting, mountNeeded } from '../store/mount.ts';
import { Detached } from '../support/detached.ts';
import { codeOf, failureOf } from '../support/instance.ts';
import { requireOrSkip } from '../support/require.ts';

const test = suite('an instance on a full disk');

/** To the last byte. */
function fill(place: string): void {
  const filler = join(place, 'filler');
  for (let size = 2 ** 20; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) writeFileSync(filler, Buffer.alloc(size), { flag: 'a' });
    } catch (error) {
      assert.is((error as NodeJS.ErrnoException).code, 'ENOSPC');
    }
  }
}

const empty = (place: string): void => rmSync(join(place, 'filler'));

/** Changes of every kind. */
async function requireRefused(client: serve.Client): Promise<void> {
  const before = await client.describe();
  const changes = [
    () => client.createBackend('large', new Function(`return '${'x'.repeat(200_000)}'`) as () => string),
    () => client.updateBackend('v1', () => 'other'),
    () => client.updateBackendConfig('v1', { numReplicas: 2 }),
    () => client.createEndpoint('other', { backend: 'v1', route: '/other' }),
    () => client.setTraffic('model', { v1: 0.5, v2: 0.5 }),
    () => client.deleteEndpoint('model'),
    () => client.rollback(1),
  ];
  for (const change of changes) {
    const refusal = await failureOf(change());
    assert.is(codeOf(refusal), 'STORE_FULL', `${change}: ${refusal}`);
  }
  assert.equal(await client.describe(), before);
}

requireOrSkip(
  test,
  'refuses changes and serves on, and all is well when there is room again',
  mountNeeded(),
  mounting(['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs'], async (place) => {
    const before = process.env.XDG_STATE_HOME;
    process.env.XDG_STATE_HOME = place;
    const instance = new Detached('full');
    try {
      const client = await instance.start({ http: { port: 0 } });
      await client.createBackend('v1', () => 'v1');
      await client.createBackend('v2', () => 'v2');
      await client.createEndpoint('model', { backend: 'v1', route: '/model' });
      const answer = async () => (await fetch(`${client.http?.url}/model`)).text();
      fill(place);
      await requireRefused(client);
      assert.is(await answer(), 'v1');
      empty(place);
      await client.setTraffic('model', { v2: 1 });
      assert.is(await answer(), 'v2');

      fill(place);
      const { pid } = (await client.status()).instance;
      await requireRefused(client);
      empty(place);
      await instance.kill(pid);
      const again = await instance.connectAgain(pid);
      assert.is(await answer(), 'v2');
      assert.is((await again.history()).at(-1)?.operation, 'set-traffic');
    } finally {
      await instance.end();
      if (before === undefined) delete process.env.XDG_STATE_HOME;
      else process.env.XDG_STATE_HOME = before;
    }
  }),
);

test.run();
