// What a reader says late about a stream that has ended must not reach whoever is served in its place.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { handleOf, withInstance } from '../support/instance.ts';
import { type ReplicaSignals, Signals } from '../support/signals.ts';

const test = suite('a stream left late');

class Streams {
  readonly #signals: Promise<ReplicaSignals>;

  constructor(name: string) {
    this.#signals = import('../support/signals.ts').then((module) => new module.ReplicaSignals(name));
  }

  async *call({ data }: { data: string }): AsyncGenerator<string> {
    const signals = await this.#signals;
    yield `${data} 0`;
    if (data === 'long') await signals.next();
    for (let i = 1; i < 10; i++) yield `${data} ${i}`;
    signals.say(`${data} is done`);
  }

  ping(): string {
    return 'pong';
  }
}

async function restOf(reader: ReadableStreamDefaultReader<string>): Promise<string[]> {
  const chunks: string[] = [];
  for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
  return chunks;
}

test(
  'leaving an answer whose replica has finished long ago does not cut off the stream that has its place',
  withInstance(async (client) => {
    const signals = new Signals();
    try {
      const handle = await handleOf(client, 'streams', Streams, { initArgs: [signals.name] });
      const ping = handle.options({ methodName: 'ping' });
      const paused: ReadableStream<string> = await handle.remote('short');
      await signals.heard('short is done');
      // The end of the first stream is here before this.
      assert.is(await ping.remote(), 'pong');

      // More than the calls so far have used places: one of them has that of the first stream.
      const streams: ReadableStream<string>[] = await Promise.all([1, 2, 3].map(() => handle.remote('long')));
      const readers = streams.map((stream) => stream.getReader());
      const begun = await Promise.all(readers.map((reader) => reader.read()));
      await paused.cancel();
      // Whatever the cancellation has sent to the replica is there before this.
      assert.is(await ping.remote(), 'pong');
      signals.say('go');
      const rests = await Promise.all(readers.map(restOf));
      const whole = Array.from({ length: 10 }, (_, i) => `long ${i}`);
      rests.forEach((rest, at) => {
        assert.equal([begun[at]?.value, ...rest], whole);
      });
    } finally {
      signals.close();
    }
  }),
);

test.run();
