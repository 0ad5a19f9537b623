/** Rows 22 and 23, and batching as such. */
import * as fc from 'fast-check';
import type * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { CELL, openGate, read } from '../fixtures/faults/board.ts';
import { failureOf, faulty, type Rig, until, withRig } from '../fixtures/faults/rig.ts';
import { isolationSuite } from '../support/isolations.ts';

const test = isolationSuite('a batch');

interface Answer {
  readonly id: string;
  readonly size: number;
}

async function serveBatches(rig: Rig, config: Partial<serve.BackendConfig>): Promise<serve.Handle> {
  await rig.createBackend('b', faulty('Batched', rig.board), { config });
  await rig.client.createEndpoint('b', { backend: 'b' });
  return rig.client.getHandle('b');
}

test(
  'of the wrong length shifts no answer: each member fails, saying both lengths',
  withRig(async (rig) => {
    const handle = await serveBatches(rig, { maxBatchSize: 32 });
    let wrong = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 14 }), async (size, returned) => {
        const items = Array.from({ length: size }, (_, i) => ({
          id: `${i}`,
          ...(i === 0 && { fault: `${returned}` }),
        }));
        const settled = await Promise.allSettled(items.map((item) => handle.remote(item)));
        if (size === returned) {
          const answers = settled.map((one) => (one as PromiseFulfilledResult<Answer>).value);
          assert.equal(
            answers,
            items.map(({ id }) => ({ id, size })),
          );
          return;
        }
        wrong++;
        for (const one of settled) {
          const { code, message } = (one as PromiseRejectedResult).reason as serve.ServeError;
          assert.is(code, 'BATCH_RESULT_INVALID');
          assert.match(message, `got a batch of ${size} and returned an array of ${returned};`);
        }
      }),
      { numRuns: 150 },
    );
    assert.ok(wrong > 50, `${wrong} were wrong`);
    assert.ok(read(rig.board, CELL.fired) >= wrong);
  }),
);

for (const [fault, found] of [
  ['string', 'a string'],
  ['set', 'an object of Set'],
  ['object', 'an object of Object'],
  ['iterator', 'an object of'],
  ['null', 'null'],
  ['undefined', 'undefined'],
] as const) {
  test(
    `that returns ${found} (${fault}) is no list of results`,
    withRig(async (rig) => {
      const handle = await serveBatches(rig, { maxBatchSize: 4 });
      const refs = Array.from({ length: 4 }, (_, i) => handle.remote({ id: `${i}`, fault }));
      for (const ref of refs) {
        const { code, message } = await failureOf(ref);
        assert.is(code, 'BATCH_RESULT_INVALID');
        assert.match(message, `returned ${found}`);
      }
      assert.is(read(rig.board, CELL.fired), 1);
    }),
  );
}

test(
  'with an Error, or what cannot be sent, as an element fails that member alone',
  withRig(async (rig) => {
    const handle = await serveBatches(rig, { maxBatchSize: 8 });
    for (const [fault, code] of [
      ['element', 'BACKEND_ERROR'],
      ['unsendable', 'NOT_SERIALIZABLE'],
    ] as const) {
      const items = Array.from({ length: 8 }, (_, i) => ({ id: `${i}`, ...(i % 3 === 1 && { fault }) }));
      const settled = await Promise.allSettled(items.map((item) => handle.remote(item)));
      for (const [i, one] of settled.entries()) {
        if (i % 3 !== 1) assert.equal((one as PromiseFulfilledResult<Answer>).value, { id: `${i}`, size: 8 });
        else assert.is(((one as PromiseRejectedResult).reason as serve.ServeError).code, code);
      }
    }
    assert.is(read(rig.board, CELL.fired), 2);
  }),
);

test(
  "that throws fails every member with the user's error; the next batch is well",
  withRig(async (rig) => {
    const handle = await serveBatches(rig, { maxBatchSize: 8 });
    const refs = Array.from({ length: 8 }, (_, i) => handle.remote({ id: `${i}`, ...(i === 3 && { fault: 'throw' }) }));
    for (const ref of refs) {
      const failure = await failureOf(ref);
      assert.is(failure.code, 'BACKEND_ERROR');
      assert.is((failure.cause as Error).name, 'TypeError');
    }
    assert.is(read(rig.board, CELL.fired), 1);
    assert.equal(await handle.remote({ id: 'next' }), { id: 'next', size: 1 });
    assert.is((await rig.replicas('b'))[0]?.ongoing, 0);
  }),
);

test(
  'whose member is cancelled while it waits goes without it, and takes another in its place',
  withRig(async (rig) => {
    const handle = await serveBatches(rig, { maxBatchSize: 8, batchWaitTimeoutMs: 60_000 });
    const refs = Array.from({ length: 7 }, (_, i) => handle.remote({ id: `${i}` }));
    await until('seven wait at the replica', async () => (await rig.replicas('b'))[0]?.queued === 7);
    refs[3]?.cancel();
    assert.is((await failureOf(refs[3] as PromiseLike<unknown>)).code, 'CANCELLED');
    await until('six wait', async () => (await rig.replicas('b'))[0]?.queued === 6);
    const seventh = handle.remote({ id: '7' });
    await until('seven wait again: it has not run short', async () => (await rig.replicas('b'))[0]?.queued === 7);
    assert.is(read(rig.board, CELL.started), 0);
    const eighth = handle.remote({ id: '8' });
    const others = [...refs.filter((_, i) => i !== 3), seventh, eighth];
    const answers = (await Promise.all(others)) as Answer[];
    assert.equal(
      answers.map(({ id, size }) => [id, size]),
      ['0', '1', '2', '4', '5', '6', '7', '8'].map((id) => [id, 8]),
    );
    assert.is(read(rig.board, CELL.started), 1, 'one batch');
  }),
);

test(
  'whose member is cancelled while it runs: the others get their answers',
  withRig(async (rig) => {
    const handle = await serveBatches(rig, { maxBatchSize: 8 });
    const refs = Array.from({ length: 8 }, (_, i) => handle.remote({ id: `${i}`, fault: 'wait' }));
    await until('it runs', () => read(rig.board, CELL.started) === 1);
    refs[5]?.cancel();
    await until('its place is free', async () => (await rig.replicas('b'))[0]?.ongoing === 7);
    openGate(rig.board);
    for (const [i, ref] of refs.entries()) {
      if (i === 5) assert.is((await failureOf(ref)).code, 'CANCELLED');
      else assert.equal(await ref, { id: `${i}`, size: 8 });
    }
  }),
);

test(
  'is never larger than maxBatchSize, and each member gets its own answer, whatever comes together',
  withRig(async (rig) => {
    const handle = await serveBatches(rig, { maxBatchSize: 1 });
    let largest = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 16 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
        async (maxBatchSize, bursts) => {
          await rig.client.updateBackendConfig('b', { maxBatchSize });
          for (const [b, burst] of bursts.entries()) {
            const ids = Array.from({ length: burst }, (_, i) => `${b}-${i}`);
            const answers = (await Promise.all(ids.map((id) => handle.remote({ id })))) as Answer[];
            assert.equal(
              answers.map(({ id }) => id),
              ids,
            );
            for (const { size } of answers) {
              assert.ok(size <= maxBatchSize, `a batch of ${size} of at most ${maxBatchSize}`);
              largest = Math.max(largest, size);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
    assert.ok(largest > 8, `the largest batch was ${largest}`);
  }),
);

test(
  'waits for batchWaitTimeoutMs from its first member, however many come after it',
  withRig(async (rig) => {
    const batchWaitTimeoutMs = 400;
    const handle = await serveBatches(rig, { maxBatchSize: 1_000, batchWaitTimeoutMs });
    const began = performance.now();
    const refs: PromiseLike<unknown>[] = [handle.remote({ id: 'first' })];
    let isRunning = false;
    void refs[0]?.then(() => {
      isRunning = true;
    });
    // One more every few ms: a wait that began anew with each would never end.
    await until('the batch has run', () => {
      if (!isRunning) refs.push(handle.remote({ id: `${refs.length}` }));
      return isRunning;
    });
    const took = performance.now() - began;
    assert.ok(took >= batchWaitTimeoutMs, `ran after ${took} ms`);
    const { size } = (await refs[0]) as Answer;
    assert.ok(size > 5, `${size} came along`);
    await Promise.all(refs);
  }),
);

test(
  'is of one method: named ones are grouped by name, and typed arrays are results',
  withRig(async (rig) => {
    const handle = await serveBatches(rig, { maxBatchSize: 32, batchWaitTimeoutMs: 300 });
    const named = handle.options({ methodName: 'named' });
    const numbers = handle.options({ methodName: 'numbers' });
    const ids = Array.from({ length: 18 }, (_, i) => i);
    const answers = await Promise.all(
      ids.map((i) => (i % 3 === 0 ? handle : i % 3 === 1 ? named : numbers).remote({ id: `${i}` })),
    );
    assert.equal(
      answers,
      ids.map((i) => (i % 3 === 2 ? i : { id: i % 3 === 1 ? `named ${i}` : `${i}`, size: 6 })),
    );
  }),
);

test.run();
