/** Answers and bodies that are on their way when their replica dies, and calls that block for one. */
import type * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { fails, failureOf } from '../support/instance.ts';
import { isolationSuite } from '../support/isolations.ts';
import { request } from '../support/load.ts';
import { type Scene, scene } from './control-fixture.ts';

const test = isolationSuite('cut off by a death');

/** `leaf` records and can be told to die; `top` hands on what it gets to `leaf`. */
async function serveBoth({ client, createBackend, recorder, through }: Scene): Promise<void> {
  await createBackend('leaf', recorder('v1'));
  await createBackend('top', through());
  for (const tag of ['leaf', 'top']) {
    await client.createEndpoint(tag, { backend: tag, route: `/${tag}`, methods: ['GET', 'POST'] });
  }
}

async function livesOf(client: serve.Client, tag: string): Promise<string[]> {
  const { replicas } = await client.status();
  return replicas
    .filter(({ backend }) => backend === tag)
    .map(({ pid, threadId, restarts }) => `${pid} ${threadId} ${restarts}`);
}

for (const [endpoint, caller] of [
  ['leaf', 'its callers'],
  ['top', 'the callers of a replica that hands it on'],
] as const) {
  test(
    `a stream breaks off for ${caller}, by HTTP and by handle: nobody takes a part for the whole`,
    scene(async (given) => {
      const { client, url, signals } = given;
      await serveBoth(given);
      const before = await livesOf(client, 'top');
      const byHttp = await fetch(`${url}/${endpoint}?stream`);
      const stream: ReadableStream<string> = await (await client.getHandle(endpoint)).remote(null, { stream: 'yes' });
      const reader = stream.getReader();
      assert.is((await reader.read()).value, 'a part ');
      await signals.heard('entered', 2);
      signals.say('die');
      await fails(reader.read(), 'REPLICA_DIED', 'while its answer was under way');
      assert.match(String(await failureOf(byHttp.text())), /terminated/);
      assert.is((await request(`${url}/top`, 'next')).status, 200);
      assert.equal(await livesOf(client, 'top'), before, 'who handed it on lives');
    }),
  );

  test(
    `a body that is still being sent ends with a 502 for ${caller}`,
    scene(async (given) => {
      const { client, url, signals } = given;
      await serveBoth(given);
      const before = await livesOf(client, 'top');
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(new Uint8Array(100_000)),
      });
      const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
      const answer = fetch(`${url}/${endpoint}?read`, init);
      await signals.heard('entered');
      signals.say('die');
      const { status, headers } = await answer;
      assert.is(status, 502);
      assert.is(headers.get('content-type')?.split(';')[0], 'application/json');
      assert.is((await request(`${url}/top`, 'next')).status, 200);
      assert.equal(await livesOf(client, 'top'), before, 'who handed it on lives');
    }),
  );
}

test(
  'a replica that blocks in get() is told, and goes on',
  scene(async (given) => {
    const { client, url, signals } = given;
    await serveBoth(given);
    const before = await livesOf(client, 'top');
    const blocked = request(`${url}/top?sync&gate`, 'blocked');
    await signals.heard('entered');
    signals.say('die');
    const { status, body } = await blocked;
    assert.is(status, 502, body);
    assert.match(body, /replica 'leaf#1' died after this query had started/);
    assert.is((await request(`${url}/top?sync`, 'next')).status, 200);
    assert.equal(await livesOf(client, 'top'), before);
  }),
);

test.run();
