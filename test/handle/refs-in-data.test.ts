import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, withInstance } from '../support/instance.ts';
import { inThreadsAndProcesses } from '../support/isolations.ts';
import { slowOf } from '../support/slow.ts';

const test = inThreadsAndProcesses(suite('references in data'));

test(
  'references in data are resolved first: alone, in arrays, objects, maps, sets, deep, and in the arguments',
  withInstance(async (client) => {
    const { handle } = await slowOf(client);
    const ref = (value: unknown) => handle.remote(value);
    assert.is(await handle.remote(ref(1)), 1);
    assert.equal(await handle.remote([ref(1), 2, [ref(3)]]), [1, 2, [3]]);
    assert.equal(await handle.remote({ a: ref(1), b: { c: [ref({ d: 2 })] } }), { a: 1, b: { c: [{ d: 2 }] } });
    assert.equal(
      await handle.remote(
        new Map([
          ['a', ref(1)],
          ['b', ref(2)],
        ]),
      ),
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    );
    assert.equal(await handle.remote(new Set([ref(1), 2])), new Set([1, 2]));
    const shared = ref('s');
    assert.equal(await handle.remote([shared, shared]), ['s', 's']);
    assert.equal(await handle.remote(ref(ref(1))), 1);
    const params = await handleOf(client, 'params', (request) => request.queryParams.get('n'));
    assert.is(await params.remote(null, { n: ref(5) }), 5);
  }),
);

test(
  'the failure of a reference in data is the failure of the call; cancelling meanwhile sends nothing',
  withInstance(async (client) => {
    const { handle, finish } = await slowOf(client);
    await fails(handle.remote({ a: [handle.remote('fail')] }), 'BACKEND_ERROR', 'no such word');
    const counter = await handleOf(
      client,
      'counter',
      class {
        count = 0;
        call(): number {
          return ++this.count;
        }
      },
    );
    const inner = handle.remote('wait i');
    const outer = counter.remote(inner);
    outer.cancel();
    await fails(outer, 'CANCELLED');
    await finish('i');
    assert.is(await inner, 'i');
    assert.is(await counter.remote(), 1);
  }),
);

test.run();
