// Answers large enough to be moved rather than copied, more of them in one turn than fit into one message.
import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { handleOf, withInstance } from '../support/instance.ts';

const AT_ONCE = 60;
const BYTES = 20_000;

const test = suite('large answers at once');

/** Answers when as many calls wait as there are places: all in one turn. */
class Large {
  #waiting: ((answer: Uint8Array) => void)[] = [];

  call(): Promise<Uint8Array> {
    const answer = new Promise<Uint8Array>((resolve) => this.#waiting.push(resolve));
    if (this.#waiting.length === 60)
      for (const resolve of this.#waiting.splice(0)) resolve(new Uint8Array(20_000).fill(7));
    return answer;
  }
}

const options = { config: { maxConcurrentQueries: AT_ONCE } };

function isWhole(answer: Uint8Array): boolean {
  return answer.byteLength === BYTES && answer.every((byte) => byte === 7);
}

async function assertNoRestart(client: serve.Client): Promise<void> {
  const { replicas } = await client.status();
  assert.equal(
    replicas.map(({ restarts }) => restarts),
    [0],
  );
}

test(
  'by handle, all arrive whole and the replica lives',
  withInstance(async (client) => {
    const handle = (await handleOf(client, 'large', Large, options)).options({ timeoutMs: 10_000 });
    const answers = await Promise.allSettled(Array.from({ length: AT_ONCE }, () => handle.remote()));
    const whole = answers.filter((answer) => answer.status === 'fulfilled' && isWhole(answer.value));
    assert.is(whole.length, AT_ONCE);
    await assertNoRestart(client);
  }),
);

test(
  'over HTTP, all arrive whole and the replica lives',
  withInstance(async (client, url) => {
    await handleOf(client, 'large', Large, options);
    const ask = async () => {
      const response = await fetch(`${url}/large`, { signal: AbortSignal.timeout(10_000) });
      return new Uint8Array(await response.arrayBuffer());
    };
    const answers = await Promise.allSettled(Array.from({ length: AT_ONCE }, ask));
    const whole = answers.filter((answer) => answer.status === 'fulfilled' && isWhole(answer.value));
    assert.is(whole.length, AT_ONCE);
    await assertNoRestart(client);
  }),
);

test.run();
