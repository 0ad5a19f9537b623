import { MessageChannel } from 'node:worker_threads';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { canBePassedOn } from '../../lib/wire/received-value.ts';
import { pack } from '../../lib/wire/value.ts';

const test = suite('values from elsewhere');

function nested(levels: number, wrap: (value: unknown) => unknown): unknown {
  let value: unknown = null;
  for (let level = 0; level < levels; level++) value = wrap(value);
  return value;
}

const WRAPS: Readonly<Record<string, (value: unknown) => unknown>> = {
  arrays: (value) => [value],
  objects: (value) => ({ value }),
  'values of maps': (value) => new Map([['x', value]]),
  'keys of maps': (value) => new Map([[value, 'x']]),
  sets: (value) => new Set([value]),
  causes: (cause) => new Error('x', { cause }),
};

for (const [title, wrap] of Object.entries(WRAPS)) {
  test(`${title}: what passes can be posted, what is too deep does not pass`, () => {
    assert.ok(canBePassedOn(nested(1100, wrap), 10_000));
    assert.not(canBePassedOn(nested(1102, wrap), 10_000));
    const { port1 } = new MessageChannel();
    port1.postMessage(nested(1100, wrap));
    port1.close();
  });
}

test('whatever a client may send passes', () => {
  fc.assert(
    fc.property(fc.anything({ withDate: true, withMap: true, withSet: true, withTypedArray: true }), (value) => {
      assert.ok(canBePassedOn(pack(value).value, 100));
    }),
  );
  const cyclic: Record<string, unknown> = {};
  cyclic.self = { cyclic, list: [cyclic] };
  assert.ok(canBePassedOn(cyclic, 100));
  assert.ok(canBePassedOn(Object.assign([], { length: 1_000_000 }), 100));
});

test('an array of holes that its message could never have held does not pass', () => {
  assert.not(canBePassedOn(Object.assign([], { length: 1_000_001 }), 100));
  assert.not(canBePassedOn({ a: [Object.assign([], { length: 2 ** 32 - 1 })] }, 100));
  assert.ok(canBePassedOn(Object.assign([], { length: 1_000_001 }), 1_000_001));
});

test.run();
