import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ErrorCounts } from '../../../repl/commands/load-result.ts';
import { OpenLoopState, runOpenLoop } from '../../../repl/commands/open-loop.ts';
import { Numbers, quantilesOf } from '../../../repl/commands/quantiles.ts';

const test = suite('open loop');

const never = new AbortController().signal;

const unwanted = (error: unknown): never => {
  throw error;
};

test('all are sent on time though none is answered', async () => {
  const state = new OpenLoopState();
  const all = Promise.withResolvers<void>();
  const send = async (): Promise<void> => {
    if (state.sent === 50) all.resolve();
    await all.promise; // an answer waits until the last was sent
  };
  await runOpenLoop({ rps: 1000, forMs: 50, signal: never, send }, state, unwanted);
  assert.is(state.sent, 50);
  assert.is(state.latencies.length, 50);
});

test('latencies count from when a request was to be sent, also where that was late', async () => {
  const state = new OpenLoopState();
  const send = async (): Promise<void> => {
    if (state.sent > 1) return;
    for (const end = performance.now() + 60; performance.now() < end; ); // what keeps the loop from sending
  };
  await runOpenLoop({ rps: 1000, forMs: 50, signal: never, send }, state, unwanted);
  const lateness = [...state.lateness.from(0)];
  assert.is(lateness.length, 50);
  assert.ok((lateness[1] ?? 0) >= 50, `the second was ${lateness[1]} ms late`);
  const [least = 0] = state.latencies.from(0).toSorted();
  assert.ok(least >= 5, `the last was to be sent 49 ms into the 60, and took ${least} ms`);
});

test('failures are counted by their code, thrown or rejected, and stop nothing', async () => {
  const state = new OpenLoopState();
  const errors = new ErrorCounts();
  const send = (): Promise<unknown> => {
    if (state.sent % 2 === 0) throw new TypeError('even');
    if (state.sent % 3 === 0) return Promise.reject(Object.assign(new Error('third'), { code: 'THIRD' }));
    return Promise.resolve();
  };
  await runOpenLoop({ rps: 2000, forMs: 6, signal: never, send }, state, (error) => errors.add(error));
  assert.is(state.sent, 12);
  assert.equal(errors.list, [
    { code: 'TypeError', count: 6, message: 'even' },
    { code: 'THIRD', count: 2, message: 'third' },
  ]);
  assert.is(state.latencies.length, 4);
  assert.is(state.inFlight, 0);
});

test('it ends early with what it has, and gives up what has no answer', async () => {
  const state = new OpenLoopState();
  const interrupt = new AbortController();
  let givenUp = 0;
  const send = (signal: AbortSignal): Promise<unknown> => {
    if (state.sent === 10) interrupt.abort();
    if (state.sent % 2 === 0) return Promise.resolve();
    signal.addEventListener('abort', () => givenUp++);
    return new Promise(() => {});
  };
  const given = { rps: 1000, forMs: 3_600_000, signal: interrupt.signal, send };
  await runOpenLoop(given, state, unwanted);
  assert.ok(state.sent >= 10);
  assert.is(state.unanswered, givenUp);
  assert.is(state.unanswered, Math.ceil(state.sent / 2));
});

test('quantiles are those of the values', () => {
  const values = Float64Array.from({ length: 100 }, (_, i) => 100 - i);
  assert.equal(quantilesOf(values), { minMs: 1, meanMs: 50.5, p50Ms: 50, p95Ms: 95, p99Ms: 99, maxMs: 100 });
  assert.equal(quantilesOf(Float64Array.of(7)), { minMs: 7, meanMs: 7, p50Ms: 7, p95Ms: 7, p99Ms: 7, maxMs: 7 });
  assert.is(quantilesOf(new Float64Array()), null);
  const numbers = new Numbers();
  for (let i = 0; i < 5000; i++) numbers.add(i);
  assert.is(numbers.length, 5000);
  assert.is(numbers.from(4998).join(), '4998,4999');
});

test.run();
