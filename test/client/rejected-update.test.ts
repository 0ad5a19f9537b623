import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, withInstance } from '../support/instance.ts';

const test = suite('a rejected update');

/** Constructed by one replica alone; a query `wait` ends when another says `open`. */
class Once {
  #open: (() => void)[] = [];
  constructor(constructions: Int32Array) {
    if (Atomics.add(constructions, 0, 1) > 0) throw new RangeError('once is enough');
  }
  call(request: serve.ServeRequest): unknown {
    if (request.data === 'wait') return new Promise((resolve) => this.#open.push(() => resolve('waited')));
    if (request.data === 'open') for (const open of this.#open.splice(0)) open();
    return request.data;
  }
}

test(
  'of limits leaves the old ones in force in the routers, too',
  withInstance(async (client) => {
    const constructions = new Int32Array(new SharedArrayBuffer(4));
    const handle = await handleOf(client, 'once', Once, { initArgs: [constructions] });
    const before = await client.getBackendConfig('once');
    const waiting = handle.remote('wait');
    await fails(
      client.updateBackendConfig('once', { numReplicas: 2, maxConcurrentQueries: 1, maxQueuedQueries: 0 }),
      'BACKEND_START_FAILED',
      'once is enough',
    );
    assert.ok(Atomics.load(constructions, 0) > 1, 'a second one was tried');
    assert.is(await handle.remote('beside it'), 'beside it');
    assert.equal(await client.getBackendConfig('once'), before);
    assert.equal((await client.status()).backends.once?.replicas, { target: 1, running: 1, pending: [] });
    assert.is(await handle.remote('open'), 'open');
    assert.is(await waiting, 'waited');
  }),
);

test.run();
