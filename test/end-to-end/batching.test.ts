import { franc } from 'franc-min';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { KNOWN_TO_FRANC_MIN, sentencesIn } from './declaration.ts';
import { mapAtOnce, post } from './language-service.ts';

interface Batched {
  readonly language: string;
  readonly position: number;
  readonly size: number;
}

/** Says of each text also where it stood in its batch, and how large that was. */
const BatchedLanguageId = serve.acceptBatch(
  class BatchedLanguageId {
    async call(requests: readonly serve.ServeRequest[]): Promise<(Batched | Error)[]> {
      const { franc: identify } = await import('franc-min');
      const texts = await Promise.all(requests.map((request) => request.text()));
      return texts.map((text, position) =>
        text === '' ? new RangeError('an empty text') : { language: identify(text), position, size: texts.length },
      );
    }
  },
);

const MAX_BATCH_SIZE = 16;
const known = sentencesIn(KNOWN_TO_FRANC_MIN);

async function withBatches(test: (client: serve.Client) => Promise<void>): Promise<void> {
  const client = await serve.start({ http: { port: 0 } });
  try {
    await client.createBackend('batched', BatchedLanguageId, {
      config: { maxBatchSize: MAX_BATCH_SIZE, batchWaitTimeoutMs: 20 },
    });
    await client.createEndpoint('language', { backend: 'batched', route: '/language', methods: ['POST'] });
    await test(client);
  } finally {
    await client.shutdown();
  }
}

const test = suite('end to end: batching');

test('callers over HTTP share batches up to the limit, and each gets the answer to its own text', async () => {
  await withBatches(async (client) => {
    const answers = await mapAtOnce(known, 64, ({ text }) => post<Batched>(client, '/language', text));
    for (const [at, { language }] of answers.entries()) assert.is(language, franc(known[at]?.text));
    const sizes = answers.map(({ size }) => size);
    assert.ok(sizes.every((size) => size >= 1 && size <= MAX_BATCH_SIZE));
    assert.ok(sizes.includes(MAX_BATCH_SIZE), `no batch was full: the largest had ${Math.max(...sizes)}`);
    const inCompany = sizes.filter((size) => size > 1).length;
    assert.ok(inCompany >= 0.9 * sizes.length, `only ${inCompany} of ${sizes.length} shared a batch`);
    // Every place of every batch was answered once: n places p of size n make one batch.
    const places = new Map<number, number>();
    for (const { position } of answers) places.set(position, (places.get(position) ?? 0) + 1);
    const numBatches = sizes.reduce((sum, size) => sum + 1 / size, 0);
    assert.is(places.get(0), Math.round(numBatches));
  });
});

test('one bad text fails its own caller and nobody else in the batch', async () => {
  await withBatches(async (client) => {
    const texts = known.slice(0, MAX_BATCH_SIZE - 1).map(({ text }) => text);
    const statuses = await Promise.all(
      [...texts, ''].map(
        async (body) => (await fetch(`${client.http?.url}/language`, { method: 'POST', body })).status,
      ),
    );
    assert.equal(statuses, [...texts.map(() => 200), 500]);
  });
});

test('a larger batch is a change of config, without a new replica', async () => {
  await withBatches(async (client) => {
    const [before] = (await client.status()).replicas;
    await client.updateBackendConfig('batched', { maxBatchSize: 64 });
    const handle = await client.getHandle('language');
    const answers = (await serve.get(known.map(({ text }) => handle.remote(text)))) as Batched[];
    assert.equal(
      answers.map(({ language }) => language),
      known.map(({ text }) => franc(text)),
    );
    assert.is(Math.max(...answers.map(({ size }) => size)), 64);
    const [after] = (await client.status()).replicas;
    assert.is(after?.tag, before?.tag);
    assert.is(after?.startedAt, before?.startedAt);
  });
});

test.run();
