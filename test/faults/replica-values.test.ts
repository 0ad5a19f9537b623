/** Rows 26 to 28 and §0.9: what goes in, and what stays with its sender. */
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { CELL, read } from '../fixtures/faults/board.ts';
import { failureOf, faulty, type Rig, withRig } from '../fixtures/faults/rig.ts';
import { isolationSuite } from '../support/isolations.ts';

const test = isolationSuite('values on their way');
const CANARY = 'canary-of-another-request';

/** Returns what ends the watch and gives the longest time the event loop stood still, in ms, from now on. */
function watchLoop(): () => number {
  let last = performance.now();
  let longest = 0;
  let next = setImmediate(turn);
  function turn(): void {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    next = setImmediate(turn);
  }
  return () => {
    clearImmediate(next);
    return longest;
  };
}

async function serveLooker(rig: Rig): Promise<void> {
  await rig.createBackend('b', faulty('Looker', rig.board));
  await rig.client.createEndpoint('b', { backend: 'b', route: '/b', methods: ['POST'] });
}

/** Puts another's bytes into Node's pool of small buffers, right before and after ours. */
function pooled(text: string): Buffer {
  Buffer.from(CANARY);
  const bytes = Buffer.from(text);
  Buffer.from(CANARY);
  assert.ok(bytes.buffer.byteLength > bytes.byteLength, 'it is a piece of the pool');
  assert.ok(Buffer.from(bytes.buffer).includes(CANARY), 'and the pool holds the canary');
  return bytes;
}

test(
  'a small buffer brings exactly its own bytes: by handle, by HTTP, and back',
  withRig(async (rig) => {
    await serveLooker(rig);
    const handle = await rig.client.getHandle('b');
    const seen = (await handle.remote({ deep: [pooled('abc')] })) as object;
    assert.equal(seen, { byteLength: 3, backing: 3, text: 'abc', hasCanary: false });

    pooled('xyz');
    const reply = await rig.get('/b', { method: 'POST', body: pooled('abc').toString() });
    const overHttp = JSON.parse(reply.text) as { backing: number; hasCanary: boolean; text: string };
    assert.is(overHttp.text, 'abc');
    assert.is(overHttp.hasCanary, false);

    const back = (await handle.options({ methodName: 'pooled' }).remote('abc')) as Uint8Array;
    assert.is(Buffer.from(back).toString(), 'abc');
    assert.is(back.buffer.byteLength, 3, 'the replica keeps the rest of its pool, too');
    const asError = await failureOf(handle.options({ methodName: 'throwPooled' }).remote('abc'));
    const { bytes } = asError.cause as unknown as { bytes: Uint8Array };
    assert.is(bytes.buffer.byteLength, 3);
    const raw = await rig.get('/b', { method: 'POST', body: 'abc', headers: { 'X-SERVE-CALL-METHOD': 'pooled' } });
    assert.is(raw.text, 'abc');
  }),
);

test(
  'what the caller does to its data after the call changes nothing, and nothing of it is taken away',
  withRig(async (rig) => {
    await serveLooker(rig);
    const handle = (await rig.client.getHandle('b')).options({ methodName: 'echo' });
    const bytes = new Uint8Array(64 * 1024).fill(1);
    const data = { bytes, list: [1, 2, 3], nested: { name: 'before' } };
    const ref = handle.remote(data);
    bytes.fill(9);
    data.list.push(4);
    data.nested.name = 'after';
    const echoed = (await ref) as typeof data;
    assert.is(bytes.byteLength, 64 * 1024, 'the caller still has its buffer');
    assert.ok(echoed.bytes.every((byte) => byte === 1));
    assert.equal([echoed.list, echoed.nested.name], [[1, 2, 3], 'before']);
  }),
);

test(
  'a buffer that was transferred away is refused at once, by its path',
  withRig(async (rig) => {
    await serveLooker(rig);
    const handle = await rig.client.getHandle('b');
    const bytes = new Uint8Array(8);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    for (const data of [bytes, { a: [bytes] }, bytes.buffer]) {
      let thrown: unknown;
      try {
        handle.remote(data);
      } catch (error) {
        thrown = error;
      }
      assert.is((thrown as { code?: string } | undefined)?.code, 'NOT_SERIALIZABLE');
      assert.not.match((thrown as Error).message, /DataCloneError/);
    }
    assert.is(read(rig.board, CELL.started), 0);
  }),
);

test(
  'any value that can be cloned comes back as it was',
  withRig(async (rig) => {
    await serveLooker(rig);
    const handle = (await rig.client.getHandle('b')).options({ methodName: 'echo' });
    const values = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
    });
    let asked = 0;
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        asked++;
        assert.ok(isDeepStrictEqual(await handle.remote(value), structuredClone(value)));
      }),
      { numRuns: 300 },
    );
    assert.is(read(rig.board, CELL.started), asked);
  }),
);

for (const [title, make, limitMs] of [
  ['100 MB of bytes', () => new Uint8Array(100_000_000), 1_500],
  ['a million objects', () => Array.from({ length: 1e6 }, (_, i) => ({ i })), 6_000],
] as const) {
  test(
    `${title} arrive whole; other requests are served after a bounded delay`,
    withRig(async (rig) => {
      await serveLooker(rig);
      await rig.createBackend('other', () => 'served');
      await rig.client.createEndpoint('other', { backend: 'other', route: '/other' });
      const handle = (await rig.client.getHandle('b')).options({ methodName: 'size' });
      const data = make();
      const longestGapMs = watchLoop();
      const [size, other] = await Promise.all([handle.remote(data), rig.get('/other')]);
      const maxMs = longestGapMs();
      assert.is(size, data.length);
      assert.is(other.text, 'served');
      assert.ok(maxMs < limitMs, `the event loop stood still for ${maxMs} ms`);
    }),
  );
}

test.run();
