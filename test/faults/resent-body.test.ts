// A body in motion whose query a replica has not started goes to another place with the query.
import { createHash } from 'node:crypto';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, until, withInstance } from '../support/instance.ts';
import { type ReplicaSignals, Signals } from '../support/signals.ts';

const BODY = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31) % 251);
const DIGEST = createHash('sha256').update(BODY).digest('hex');

const FORMS: Readonly<Record<string, () => RequestInit['body']>> = {
  'of a declared length': () => BODY,
  'in chunks': () => {
    const parts = Array.from({ length: 20 }, (_, i) => BODY.slice(i * 10_000, (i + 1) * 10_000));
    return ReadableStream.from(parts) as ReadableStream<Uint8Array>;
  },
};

const test = suite('a body that is sent again');

class Digest {
  readonly #signals: Promise<ReplicaSignals>;

  constructor(name: string) {
    this.#signals = import('../support/signals.ts').then((module) => new module.ReplicaSignals(name));
  }

  async call(request: serve.ServeRequest): Promise<string> {
    if (request.source === 'http') {
      const { createHash } = process.getBuiltinModule('node:crypto');
      return createHash('sha256')
        .update(await request.body())
        .digest('hex');
    }
    const signals = await this.#signals;
    signals.say('busy');
    const { cell } = request.data;
    if (cell) {
      Atomics.wait(cell, 0, 0);
      process.exit(3);
    }
    await signals.next();
    return 'held';
  }
}

/** The status and the text; a failure to get an answer is an outcome, too. */
async function upload(url: string, body: RequestInit['body']): Promise<string> {
  const init = { method: 'POST', body, duplex: 'half', signal: AbortSignal.timeout(15_000) };
  try {
    const response = await fetch(url, init as RequestInit);
    return `${response.status} ${await response.text()}`;
  } catch (error) {
    return String(error);
  }
}

async function metrics(url: string): Promise<string> {
  return (await fetch(`${url}/-/metrics`)).text();
}

for (const [form, body] of Object.entries(FORMS)) {
  test(
    `${form}: whole after a full replica has refused it`,
    withInstance(async (client, url) => {
      const signals = new Signals();
      try {
        const config = { maxConcurrentQueries: 1 };
        await handleOf(client, 'digest', Digest, { initArgs: [signals.name], config });
        // By its own router: the one of HTTP does not know that the only place is taken.
        const front = await handleOf(client, 'front', async () =>
          (await (await serve.connect()).getHandle('digest')).remote({}),
        );
        const held = front.remote();
        await signals.heard('busy');
        const uploaded = upload(`${url}/digest`, body());
        await until(async () => (await client.status()).backends.digest?.queued === 1, 'the upload waits');
        signals.say('go');
        assert.is(await held, 'held');
        assert.is(await uploaded, `200 ${DIGEST}`);
        assert.is((await client.status()).replicas.find(({ backend }) => backend === 'digest')?.restarts, 0);
      } finally {
        signals.close();
      }
    }),
  );

  test(
    `${form}: whole after the replica it was sent to died before it started`,
    withInstance(async (client, url) => {
      const signals = new Signals();
      try {
        const handle = await handleOf(client, 'digest', Digest, { initArgs: [signals.name] });
        const cell = new Int32Array(new SharedArrayBuffer(4));
        const died = fails(handle.remote({ cell }), 'REPLICA_DIED');
        await signals.heard('busy');
        const uploaded = upload(`${url}/digest`, body());
        const isSent = async () => (await metrics(url)).includes('serve_num_router_requests{endpoint="digest"} 2\n');
        await until(isSent, 'the upload is with the replica');
        Atomics.store(cell, 0, 1);
        Atomics.notify(cell, 0);
        await died;
        assert.is(await uploaded, `200 ${DIGEST}`);
        assert.is(await upload(`${url}/digest`, body()), `200 ${DIGEST}`, 'the next one, too');
      } finally {
        signals.close();
      }
    }),
  );
}

test.run();
