// Memory that a process holds.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, withInstance } from '../support/instance.ts';

const test = suite('the memory of a process');

test(
  'memory that a constructor takes beyond maxMemoryBytes ends it',
  withInstance(async (client) => {
    class Hoards {
      readonly #bytes = Buffer.alloc(600 * 2 ** 20, 1);
      readonly #until = Date.now() + 20_000;
      constructor() {
        while (Date.now() < this.#until); // it is ended before
      }
      call(): number {
        return this.#bytes.length;
      }
    }
    const limited = { isolation: 'process', maxMemoryBytes: 100 * 2 ** 20 } as const;
    const made = client.createBackend('hoards', Hoards, { actorOptions: limited });
    const { message } = await fails(made, 'BACKEND_START_FAILED', 'maxMemoryBytes allows 100 MiB');
    assert.match(message, /out of memory: it used \d{3} MiB/);
  }),
);

test.run();
