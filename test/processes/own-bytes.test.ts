// Small Buffers share memory with others' data: whatever way one takes, it takes its own bytes and no others along.
import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, withInstance } from '../support/instance.ts';
import { inThreadsAndProcesses } from '../support/isolations.ts';

const test = inThreadsAndProcesses(suite('bytes of their own'));

const SECRET = 'the-secret-of-somebody-else';

/** Fills the memory that small Buffers are cut from with the secret. */
function seedPool(): Buffer {
  for (let i = 0; i < 4000; i++) Buffer.from(SECRET);
  const small = Buffer.from('abc');
  assert.ok(small.buffer.byteLength > 1000, 'it shares a pool, so the test can fail');
  assert.ok(Buffer.from(small.buffer).includes(SECRET), 'with the secret in it');
  return small;
}

/** What the memory behind a view holds beyond the view. */
const beyond = (view: ArrayBufferView) => view.buffer.byteLength - view.byteLength;

/** Tells what it was sent, and sends small Buffers that share memory with its own secret. */
class Bytes {
  async call(request: serve.ServeRequest): Promise<unknown> {
    const whole = await request.body();
    return [Buffer.from(whole).toString(), whole.buffer.byteLength - whole.byteLength];
  }
  async chunks(request: serve.ServeRequest): Promise<unknown> {
    const seen: unknown[] = [];
    for await (const chunk of request.stream()) seen.push(chunk.buffer.byteLength - chunk.byteLength);
    return [seen.length > 0, seen.every((bytes) => bytes === 0)];
  }
  data(data: { list: ArrayBufferView[]; error: Error }): unknown {
    const views = [...data.list, data.error.cause as ArrayBufferView];
    return views.map((view) => [view.byteLength, view.buffer.byteLength - view.byteLength]);
  }
  #small(): Buffer {
    for (let i = 0; i < 4000; i++) Buffer.from('the-secret-of-somebody-else');
    return Buffer.from('abc');
  }
  answer(): unknown {
    const small = this.#small();
    return { small, view: new DataView(small.buffer, small.byteOffset, 3), error: new Error('x', { cause: small }) };
  }
  bare(): Buffer {
    return this.#small();
  }
  async *stream(): AsyncGenerator<Buffer> {
    yield this.#small();
    yield this.#small();
  }
  response(): Response {
    return new Response(this.#small());
  }
  throws(): never {
    throw Object.assign(new Error('mine', { cause: this.#small() }), { small: this.#small() });
  }
}

test(
  'what a replica is sent by HTTP',
  withInstance(async (client, url) => {
    await handleOf(client, 'bytes', Bytes);
    const post = (body: RequestInit['body'], method: string) =>
      fetch(`${url}/bytes`, {
        method: 'POST',
        body: body ?? null,
        duplex: 'half',
        headers: { 'X-SERVE-CALL-METHOD': method },
      } as RequestInit);
    await post(SECRET.repeat(100), 'call');
    for (let i = 0; i < 20; i++) assert.equal(await (await post('abc', 'call')).json(), ['abc', 0]);
    assert.equal(await (await post('abc', 'chunks')).json(), [true, true]);
    const parts = async function* () {
      for (let i = 0; i < 5; i++) yield seedPool();
    };
    const body = ReadableStream.from(parts());
    assert.equal(await (await post(body, 'chunks')).json(), [true, true]);
  }),
);

test(
  'what a replica is sent by handle',
  withInstance(async (client) => {
    const handle = await handleOf(client, 'bytes', Bytes);
    const small = seedPool();
    const list = [small, new DataView(small.buffer, small.byteOffset, 3), new Uint8Array(small.buffer, 0, 2)];
    const data = { list, error: new Error('x', { cause: small }) };
    const seen = await handle.options({ methodName: 'data' }).remote(data);
    assert.equal(seen, [
      [3, 0],
      [3, 0],
      [2, 0],
      [3, 0],
    ]);
    assert.equal(await handle.remote(small), ['abc', 0]);
  }),
);

test(
  'what a replica answers',
  withInstance(async (client, url) => {
    const handle = await handleOf(client, 'bytes', Bytes);
    const ask = (methodName: string) => handle.options({ methodName }).remote();
    const { small, view, error } = await ask('answer');
    for (const one of [small, view, error.cause, await ask('bare')])
      assert.equal([one.byteLength, beyond(one)], [3, 0]);
    for await (const chunk of (await ask('stream')) as ReadableStream<Uint8Array>) {
      assert.equal([chunk.byteLength, beyond(chunk)], [3, 0]);
    }
    const bytes = await ((await ask('response')) as Response).bytes();
    assert.equal([...bytes], [97, 98, 99]);
    const { cause } = await fails(ask('throws'), 'BACKEND_ERROR', 'mine');
    assert.is(beyond((cause as { small: Uint8Array }).small), 0);
    for (const method of ['bare', 'stream', 'response']) {
      const answer = await fetch(`${url}/bytes`, { headers: { 'X-SERVE-CALL-METHOD': method } });
      assert.match(await answer.text(), /^(abc)+$/);
    }
  }),
);

test.run();
