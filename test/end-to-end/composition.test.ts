import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Answer } from '../fixtures/language-id/language-id.ts';
import { KNOWN_TO_FRANC_MIN, type Sentence, sentencesIn } from './declaration.ts';
import { mapAtOnce, post, untilMetric, withLanguageService } from './language-service.ts';

interface Opinion {
  readonly language: string;
  readonly isSure: boolean;
}

/** Asks two endpoints at once: one by a handle it was given, one by a handle it gets itself. */
class SecondOpinion {
  readonly #first: serve.Handle;

  constructor(first: serve.Handle) {
    this.#first = first;
  }

  async call(request: serve.ServeRequest): Promise<Opinion> {
    const second = await (await serve.connect()).getHandle('wide');
    const text = await request.text();
    const [first, other] = (await serve.get([this.#first.remote(text), second.remote(text)])) as [Answer, Answer];
    return { language: other.language, isSure: first.language === other.language };
  }
}

const known = sentencesIn(KNOWN_TO_FRANC_MIN);

const test = suite('end to end: composition and shutdown');

test('an endpoint answers from two others, called by handle', async () => {
  await withLanguageService(async ({ client }) => {
    await client.createEndpoint('wide', { backend: 'v2' });
    await client.createBackend('opinion', SecondOpinion, { initArgs: [await client.getHandle('language')] });
    await client.createEndpoint('opinion', { backend: 'opinion', route: '/opinion', methods: ['POST'] });
    const opinions = await mapAtOnce(known, 32, ({ text }) => post<Opinion>(client, '/opinion', text));
    const sure = known.filter((_, at) => opinions[at]?.isSure);
    const right = known.filter(({ language }, at) => opinions[at]?.language === language);
    assert.ok(sure.length >= 0.96 * known.length, `${sure.length} of ${known.length} are sure`);
    assert.ok(right.length >= 0.92 * known.length, `${right.length} of ${known.length} are right`);
    assert.ok(sure.length < known.length, 'two models that never differ would be one model');
    const { backends } = await client.status();
    assert.is(backends.opinion?.queued, 0);
    assert.is(backends.v2?.stats.errorRate, 0);
  });
});

test('a backend that is deleted under load answers all it has taken, and the service then ends', async () => {
  await withLanguageService(async ({ client, classify }) => {
    await client.createBackend('slow', async (request: serve.ServeRequest) => {
      const { franc } = await import('franc');
      const until = performance.now() + 5;
      while (performance.now() < until);
      return franc(await request.text());
    });
    await client.createEndpoint('slow', { backend: 'slow', route: '/slow', methods: ['POST'] });
    const asked = known.slice(0, 100);
    const answers = asked.map(async ({ text }) => {
      const response = await fetch(`${client.http?.url}/slow`, { method: 'POST', body: text });
      return response.status;
    });
    // All are in: the endpoint has routed them, most still wait for their turn in the replica.
    await untilMetric(client, 'serve_num_router_requests{endpoint="slow"}', asked.length);
    await client.deleteEndpoint('slow');
    await client.deleteBackend('slow');
    assert.equal([...new Set(await Promise.all(answers))], [200]);
    assert.is((await fetch(`${client.http?.url}/slow`, { method: 'POST', body: 'x' })).status, 404);

    const { text } = known[0] as Sentence;
    assert.is((await classify(text)).by, 'v1');
    await client.shutdown();
    const refused = await classify(text).then(
      () => null,
      (error: unknown) => (error as Error).cause as { code?: string },
    );
    assert.is(refused?.code, 'ECONNREFUSED');
    const closed = await client.status().catch((error: unknown) => (error as serve.ServeError).code);
    assert.is(closed, 'CLIENT_CLOSED');
  });
});

test.run();
