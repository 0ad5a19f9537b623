import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Fifo } from '../../lib/router/fifo.ts';
import { codeOf, handleOf, withInstance } from '../support/instance.ts';
import { Signals } from '../support/signals.ts';

interface Item {
  readonly id: number;
  isOver: boolean;
}

const test = suite('fifo');

/** Does to both the queue and an array what the step says; the sizes are large because sweeping starts at 1024. */
class Pair {
  readonly fifo = new Fifo<Item>();
  readonly model: Item[] = [];
  #lastId = 0;

  push(count: number): void {
    for (let i = 0; i < count; i++) {
      const item = { id: ++this.#lastId, isOver: false };
      this.fifo.push(item);
      this.model.push(item);
    }
  }

  shift(count: number): void {
    for (let i = 0; i < count; i++) assert.is(this.fifo.shift(), this.model.shift());
  }

  putBack(): void {
    const item = this.model.shift();
    assert.is(this.fifo.shift(), item);
    if (!item) return;
    this.fifo.putBack(item);
    this.model.unshift(item);
  }

  leave(from: number, count: number): void {
    for (const item of this.model.splice(from, count)) {
      item.isOver = true;
      this.fifo.itemLeft();
    }
  }

  check(): void {
    assert.is(this.fifo.size, this.model.length);
    assert.equal(
      this.fifo.waiting().map(({ id }) => id),
      this.model.map(({ id }) => id),
    );
  }
}

const amount = fc.integer({ min: 0, max: 1600 });
const step = fc.oneof(
  fc.record({ do: fc.constant('push' as const), count: amount }),
  fc.record({ do: fc.constant('shift' as const), count: amount }),
  fc.record({ do: fc.constant('putBack' as const) }),
  fc.record({ do: fc.constant('leave' as const), from: amount, count: amount }),
);

test('it holds and gives what an array would, whichever items leave', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const pair = new Pair();
      for (const one of steps) {
        if (one.do === 'push') pair.push(one.count);
        else if (one.do === 'shift') pair.shift(one.count);
        else if (one.do === 'putBack') pair.putBack();
        else pair.leave(one.from, one.count);
        pair.check();
      }
      pair.shift(pair.model.length + 1);
      pair.check();
    }),
    { numRuns: 300 },
  );
});

test('an item that left where the queue is swept is counted once', () => {
  for (let from = 1000; from < 1050; from++) {
    const pair = new Pair();
    pair.push(2001);
    pair.leave(from, 1);
    while (pair.model.length > 0) {
      pair.shift(1);
      assert.is(pair.fifo.size, pair.model.length);
    }
    pair.shift(1);
    assert.is(pair.fifo.size, 0);
  }
});

class Gate {
  #open: Promise<unknown>;

  constructor(name: string) {
    this.#open = import('../support/signals.ts').then(({ ReplicaSignals }) => new ReplicaSignals(name).next());
  }

  async call(): Promise<string> {
    await this.#open;
    return 'answered';
  }
}

for (const [title, positions] of [
  ['one of 2001 waiting calls', [1024]],
  ['nine of 2001 waiting calls', [1020, 1021, 1022, 1023, 1024, 1025, 1026, 1027, 1028]],
] as const) {
  test(
    `${title} cancelled in the middle: the others are answered, and so is the next call`,
    withInstance(
      async (client) => {
        const signals = new Signals();
        try {
          const places = 100;
          const options = { initArgs: [signals.name], config: { maxConcurrentQueries: places } };
          const handle = (await handleOf(client, 'gate', Gate, options)).options({ timeoutMs: 20_000 });
          const running = Array.from({ length: places }, () => handle.remote());
          const waiting = Array.from({ length: 2001 }, () => handle.remote());
          const outcomes = Promise.all([...running, ...waiting].map((ref) => ref.then(String, codeOf)));
          for (const at of positions) waiting[at]?.cancel();
          signals.say('open');
          const counts = Object.groupBy(await outcomes, String);
          assert.is(counts.CANCELLED?.length, positions.length);
          assert.is(counts.answered?.length, places + 2001 - positions.length);
          assert.is((await client.status()).backends.gate?.queued, 0);
          assert.is(await handle.options({ timeoutMs: 5000 }).remote(), 'answered');
        } finally {
          signals.close();
        }
      },
      { http: null },
    ),
  );
}

test.run();
